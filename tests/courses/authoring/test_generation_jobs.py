"""What is asked for is drafted by the worker: once, all of it or nothing, and never lost without a word."""

import json
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from domain.courses.authoring.generation.author import Context, Prompt, RawAnswer
from domain.courses.authoring.generation.offline.author import OfflineAuthor
from domain.courses.authoring.rules.answers import Kind
from domain.courses.authoring.worker.generate import reap, work_one
from domain.courses.authoring.worker.loop import Trade, work, work_until_idle
from domain.kernel.db import transaction, working_as
from domain.kernel.settings import DbRole
from tests.courses.authoring.authors import FixedAuthor
from tests.courses.authoring.course_house import House
from tests.courses.small_course import REQUEST

Spoil = Callable[[Any], str]


def edited(change: Callable[[Any], object]) -> Spoil:
    """The good answer with one thing changed."""

    def spoil(answer: Any) -> str:
        change(answer)
        return json.dumps(answer)

    return spoil


def question(answer: Any) -> dict[str, Any]:
    found: dict[str, Any] = answer[0]["questions"][0]
    return found


SPOILT: dict[str, tuple[str, Spoil]] = {
    "fences": ("lessons", lambda answer: f"```json\n{json.dumps(answer)}\n```"),
    "extra fields": ("lessons", edited(lambda answer: answer[0].update(comment="Enjoy"))),
    "one lesson too many": ("lessons", edited(lambda answer: answer.append(answer[0]))),
    "reordered ids": ("lessons", edited(lambda answer: answer.reverse())),
    "three options": ("quizzes", edited(lambda answer: question(answer)["options"].pop())),
    "correctIndex out of range": ("quizzes", edited(lambda answer: question(answer).update(correctIndex=4))),
    "correctIndex boolean": ("quizzes", edited(lambda answer: question(answer).update(correctIndex=True))),
    "equal options": ("quizzes", edited(lambda answer: question(answer).update(options=["A", "b", " a ", "c"]))),
    "truncation": ("lessons", lambda answer: json.dumps(answer)[:-40]),
}


def counted() -> dict[str, int]:
    """What is stored."""
    tables = ("content_items", "content_revisions", "generation_answers", "proposals")
    with transaction("T", DbRole.AUDITOR) as connection:
        return {one: connection.execute(text(f"SELECT count(*) FROM {one}")).scalar_one() for one in tables}


@pytest.mark.parametrize("fault", sorted(SPOILT))
def test_a_malformed_answer_is_refused_with_nothing_stored(house: House, fault: str) -> None:
    what, spoil = SPOILT[fault]
    house.approve("reviewer", house.drafted_syllabus())
    before = counted()
    asked = house.post("author", f"/api/admin/syllabi/small/{what}:generate", {"moduleId": "m01"}, 202)
    house.work(FixedAuthor(spoil))
    job = house.get("author", asked["url"])
    assert (job["status"], job["error"]["code"], job["items"]) == ("FAILED", "GENERATION_INVALID", [])
    assert job["error"]["message"]
    assert counted() == before
    # The same again by an author that keeps to the form is taken.
    house.post("author", f"/api/admin/syllabi/small/{what}:generate", {"moduleId": "m01"}, 202)
    house.work()
    assert counted()["content_revisions"] > before["content_revisions"]


@pytest.mark.parametrize("raw", ["", "{", "[]", "null", '{"modules": []}', '{"a": 1, "a": 2}', "NaN", "[[[[" * 5000])
def test_a_malformed_syllabus_is_refused_and_the_course_is_not_there(house: House, raw: str) -> None:
    asked = house.post("author", "/api/admin/syllabi", {"request": REQUEST, "syllabusId": "small"}, 202)
    house.work(FixedAuthor(lambda _: raw))
    assert house.get("author", asked["url"])["error"]["code"] == "GENERATION_INVALID"
    assert house.call("author", "GET", "/api/admin/syllabi/small").status_code == 404
    assert counted() == dict.fromkeys(counted(), 0)


def test_an_author_that_breaks_fails_its_job_alone(house: House) -> None:
    class Broken:
        def generate(self, kind: Kind, prompt: Prompt, context: Context) -> RawAnswer:
            raise RuntimeError("secret of the library")

    asked = house.post("author", "/api/admin/syllabi", {"request": REQUEST}, 202)
    house.work(Broken())
    job = house.get("author", asked["url"])
    assert (job["status"], job["error"]["code"]) == ("FAILED", "INTERNAL")
    assert "secret" not in json.dumps(job)


def test_a_job_has_an_address_and_waiting_for_it_answers_the_draft(house: House) -> None:
    stopping = threading.Event()
    trade = Trade("generation", lambda tenant: work_one(tenant, FixedAuthor) is not None, reap)

    def run() -> None:
        with working_as(DbRole.MACHINE):
            work([trade], stopping)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        body = {"request": REQUEST, "syllabusId": "small"}
        answer = house.call("author", "POST", "/api/admin/syllabi", body, Prefer="wait=20")
        assert answer.status_code == 201, answer.text
        assert answer.headers["Location"] == "/api/admin/syllabi/small"
        assert answer.headers["Preference-Applied"] == "wait=20"
        assert answer.json()["items"][0]["status"] == "DRAFT"
    finally:
        stopping.set()
        thread.join()
    again = house.call("author", "POST", "/api/admin/syllabi", {"request": REQUEST, "syllabusId": "other"})
    assert (again.status_code, again.headers["Location"]) == (202, again.json()["url"])
    taken = house.call("author", "POST", "/api/admin/syllabi", {"request": REQUEST, "syllabusId": "small"})
    assert (taken.status_code, taken.json()["code"]) == (409, "COURSE_EXISTS")


def test_the_seven_inputs_may_be_sent_by_themselves_and_are_judged(house: House) -> None:
    assert house.call("author", "POST", "/api/admin/syllabi", REQUEST).status_code == 202
    wrong = house.call("author", "POST", "/api/admin/syllabi", {**REQUEST, "timeBudgetMinutes": 5})
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (422, "INVALID")
    for who in ("learner", "auditor", "owner"):
        assert house.call(who, "POST", "/api/admin/syllabi", {"nonsense": 1}).status_code == 403


def test_a_lost_worker_is_noticed_and_writes_nothing_afterwards(house: House) -> None:
    asked = house.post("author", "/api/admin/syllabi", {"request": REQUEST, "syllabusId": "small"}, 202)

    class Slow(FixedAuthor):
        """While it writes, its lease ends and another worker notices."""

        def generate(self, kind: Kind, prompt: Prompt, context: Context) -> RawAnswer:
            with transaction("T", DbRole.OWNER) as connection:
                connection.execute(text("UPDATE generation_jobs SET lease_until = clock_timestamp() - interval '1 s'"))
            assert reap("T") == 1
            return super().generate(kind, prompt, context)

    work_one("T", Slow, lease=timedelta(seconds=60))
    job = house.get("author", asked["url"])
    assert (job["status"], job["error"]["code"]) == ("FAILED", "WORKER_LOST")
    assert counted() == dict.fromkeys(counted(), 0)
    assert reap("T") == 0


def test_a_slow_author_keeps_its_lease(house: House) -> None:
    asked = house.post("author", "/api/admin/syllabi", {"request": REQUEST, "syllabusId": "small"}, 202)

    class Slow(FixedAuthor):
        def generate(self, kind: Kind, prompt: Prompt, context: Context) -> RawAnswer:
            threading.Event().wait(1.5)
            assert reap("T") == 0
            return super().generate(kind, prompt, context)

    work_one("T", Slow, lease=timedelta(milliseconds=900))
    assert house.get("author", asked["url"])["status"] == "COMPLETED"


def test_each_job_is_claimed_by_one_of_many_workers(house: House) -> None:
    for number in range(12):
        house.post("author", "/api/admin/syllabi", {"request": REQUEST, "syllabusId": f"course-{number}"}, 202)
    done: list[str] = []

    def run() -> None:
        while (job := work_one("T", FixedAuthor)) is not None:
            done.append(job.syllabus_id)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done) == sorted(f"course-{number}" for number in range(12))
    assert counted()["content_revisions"] == 12


def test_prompt_and_answer_are_kept_word_for_word(house: House) -> None:
    house.drafted_syllabus()
    with transaction("T", DbRole.AUDITOR) as connection:
        row = connection.execute(text("SELECT * FROM generation_answers")).mappings().one()
    assert (row["provider"], row["model"], row["seed"], row["slot"]) == ("test", "fixed", REQUEST["seed"], "syllabus")
    assert REQUEST["courseTitle"] in row["prompt_text"]
    assert json.loads(row["raw_answer"])["outcomes"]


def test_what_is_approved_is_not_drafted_over(house: House) -> None:
    house.approve("reviewer", house.drafted_syllabus())
    parts = house.generated_parts()
    first = next(part for part in parts if part["slot"] == "m01l01" and part["kind"] == "LESSON")
    house.approve("reviewer", first)
    asked = house.post("author", "/api/admin/syllabi/small/lessons:generate", {"moduleId": "m01"}, 202)
    house.work()
    job = house.get("author", asked["url"])
    assert (job["skipped"], [one["itemId"] for one in job["items"]]) == (["small.m01l01"], ["small.m01l02"])
    assert house.get("author", "/api/admin/artifacts/small.m01l01")["revision"] == 1
    house.approve("reviewer", house.get("author", "/api/admin/artifacts/small.m01l02"))
    told = house.post("author", "/api/admin/syllabi/small/lessons:generate", {"moduleId": "m01"}, 409)
    assert told["code"] == "ALREADY_APPROVED"


def test_what_is_not_planned_cannot_be_asked_for(house: House) -> None:
    house.approve("reviewer", house.drafted_syllabus())
    path = "/api/admin/syllabi/small"
    assert house.post("author", f"{path}/quizzes:generate", {"moduleId": "m02"}, 409)["code"] == "NOTHING_PLANNED"
    assert house.post("author", f"{path}/lessons:generate", {"moduleId": "m09"}, 422)["code"] == "UNKNOWN_MODULE"
    assert house.post("author", f"{path}/lessons:generate", {"moduleId": "second"}, 422)["code"] == "INVALID"
    missing = house.call("author", "POST", "/api/admin/syllabi/nothing/lessons:generate", {"moduleId": "m01"})
    assert missing.status_code == 404


def test_the_offline_author_drafts_a_whole_course_through_the_worker(house: House) -> None:
    trade = Trade("generation", lambda tenant: work_one(tenant, OfflineAuthor) is not None, reap)
    request = REQUEST | {"courseTitle": "Running Countersign", "timeBudgetMinutes": 120}
    house.post("author", "/api/admin/syllabi", {"request": request, "syllabusId": "demo"}, 202)
    with working_as(DbRole.MACHINE):
        assert work_until_idle([trade]) == 1
    syllabus = house.get("author", "/api/admin/syllabi/demo")
    house.approve("reviewer", syllabus)
    for module in syllabus["content"]["modules"]:
        for what in ("lessons", "quizzes", "projects"):
            house.call("author", "POST", f"/api/admin/syllabi/demo/{what}:generate", {"moduleId": module["id"]})
    with working_as(DbRole.MACHINE):
        work_until_idle([trade])
    jobs = house.get("author", "/api/admin/generation-jobs?syllabusId=demo&limit=500")["jobs"]
    assert {job["status"] for job in jobs} == {"COMPLETED"}, [job["error"] for job in jobs]
    for part in house.get("author", "/api/admin/artifacts?syllabusId=demo&limit=500")["items"]:
        house.approve("reviewer", part)
    assert house.publish("demo")["version"] == 1
