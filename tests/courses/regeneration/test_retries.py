"""A failed job is tried again by a new one, for a reason that a person gives and one that a person executes."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

from domain.courses.regeneration.rules.instruction import merge_patch
from tests.conftest import Database
from tests.courses.authoring.course_house import House
from tests.courses.regeneration.loop import (
    INTENTS,
    JOBS,
    FailingAuthor,
    OtherAuthor,
    asked,
    carried_out,
    failed,
    triggered,
)
from tests.kernel.advice.looks import rows


def intend(house: House, job: str, code: str = "TRANSIENT_FAILURE", status: int = 201) -> dict[str, Any]:
    body = {"sourceJobId": job, "reasonCode": code, "reasonText": "The author was away."}
    return house.post("admin", INTENTS, body, status)


def stored(database: Database, table: str, key: str, value: str) -> str:
    """A row as the database holds it, byte for byte."""
    with psycopg.connect(database.urls["superuser"]) as connection:
        found = connection.execute(f"SELECT t::text FROM {table} AS t WHERE {key} = %s", (value,)).fetchone()  # type: ignore[arg-type]
        assert found is not None
        return str(found[0])


def test_a_retry_is_a_new_job_and_the_failed_one_stays_byte_for_byte(house: House, database: Database) -> None:
    job = failed(house)
    before = stored(database, "regeneration_jobs", "job_id", job)
    intent = intend(house, job)
    assert (intent["status"], intent["approvedBy"]) == ("PENDING", None)
    done = house.post("reviewer", f"{INTENTS}/{intent['id']}/execute", None, 201)
    new = done["job"]["id"]
    assert (done["retryIntent"]["status"], done["job"]["status"]) == ("CONSUMED", "PENDING")
    assert done["retryIntent"]["approvedBy"] is not None
    assert carried_out() == []
    detail = house.get("admin", f"{JOBS}/{new}")
    assert (detail["retryOfJobId"], detail["retryIntentId"], detail["suggestionId"]) == (job, intent["id"], None)
    (old_text,), (new_text,) = (
        [one.instruction_text for one in rows("regeneration_jobs") if str(one.job_id) == which] for which in (job, new)
    )
    assert old_text == new_text
    house.post("admin", f"{JOBS}/{new}/trigger")
    (ended,) = carried_out(OtherAuthor())
    assert ended.status == "COMPLETED"
    assert stored(database, "regeneration_jobs", "job_id", job) == before
    assert house.get("admin", f"{JOBS}/{job}")["retriedByJobId"] == new
    told = [one.event_type for one in rows("events")]
    assert [told.count(name) for name in ("RETRY_INTENT_CREATED", "RETRY_INTENT_EXECUTED", "REGEN_JOB_RETRIED")] == [
        1
    ] * 3


def test_an_output_stays_byte_for_byte_whatever_is_tried_again(house: House, database: Database) -> None:
    triggered(house)
    carried_out()
    (output,) = rows("regeneration_outputs")
    before = stored(database, "regeneration_outputs", "output_id", str(output.output_id))
    job = failed(house, "lesson:m01l02", 2)
    new = house.post("admin", f"{INTENTS}/{intend(house, job)['id']}/execute", None, 201)["job"]["id"]
    house.post("admin", f"{JOBS}/{new}/trigger")
    carried_out()
    assert stored(database, "regeneration_outputs", "output_id", str(output.output_id)) == before


def test_only_a_failed_job_is_tried_again(house: House) -> None:
    pending = asked(house)["id"]
    assert intend(house, pending, status=409)["code"] == "JOB_NOT_FAILED"
    house.post("admin", f"{JOBS}/{pending}/trigger")
    assert intend(house, pending, status=409)["code"] == "JOB_NOT_FAILED"
    carried_out()
    assert intend(house, pending, status=409)["code"] == "JOB_NOT_FAILED"
    assert rows("retry_intents") == []


def test_one_intent_waits_at_a_time_and_a_job_has_one_child(house: House) -> None:
    job = failed(house)
    intent = intend(house, job)
    assert intend(house, job, status=409)["code"] == "INTENT_PENDING"
    new = house.post("admin", f"{INTENTS}/{intent['id']}/execute", None, 201)["job"]["id"]
    assert house.post("admin", f"{INTENTS}/{intent['id']}/execute", None, 409)["code"] == "NOT_PENDING"
    assert intend(house, job, status=409)["code"] == "ALREADY_RETRIED"
    house.post("admin", f"{JOBS}/{new}/trigger")
    carried_out(FailingAuthor())
    assert intend(house, new)["sourceJobId"] == new


def test_ten_at_once_execute_once(house: House) -> None:
    intent = intend(house, failed(house))
    with ThreadPoolExecutor(10) as pool:
        codes = list(
            pool.map(lambda _: house.call("admin", "POST", f"{INTENTS}/{intent['id']}/execute").status_code, range(10))
        )
    assert sorted(codes) == [201] + [409] * 9
    assert len([one for one in rows("regeneration_jobs") if one.retry_of_job_id]) == 1


def test_a_rejected_intent_makes_no_job_and_another_reason_can_be_given(house: House) -> None:
    job = failed(house)
    intent = intend(house, job)
    assert house.call("admin", "POST", f"{INTENTS}/{intent['id']}/reject", {}).status_code == 422
    told = house.post("reviewer", f"{INTENTS}/{intent['id']}/reject", {"reason": "The lesson is dropped."})
    assert (told["status"], told["rejectionReason"], told["approvedBy"]) == ("REJECTED", "The lesson is dropped.", None)
    assert house.post("admin", f"{INTENTS}/{intent['id']}/execute", None, 409)["code"] == "NOT_PENDING"
    assert house.post("admin", f"{INTENTS}/{intent['id']}/reject", {"reason": "No."}, 409)["code"] == "NOT_PENDING"
    assert intend(house, job)["status"] == "PENDING"
    listed = house.get("admin", f"{INTENTS}?jobId={job}")["retryIntents"]
    assert [one["status"] for one in listed] == ["PENDING", "REJECTED"]
    assert len(rows("regeneration_jobs")) == 1


@pytest.mark.parametrize("code", ["BAD_INPUT", "IMPROVED_PROMPT"])
def test_a_patch_is_for_what_the_instruction_got_wrong(house: House, code: str) -> None:
    job = failed(house)
    intent = intend(house, job, code)
    patch = {"instruction": "Shorter, and with the storm of 2019.", "note": None}
    new = house.post("admin", f"{INTENTS}/{intent['id']}/execute", {"instructionPatch": patch}, 201)
    assert new["retryIntent"]["instructionPatch"] == patch
    was = house.get("admin", f"{JOBS}/{job}")["instructionJson"]
    now = house.get("admin", f"{JOBS}/{new['job']['id']}")["instructionJson"]
    assert now == merge_patch(was, patch)
    assert "note" not in now
    house.post("admin", f"{JOBS}/{new['job']['id']}/trigger")
    author = OtherAuthor()
    carried_out(author)
    assert author.heard == [patch["instruction"]]


@pytest.mark.parametrize("code", ["TRANSIENT_FAILURE", "INFRA_ERROR", "OTHER"])
def test_no_patch_for_another_reason(house: House, code: str) -> None:
    intent = intend(house, failed(house), code)
    body = {"instructionPatch": {"note": "Other."}}
    refused = house.post("admin", f"{INTENTS}/{intent['id']}/execute", body, 422)
    assert refused["code"] == "PATCH_NOT_ALLOWED"
    assert house.get("admin", f"{INTENTS}/{intent['id']}")["status"] == "PENDING"


@pytest.mark.parametrize("patch", [{"targetId": "lesson:m02l01"}, {"courseId": "other"}, {"instruction": None}])
def test_a_patch_does_not_make_it_another_job(house: House, patch: dict[str, Any]) -> None:
    intent = intend(house, failed(house), "BAD_INPUT")
    house.post("admin", f"{INTENTS}/{intent['id']}/execute", {"instructionPatch": patch}, 422)
    assert len(rows("regeneration_jobs")) == 1


def test_where_the_tenant_wants_it_another_person_executes(house: House) -> None:
    changed = house.call("admin", "PATCH", "/v1/admin/tenants/current", {"four_eyes_retry": True})
    assert (changed.status_code, changed.json()["four_eyes_retry"]) == (200, True)
    told = [one.payload for one in rows("events") if one.event_type == "access.tenant.set"]
    assert told == [{"four_eyes_retry": {"from": False, "to": True}}]
    intent = intend(house, failed(house))
    assert house.post("admin", f"{INTENTS}/{intent['id']}/execute", None, 403)["code"] == "FOUR_EYES"
    assert house.post("reviewer", f"{INTENTS}/{intent['id']}/execute", None, 201)["job"]["status"] == "PENDING"


@pytest.mark.parametrize("verb", ["PUT", "PATCH", "DELETE"])
def test_no_other_verb_anywhere(house: House, verb: str) -> None:
    job = failed(house)
    intent = intend(house, job)["id"]
    for path in (
        JOBS,
        f"{JOBS}/{job}",
        f"{JOBS}/{job}/trigger",
        INTENTS,
        f"{INTENTS}/{intent}",
        f"{INTENTS}/{intent}/execute",
        f"{INTENTS}/{intent}/reject",
    ):
        answer = house.call("admin", verb, path)
        assert (answer.status_code, "Allow" in answer.headers) == (405, True), path
    assert house.call("admin", "POST", JOBS).status_code == 405


@pytest.mark.parametrize("who", ["learner", "author"])
def test_others_look_at_nothing_and_do_nothing(house: House, who: str) -> None:
    job = failed(house)
    intent = intend(house, job)["id"]
    for method, path in (
        ("GET", JOBS),
        ("GET", f"{JOBS}/{job}"),
        ("POST", f"{JOBS}/{job}/trigger"),
        ("POST", INTENTS),
        ("POST", f"{INTENTS}/{intent}/execute"),
    ):
        assert house.call(who, method, path).status_code == 403, (method, path)
    assert house.call("auditor", "GET", JOBS).status_code == 200
    assert house.call("auditor", "POST", f"{INTENTS}/{intent}/execute").status_code == 403
