"""Drafts are revisions, a decision binds to the hash that was seen, and nobody approves what he or she wrote."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from domain.kernel.db import transaction
from domain.kernel.settings import DbRole
from tests.courses.authoring.course_house import House
from tests.makers import make_token

SYLLABUS = "/api/admin/syllabi/small"


def both(name: str) -> dict[str, str]:
    """One person who is author and reviewer."""
    return {"Authorization": f"Bearer {make_token('T', 'AUTHOR', 'REVIEWER', email=f'{name}@example.org')}"}


def edited_syllabus(
    house: House, seen: int, description: str, status: int = 200, who: str = "author"
) -> dict[str, object]:
    content = house.get("author", SYLLABUS)["content"]
    return house.put(who, f"{SYLLABUS}/draft", {**content, "description": description}, seen, status)


def test_an_edit_is_a_new_revision_and_the_old_one_is_superseded(house: House) -> None:
    house.drafted_syllabus()
    told = edited_syllabus(house, 1, "What an outage report tells, and what nobody can read from it.")
    assert (told["revision"], told["origin"], told["status"]) == (2, "EDITED", "DRAFT")
    found = house.get("auditor", f"{SYLLABUS}/revisions")["revisions"]
    assert [(one["revision"], one["status"], one["basedOn"]) for one in found] == [
        (2, "DRAFT", 1),
        (1, "SUPERSEDED", None),
    ]
    difference = house.get("reviewer", f"{SYLLABUS}/diff?from=1&to=2")
    assert [one["pointer"] for one in difference["changes"]] == ["/description"]
    assert {piece["mark"] for piece in difference["changes"][0]["words"]} == {"same", "removed", "added"}


def test_an_edit_from_an_older_revision_is_stale_and_one_that_names_none_is_asked_to(house: House) -> None:
    house.drafted_syllabus()
    edited_syllabus(house, 1, "What an outage report tells, and what nobody can read from it.")
    told = edited_syllabus(house, 1, "Another description of the same course, long enough.", 412)
    assert (told["code"], told["error"]) == (
        "STALE_REVISION",
        {"code": "STALE_REVISION", "message": told["detail"], "details": []},
    )
    content = house.get("author", SYLLABUS)["content"]
    assert house.call("author", "PUT", f"{SYLLABUS}/draft", content).status_code == 428
    assert house.call("author", "PUT", f"{SYLLABUS}/draft", content, If_Match="new").status_code == 422


def test_refusals_come_in_their_order(house: House) -> None:
    told = house.drafted_syllabus()
    path = f"{SYLLABUS}/draft"
    verb = house.call("learner", "PATCH", path)
    assert (verb.status_code, verb.headers["Allow"]) == (405, "PUT")
    assert house.client.put(path, json={}).status_code == 401
    assert house.call("learner", "PUT", "/api/admin/syllabi/nothing/draft", [1]).status_code == 403
    assert house.call("author", "PUT", "/api/admin/syllabi/nothing/draft", {}).status_code == 404
    wrong = {**told["content"], "title": "x"}
    assert house.call("author", "PUT", path, wrong, If_Match='"7"').status_code == 422
    house.approve("reviewer", told)
    changed = {**told["content"], "description": "Another description of the same course, at length."}
    assert house.call("author", "PUT", path, changed, If_Match='"7"').status_code == 412
    assert house.call("author", "PUT", path, changed, If_Match='"1"').status_code == 409


def test_an_edit_that_changes_nothing_adds_no_revision(house: House) -> None:
    told = house.drafted_syllabus()
    assert house.put("author", f"{SYLLABUS}/draft", told["content"], 1)["revision"] == 1


def test_an_approved_revision_is_not_edited_but_opened_again(house: House) -> None:
    house.approve("reviewer", house.drafted_syllabus())
    assert edited_syllabus(house, 1, "Another description of the same course.", 409)["code"] == "ALREADY_APPROVED"
    told = house.post("author", f"{SYLLABUS}/reopen", {"reason": "One more outcome"}, 201)
    assert (told["revision"], told["origin"], told["approvedRevision"], told["proposalId"]) == (2, "REOPENED", 1, None)
    unchanged = house.approve("reviewer", told, 409)
    assert unchanged["code"] == "UNCHANGED"
    changed = edited_syllabus(house, 2, "Another description of the same course, once more.")
    assert house.approve("reviewer", changed)["revision"] == 3
    assert house.post("author", f"{SYLLABUS}/reopen", {"reason": "Once more"}, 201)["revision"] == 4
    assert house.post("author", f"{SYLLABUS}/reopen", {"reason": "Once more"}, 409)["code"] == "NOT_APPROVED"


def test_text_that_was_approved_before_can_come_back_by_another_signature(house: House) -> None:
    first = house.drafted_syllabus()
    house.approve("reviewer", first)
    house.post("author", f"{SYLLABUS}/reopen", {"reason": "Try another"}, 201)
    house.approve("reviewer", edited_syllabus(house, 2, "Another description of the same course, at length."))
    house.post("author", f"{SYLLABUS}/reopen", {"reason": "The first was better"}, 201)
    back = house.put("author", f"{SYLLABUS}/draft", first["content"], 4)
    assert back["contentHash"] == first["contentHash"]
    assert house.approve("other", back)["status"] == "APPROVED"


def test_the_author_of_a_revision_may_not_approve_it(house: House) -> None:
    house.people["both"] = both("both")
    house.drafted_syllabus()
    told = edited_syllabus(house, 1, "Another description of the same course, at length.", who="both")
    refused = house.approve("both", told, 403)
    assert (refused["code"], refused["error"]["code"]) == ("SELF_APPROVAL", "SELF_APPROVAL")
    assert house.approve("reviewer", told)["status"] == "APPROVED"


def test_where_four_eyes_are_off_the_author_may(house: House) -> None:
    house.people["both"] = both("both")
    house.drafted_syllabus()
    with transaction("T", DbRole.OWNER) as connection:
        connection.execute(text("UPDATE tenants SET settings = '{\"four_eyes\": false}' WHERE tenant_id = 'T'"))
    told = edited_syllabus(house, 1, "Another description of the same course, at length.", who="both")
    assert house.approve("both", told)["status"] == "APPROVED"


@pytest.mark.parametrize("who", ["author", "learner", "auditor", "owner"])
def test_only_reviewers_and_administrators_decide_and_are_told_before_the_body_is_judged(
    house: House, who: str
) -> None:
    house.drafted_syllabus()
    for verb in ("approve", "reject", "publish", "restore"):
        assert house.call(who, "POST", f"{SYLLABUS}/{verb}", {"nonsense": 1}).status_code == 403, verb


def test_what_was_not_seen_is_not_approved(house: House) -> None:
    told = house.drafted_syllabus()
    wrong = house.approve("reviewer", {**told, "contentHash": "0" * 64}, 409)
    assert wrong["code"] == "HASH_MISMATCH"
    edited_syllabus(house, 1, "Another description of the same course, at length.")
    assert house.approve("reviewer", told, 409)["code"] == "REVISION_OUTDATED"


def test_the_same_click_twice_answers_the_first_and_another_person_is_late(house: House) -> None:
    told = house.drafted_syllabus()
    first = house.approve("reviewer", told)
    again = house.approve("reviewer", told)
    assert (again["countersignatureId"], again["already"]) == (first["countersignatureId"], True)
    assert house.approve("other", told, 409)["code"] == "ALREADY_DECIDED"


def test_of_two_reviewers_at_once_one_wins(house: House) -> None:
    told = house.drafted_syllabus()
    body = {"revision": 1, "contentHash": told["contentHash"]}
    with ThreadPoolExecutor(2) as both_at_once:
        answers = list(
            both_at_once.map(lambda who: house.call(who, "POST", f"{SYLLABUS}/approve", body), ["reviewer", "other"])
        )
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    with transaction("T", DbRole.AUDITOR) as connection:
        assert connection.execute(text("SELECT count(*) FROM content_decisions")).scalar_one() == 1
        assert (
            connection.execute(text("SELECT count(*) FROM events WHERE event_type = 'SYLLABUS_APPROVED'")).scalar_one()
            == 1
        )


def test_a_rejection_has_a_reason_and_the_author_writes_the_next_revision(house: House) -> None:
    house.drafted_syllabus()
    assert house.post("reviewer", f"{SYLLABUS}/reject", {"reason": " "}, 422)["code"] == "INVALID"
    told = house.post("reviewer", f"{SYLLABUS}/reject", {"reason": "Outcomes are too vague"})
    assert (told["status"], told["revision"]) == ("REJECTED", 1)
    standing = house.get("author", SYLLABUS)
    assert (standing["status"], standing["note"], standing["decidedByName"]) == (
        "REJECTED", "Outcomes are too vague", "reviewer",
    )  # fmt: skip
    assert house.approve("other", standing, 409)["code"] == "ALREADY_DECIDED"
    told = edited_syllabus(house, 1, "Another description of the same course, at length.")
    assert house.approve("other", told)["status"] == "APPROVED"


def test_a_lesson_that_is_not_the_planned_one_is_not_kept(house: House) -> None:
    house.approve("reviewer", house.drafted_syllabus())
    part = house.generated_parts()[0]
    path = f"/api/admin/artifacts/{part['id']}"
    content = house.get("author", path)["content"]
    for change in ({"title": "Another title of it"}, {"lessonIndex": 1}, {"syllabusId": "other-course"}):
        told = house.put("author", f"{path}/draft", {**content, **change}, 1, 422)
        assert told["code"] == "CONTENT_DOES_NOT_FIT"
    told = house.put("author", f"{path}/draft", {**content, "more": 1}, 1, 422)
    assert (told["code"], told["errors"][0]["field"]) == ("CONTENT_INVALID", "more")
    assert house.get("author", path)["revision"] == 1


def test_a_part_whose_syllabus_has_moved_on_is_not_approved(house: House) -> None:
    house.approve("reviewer", house.drafted_syllabus())
    part = house.generated_parts()[0]
    content = house.post("author", f"{SYLLABUS}/reopen", {"reason": "Another title"}, 201)["content"]
    content["modules"][0]["lessons"][0]["title"] = "What stands in a report"
    house.approve("reviewer", house.put("author", f"{SYLLABUS}/draft", content, 2))
    assert house.approve("reviewer", part, 409)["code"] == "CONTENT_DOES_NOT_FIT"
    with transaction("T", DbRole.AUDITOR) as connection:
        signed = connection.execute(
            text("SELECT count(*) FROM countersignatures WHERE kind = 'courses.lesson'")
        ).scalar_one()
    assert signed == 0


def test_the_ledger_that_cannot_be_written_stops_an_approval(house: House) -> None:
    told = house.drafted_syllabus()
    with transaction("T", DbRole.OWNER) as connection:
        connection.execute(text("REVOKE INSERT ON events FROM countersign_app"))
    answer = house.call("reviewer", "POST", f"{SYLLABUS}/approve", {"revision": 1, "contentHash": told["contentHash"]})
    assert answer.status_code == 503
    assert house.get("author", SYLLABUS)["status"] == "DRAFT"
    with transaction("T", DbRole.AUDITOR) as connection:
        assert connection.execute(text("SELECT count(*) FROM countersignatures")).scalar_one() == 0


def test_lists_go_on_where_a_page_ended(house: House) -> None:
    house.approve("reviewer", house.drafted_syllabus())
    ids = [part["id"] for part in house.generated_parts()]
    seen: list[str] = []
    cursor = ""
    while True:
        page = house.get("author", f"/api/admin/artifacts?syllabusId=small&limit=2{cursor}")
        seen += [one["id"] for one in page["items"]]
        if page["nextCursor"] is None:
            break
        cursor = f"&cursor={page['nextCursor']}"
    assert seen == ids
    assert [one["id"] for one in house.get("author", "/api/admin/artifacts?kind=QUIZ&status=DRAFT")["items"]] == [
        "small.m01l01q"
    ]


def test_the_coverage_matrix_names_every_outcome(house: House) -> None:
    house.drafted_syllabus()
    told = house.get("reviewer", f"{SYLLABUS}/coverage")
    assert told["lessons"] == ["m01l01", "m01l02", "m02l01"]
    assert [row["objectives"] for row in told["rows"]] == [
        {"m01l01": ["o001"], "m02l01": ["o003"]},
        {"m01l02": ["o002"]},
    ]
