"""A version is published once, numbered without gaps, bound to what was previewed, and never changes."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import pytest
from fastapi.routing import iter_route_contexts
from sqlalchemy import Connection, text

from domain.courses.authoring.rules.gates import PUBLISH
from domain.courses.authoring.store import packages
from domain.courses.content.hashes import content_hash, content_text
from domain.courses.content.package import CoursePackage
from domain.kernel.canonical import canonical_json, sha256_hex
from domain.kernel.countersign.acts import Act
from domain.kernel.countersign.decide import decide
from domain.kernel.db import transaction
from domain.kernel.proposals import Proposal, Subject, propose
from domain.kernel.settings import DbRole
from domain.kernel.signed import Countersignature, Decision
from tests.conftest import ROOT, application
from tests.courses.authoring.course_house import House
from tests.courses.small_course import package
from tests.makers import make_person

PUBLISHERS, SAME = 40, 8


def versions() -> list[int]:
    with transaction("T", DbRole.AUDITOR) as connection:
        return list(connection.execute(text("SELECT version FROM course_packages ORDER BY version")).scalars())


def test_what_is_missing_is_named_and_nothing_is_published(house: House) -> None:
    house.approve("reviewer", house.drafted_syllabus())
    lesson, *_ = house.generated_parts()
    house.approve("reviewer", lesson)
    told = house.post("reviewer", "/api/admin/syllabi/small/publish", {"contentHash": "0" * 64}, 409)
    assert told["code"] == "MISSING_APPROVED_CONTENT"
    assert [(one["kind"], one["id"]) for one in told["error"]["details"]] == [
        ("QUIZ", "m01l01q"), ("LESSON", "m01l02"), ("PROJECT", "m01"), ("LESSON", "m02l01"),
    ]  # fmt: skip
    assert versions() == []


def test_a_syllabus_that_is_not_approved_has_neither_content_nor_preview(house: House) -> None:
    house.drafted_syllabus()
    for path, body in (("lessons:generate", {"moduleId": "m01"}), ("package", None)):
        assert house.post("author", f"/api/admin/syllabi/small/{path}", body, 409)["code"] == "SYLLABUS_NOT_APPROVED"


def test_content_that_was_approved_after_the_preview_is_drift_and_uses_up_no_version(house: House) -> None:
    house.approved_course()
    seen = house.preview()["contentHash"]
    house.approve("reviewer", house.edited("m01l02", "A rate has a denominator."))
    told = house.post("reviewer", "/api/admin/syllabi/small/publish", {"contentHash": seen}, 409)
    assert told["code"] == "HASH_MISMATCH"
    assert versions() == []
    assert house.publish()["version"] == 1


def test_the_same_again_is_the_version_that_stands(house: House) -> None:
    house.approved_course()
    first = house.publish()
    again = house.publish(status=200, who="other")
    assert (again["version"], again["packageId"], again["already"]) == (1, first["packageId"], True)
    assert versions() == [1]


def test_an_earlier_content_is_restored_not_published_again(house: House) -> None:
    house.approved_course()
    first = house.publish()
    house.approve("reviewer", house.edited("m01l02", "A rate has a denominator."))
    assert house.publish()["version"] == 2
    restored = house.post("reviewer", "/api/admin/syllabi/small/restore", {"version": 1, "reason": "Better"}, 201)
    assert (restored["version"], restored["restoredFrom"], restored["contentHash"]) == (3, 1, first["contentHash"])
    latest = house.post("reviewer", "/api/admin/syllabi/small/restore", {"version": 1}, 409)
    assert latest["code"] == "ALREADY_LATEST"
    # What is approved is still the second version's content.
    told = house.publish(status=409)
    assert (told["code"], told["error"]["details"][0]["advice"]) == ("ALREADY_PUBLISHED_AS", "restore")
    assert told["error"]["details"][0]["message"] == "2"
    assert house.post("other", "/api/admin/syllabi/small/restore", {"version": 2}, 201)["version"] == 4
    assert house.publish(status=200)["version"] == 4
    assert house.call("reviewer", "POST", "/api/admin/syllabi/small/restore", {"version": 9}).status_code == 404
    assert house.get("learner", "/api/courses/small") == {"syllabusId": "small", "versions": [4, 3, 2, 1]}


def test_a_retired_version_leaves_the_catalogue_and_stays_readable_for_staff(house: House) -> None:
    house.approved_course()
    package_id = house.publish()["packageId"]
    told = house.post("admin", f"/api/admin/packages/{package_id}/retire", {"reason": "Out of date"}, 201)
    assert (told["status"], told["retiredReason"]) == ("ARCHIVED", "Out of date")
    again = house.post("reviewer", f"/api/admin/packages/{package_id}/retire", {"reason": "Out of date"}, 409)
    assert again["code"] == "ALREADY_RETIRED"
    assert house.get("learner", "/api/courses") == []
    assert house.call("learner", "GET", "/api/courses/small").status_code == 404
    assert house.get("auditor", "/api/courses/small/1")["version"] == 1
    assert house.call("author", "POST", f"/api/admin/packages/{package_id}/retire", {"reason": "No"}).status_code == 403


def test_versions_are_read_as_the_contract_says(house: House) -> None:
    house.approved_course()
    house.publish()
    for path, status in (("small/2", 404), ("small/0", 404), ("small/x", 422), ("nothing/1", 404), ("nothing", 404)):
        assert house.call("auditor", "GET", f"/api/courses/{path}").status_code == status, path
    assert house.call("auditor", "GET", f"/api/courses/small/{2**40}").status_code == 404
    told = house.call("learner", "GET", "/api/courses/small/1")
    assert (told.status_code, told.json()["code"]) == (403, "FULL_CONTENT")
    answer = house.call("auditor", "DELETE", "/api/courses/small/1")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET")


def test_an_enrolled_learner_reads_the_version_without_the_answers(house: House) -> None:
    house.approved_course()
    house.publish()
    house.post("learner", "/api/learn/enroll", {"courseId": "small"}, 201)
    answer = house.call("learner", "GET", "/api/courses/small/1")
    assert answer.status_code == 200, answer.text
    whole = house.call("auditor", "GET", "/api/courses/small/1")
    assert answer.headers["ETag"] != whole.headers["ETag"]
    again = house.call("learner", "GET", "/api/courses/small/1", If_None_Match=answer.headers["ETag"])
    assert (again.status_code, again.content) == (304, b"")
    for hidden in ("correctIndex", "approvals", "contentHash", "signature", "reviewer"):
        assert hidden in whole.text
        assert hidden not in answer.text
    assert [one["id"] for one in answer.json()["content"]["lessons"]] == ["m01l01", "m01l02", "m02l01"]


def test_no_route_writes_or_changes_a_package() -> None:
    for context in iter_route_contexts(application().router.routes):
        path, methods = context.path_format or "", set(context.methods or ())
        if path.startswith("/api/courses"):
            assert methods <= {"GET", "HEAD"}, path
        if "package" in path and path.startswith("/api/"):
            assert methods == {"POST"}, path
            assert path.endswith(("/package", "/retire")), path
    changing = "UPDATE course_packages", "DELETE FROM course_packages"
    for file in [*ROOT.glob("api/**/*.py"), *ROOT.glob("domain/**/*.py"), *ROOT.glob("cli/**/*.py")]:
        assert not any(words in file.read_text() for words in changing), file


def _changed(number: int) -> CoursePackage:
    told = package().model_dump(mode="json", by_alias=True)
    told["title"] = f"Reading an outage report, edition {number}"
    return CoursePackage.model_validate(told)


def _publisher(house: House, contents: list[CoursePackage]) -> list[int | str]:
    """Each content signed and inserted in a transaction of its own, all at once."""
    person = make_person("T", "publisher", "REVIEWER")

    def publish(number: int) -> int | str:
        content = contents[number]
        written = content_text(content)
        digest = content_hash(written)

        def effect(connection: Connection, signed: Countersignature, proposal: Proposal) -> None:
            packages.hold_course(connection, content.syllabus_id)
            found = packages.versions_of(connection, content.syllabus_id)
            packages.refuse_repeated(found, digest)
            packages.insert_version(connection, signed, content, written, digest)

        try:
            with transaction("T", actor=person.id) as connection:
                laid = propose(
                    connection, PUBLISH, Subject(f"course-{number}", content.syllabus_id), hashed=digest,
                    summary="Publish", proposed_by=f"machine {number}",
                )  # fmt: skip
                act = {PUBLISH.kind: Act(PUBLISH, effect)}
                decide(connection, person, act, laid.proposal_id, Decision.APPROVED, content_hash=digest)
                return packages.versions_of(connection, content.syllabus_id)[0].version
        except Exception as error:
            return getattr(error, "code", type(error).__name__)

    with ThreadPoolExecutor(len(contents)) as at_once:
        return list(at_once.map(publish, range(len(contents))))


def _course(house: House) -> None:
    house.drafted_syllabus(package().syllabus_id)


def test_forty_publishers_of_different_content_at_once_make_the_versions_one_to_forty(house: House) -> None:
    _course(house)
    done = _publisher(house, [_changed(number) for number in range(PUBLISHERS)])
    assert sorted(done, key=str) == sorted(range(1, PUBLISHERS + 1), key=str)
    assert versions() == list(range(1, PUBLISHERS + 1))


def test_eight_publishers_of_the_same_content_at_once_make_one_row(house: House) -> None:
    house.approved_course()
    digest = house.preview()["contentHash"]
    who = ["reviewer", "other", "admin"] * 3
    with ThreadPoolExecutor(SAME) as at_once:
        answers = list(
            at_once.map(
                lambda one: house.call(one, "POST", "/api/admin/syllabi/small/publish", {"contentHash": digest}),
                who[:SAME],
            )
        )
    assert sorted(answer.status_code for answer in answers) == [200] * (SAME - 1) + [201]
    assert {answer.json()["version"] for answer in answers} == {1}
    assert versions() == [1]


def test_people_who_edit_approve_and_publish_at_once_leave_no_gap(house: House) -> None:
    house.approved_course()
    house.publish()

    def publish(_: int) -> int:
        for _ in range(20):
            seen = house.call("author", "POST", "/api/admin/syllabi/small/package").json()
            answer = house.call(
                "reviewer", "POST", "/api/admin/syllabi/small/publish", {"contentHash": seen["contentHash"]}
            )
            if answer.status_code in {200, 201}:
                return answer.status_code
        return 0

    def rewrite(number: int) -> None:
        house.approve("other", house.edited("m02l01", f"Customers never counted are missing, take {number}."))

    with ThreadPoolExecutor(5) as at_once:
        publishing = [at_once.submit(publish, number) for number in range(8)]
        rewrite(1)
        rewrite(2)
        assert all(one.result() in {200, 201} for one in publishing)
    found = versions()
    assert found == list(range(1, len(found) + 1))


BUILD = """
import random, sys
from domain.courses.authoring.rules.package import build_package
from domain.courses.content.hashes import content_text
from tests.courses.small_course import parts
syllabus, lessons, quizzes, projects = parts()
random.Random(int(sys.argv[1])).shuffle(lessons)
sys.stdout.buffer.write(content_text(build_package(syllabus, lessons, quizzes, projects)).encode())
"""


def test_two_builds_in_two_processes_are_the_same_bytes() -> None:
    made = [
        subprocess.run(
            [sys.executable, "-c", BUILD, seed],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
            timeout=120,
        ).stdout
        for seed in ("1", "2", "77")
    ]
    assert len(set(made)) == 1
    assert len(made[0]) > 1000


def test_what_is_stored_was_inserted_in_any_order_and_is_the_same(house: House) -> None:
    """Two courses of the same content whose parts were approved in opposite orders."""
    digests = []
    for course, backwards in (("one", False), ("two", True)):
        house.approve("reviewer", house.drafted_syllabus(course))
        for part in sorted(house.generated_parts(course), key=lambda one: str(one["id"]), reverse=backwards):
            house.approve("reviewer", part)
        house.publish(course)
        content: dict[str, Any] = house.get("auditor", f"/api/courses/{course}/1")["content"]
        told = canonical_json(content).decode().replace(f'"{course}"', '"same"')
        for entry in content["manifest"] + content["lessons"] + content["quizzes"] + content["projects"]:
            told = told.replace(entry["contentHash"], "hash")
        digests.append(sha256_hex(told.encode()))
    assert digests[0] == digests[1]


def test_the_queue_publishes_as_the_api_does(house: House) -> None:
    """A publication that an author lays before reviewers waits in the one queue."""
    house.approved_course()
    queue = house.get("reviewer", "/v1/countersign/queue")
    assert queue["items"] == []
    house.approve("reviewer", house.edited("m02l01", "Another takeaway of this lesson."))
    house.publish()
    with transaction("T", DbRole.AUDITOR) as connection:
        found = connection.execute(text("SELECT countersignature_id, note FROM course_packages")).one()
    assert isinstance(found.countersignature_id, UUID)
    chain = house.get("auditor", f"/v1/countersignatures/{found.countersignature_id}")
    assert chain["countersignature"]["kind"] == "courses.publish"


@pytest.mark.parametrize(
    "event", ["CONTENT_APPROVED", "COURSE_PACKAGE_PUBLISHED", "CONTENT_GENERATED", "SYLLABUS_GENERATED"]
)
def test_the_ledger_tells_each_step(house: House, event: str) -> None:
    house.approved_course()
    house.publish()
    with transaction("T", DbRole.AUDITOR) as connection:
        count = connection.execute(
            text("SELECT count(*) FROM audit_log WHERE action = :event"), {"event": event}
        ).scalar_one()
    assert count == {"CONTENT_APPROVED": 5, "CONTENT_GENERATED": 5}.get(event, 1)
