"""Several at once in one session: each thing happens once, nothing is half done, and nobody waits in a circle."""

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from uuid import UUID, uuid4

import pytest
from fastapi.testclient import TestClient

from domain.kernel.db import transaction
from domain.kernel.settings import DbRole
from domain.kernel.signing import ensure_signing_keys
from orchestration.stairs.second_look import judge_waiting
from tests.conftest import Database, application
from tests.makers import make_tenant
from tests.stairs.at_once import Busy, at_once, codes, column, counted, statuses
from tests.stairs.small_house import SmallHouse
from tests.stairs.test_evidence_over_http import photo, register, send

EVALUATIONS = "instance_evaluations WHERE instance_id = :id"


@pytest.fixture(scope="module")
def desk(module_database: Database) -> Iterator[Busy]:
    make_tenant("T", "Australia/Sydney")
    ensure_signing_keys()
    house = SmallHouse(module_database)
    with TestClient(application(), raise_server_exceptions=False) as client:
        yield Busy(client, house)


def test_the_same_submission_by_eight_at_once_is_accepted_once_and_judged_once(desk: Busy) -> None:
    row, own = desk.plan()[0], str(uuid4())
    answers = at_once(*[partial(desk.test, row, submission_id=own)] * 8)
    assert statuses(answers) == [200] * 8, [one.text for one in answers]
    assert sorted(one.json()["outcome"] for one in answers) == ["accepted", *["duplicate"] * 7]
    assert counted("T", EVALUATIONS, id=row["instance_id"]) == 1
    assert counted("T", "session_submissions WHERE submission_id = :id", id=own) == 1


def test_the_same_batch_by_four_at_once_is_accepted_once(desk: Busy) -> None:
    rows = desk.plan()
    batch = [desk.result(row) | {"submission_id": str(uuid4()), "instance_id": row["instance_id"]} for row in rows]
    body = {"submissions": batch}
    answers = at_once(*[partial(desk.ask, "tom", "POST", f"{desk.at}/sync", body)] * 4)
    assert statuses(answers) == [200] * 4, [one.text for one in answers]
    told = [one.json()["counts"] for one in answers]
    assert sum(one["accepted"] for one in told) == 5
    assert sum(one["duplicate"] for one in told) == 15


def test_one_submission_id_for_two_sessions_at_once_counts_once_and_keeps_no_other_result_back(desk: Busy) -> None:
    for _ in range(5):
        first, one = desk.plan(), desk.at
        second, other = desk.plan(), desk.at
        own = str(uuid4())
        bodies = [
            {
                "submissions": [
                    desk.result(rows[0]) | {"submission_id": own, "instance_id": rows[0]["instance_id"]},
                    desk.result(rows[3]) | {"submission_id": str(uuid4()), "instance_id": rows[3]["instance_id"]},
                ]
            }
            for rows in (first, second)
        ]
        answers = at_once(
            partial(desk.ask, "tom", "POST", f"{one}/sync", bodies[0]),
            partial(desk.ask, "tim", "POST", f"{other}/sync", bodies[1]),
        )
        assert statuses(answers) == [200, 200], [one.text for one in answers]
        outcomes = sorted(tuple(item["outcome"] for item in one.json()["results"]) for one in answers)
        assert outcomes == [("accepted", "accepted"), ("invalid", "accepted")]


def test_two_results_for_one_instance_at_once_are_one_that_counts_and_one_that_waits(desk: Busy) -> None:
    for _ in range(5):
        row = desk.plan()[0]
        answers = at_once(partial(desk.test, row, value="44.1"), partial(desk.test, row, who="tim", value="19.1"))
        assert statuses(answers) == [200, 409], [one.text for one in answers]
        assert codes(answers) == ["RESULT_CONFLICT"]
        accepted = next(one.json() for one in answers if one.status_code == 200)
        standing = desk.ask("rita", "GET", f"{desk.at}/instances/{row['instance_id']}").json()
        assert standing["validation_result"] == accepted["validation_result"]
        assert counted("T", EVALUATIONS, id=row["instance_id"]) == 1
        assert len(desk.ask("rita", "GET", f"{desk.at}/conflicts").json()["rows"]) == 1


def test_two_reviewers_who_approve_at_once_approve_once_twenty_times(desk: Busy) -> None:
    for _ in range(20):
        desk.walked()
        told = desk.handed_in()
        answers = at_once(partial(desk.approve, "rita", told), partial(desk.approve, "rob", told))
        assert [one < 300 for one in statuses(answers)] == [True, False], [one.text for one in answers]
        assert codes(answers) == ["ALREADY_DECIDED"]
        assert desk.ask("mia", "GET", desk.at).json()["status"] == "approved"
        signed = "countersignatures WHERE subject_id = :id AND decision = 'APPROVED'"
        assert counted("T", signed, id=desk.session) == 1


def test_approve_and_refuse_at_once_is_one_of_the_two(desk: Busy) -> None:
    for _ in range(5):
        desk.walked()
        told = desk.handed_in()
        refuse = f"/v1/proposals/{told['proposal_id']}/refuse"
        answers = at_once(
            partial(desk.approve, "rita", told), partial(desk.ask, "rob", "POST", refuse, {"reason": "Too few photos"})
        )
        assert sum(one.status_code < 300 for one in answers) == 1, [one.text for one in answers]
        assert codes(answers) == ["ALREADY_DECIDED"]
        status = desk.ask("mia", "GET", desk.at).json()["status"]
        assert status == ("approved" if answers[0].status_code < 300 else "returned")


def test_a_session_handed_in_by_several_at_once_is_proposed_once(desk: Busy) -> None:
    for _ in range(5):
        desk.walked()
        answers = at_once(*[partial(desk.ask, who, "POST", f"{desk.at}/submit") for who in ("tom", "tim", "mia")])
        assert statuses(answers) == [200] * 3, [one.text for one in answers]
        assert len({one.json()["proposal_id"] for one in answers}) == 1
        assert counted("T", "v_proposals WHERE subject_id = :id AND state = 'WAITING'", id=desk.session) == 1
        assert (
            counted("T", "events WHERE entity_id = :id AND event_type = 'stairs.session.submitted'", id=desk.session)
            == 1
        )


def test_a_signature_while_a_result_comes_and_it_is_handed_in_again_ends_whole(desk: Busy) -> None:
    for _ in range(8):
        rows = desk.walked()
        told = desk.handed_in()
        answers = at_once(
            partial(desk.approve, "rita", told),
            partial(desk.test, rows[0], who="tim", value="50"),
            partial(desk.ask, "tom", "POST", f"{desk.at}/submit"),
            partial(desk.test, rows[1], who="tim"),
        )
        assert max(statuses(answers)) < 500, [one.text for one in answers]
        assert desk.ask("mia", "GET", desk.at).json()["status"] == "approved"
        assert set(codes(answers)) <= {"SESSION_APPROVED", "SESSION_CLOSED"}
        locked = column("T", "SELECT outcome FROM session_submissions WHERE session_id = :id", id=desk.session)
        assert set(locked) <= {"accepted", "locked"}


def test_a_signature_while_evidence_arrives_signs_what_stands_or_nothing(desk: Busy) -> None:
    for number in range(8):
        rows = desk.walked()
        data = photo(width=700 + number)
        evidence_id = register_before(desk, rows[0], data)
        told = desk.handed_in()
        answers = at_once(
            partial(desk.approve, "rita", told),
            partial(send, desk, evidence_id, data),
            partial(desk.ask, "tom", "POST", f"{desk.at}/submit"),
        )
        assert max(statuses(answers)) < 500, [one.text for one in answers]
        assert set(codes(answers)) <= {"HASH_MISMATCH", "OUTDATED", "INDETERMINATE"}
        session = desk.ask("mia", "GET", desk.at).json()
        kept = desk.ask("mia", "GET", f"/api/v1/evidence/{evidence_id}").json()
        assert (session["status"], kept["uploaded_at"] is None) == ("submitted", False)
        assert desk.approve("rita", desk.handed_in()).status_code < 300


def register_before(desk: Busy, row: dict[str, object], data: bytes) -> str:
    """A capture of which no byte has arrived when the session is handed in."""
    made = register(desk, row, data)
    assert made.status_code == 201, made.text
    own: str = made.json()["evidence_id"]
    return own


def test_results_files_and_bundles_at_once_wait_for_each_other_and_none_is_refused(desk: Busy) -> None:
    for number in range(4):
        rows = desk.plan()
        data = [photo(width=800 + 10 * number + n) for n in range(3)]
        files = [register_before(desk, rows[n], one) for n, one in enumerate(data)]
        answers = at_once(
            *[partial(desk.test, row) for row in rows],
            *[partial(send, desk, own, one) for own, one in zip(files, data, strict=True)],
            *[partial(desk.ask, "tim", "GET", f"{desk.at}/bundle")] * 3,
        )
        assert statuses(answers) == [200] * 11, [one.text for one in answers if one.status_code != 200]


def test_two_retests_at_once_add_one(desk: Busy) -> None:
    for _ in range(5):
        row = desk.walked()[0]
        path = f"{desk.at}/instances/{row['instance_id']}/retest"
        answers = at_once(partial(desk.ask, "tom", "POST", path), partial(desk.ask, "tim", "POST", path))
        assert statuses(answers) == [201, 409], [one.text for one in answers]
        assert codes(answers) == ["RETEST_WAITS"]
        assert counted("T", "test_instances WHERE retest_of = :id", id=row["instance_id"]) == 1


def test_two_amendments_at_once_make_one(desk: Busy) -> None:
    for _ in range(5):
        row = desk.walked()[0]
        assert desk.approve("rita", desk.handed_in()).status_code < 300
        body = {"instance_ids": [row["instance_id"]], "planned_for": "2026-11-22", "reason": "Wrong hose"}
        answers = at_once(*[partial(desk.ask, who, "POST", f"{desk.at}/amend", body) for who in ("tom", "mia")])
        assert statuses(answers) == [201, 409], [one.text for one in answers]
        assert codes(answers) == ["AMENDED"]
        assert counted("T", "test_sessions WHERE supersedes_session_id = :id", id=desk.session) == 1


def test_a_fault_reviewed_by_two_while_its_conflict_is_settled_ends_whole(desk: Busy) -> None:
    for _ in range(8):
        rows = desk.walked(value="18.2")
        fault = desk.ask("rita", "GET", f"/api/v1/faults?session_id={desk.session}").json()["rows"][0]["id"]
        assert desk.test(rows[0], who="tim", value="44").json()["code"] == "RESULT_CONFLICT"
        waiting = desk.ask("rita", "GET", f"{desk.at}/conflicts").json()["rows"][0]["submission_id"]
        settle, said = f"{desk.at}/conflicts/{waiting}/settle", {"action": "confirm", "reason": "Seen"}
        answers = at_once(
            partial(desk.ask, "rita", "POST", f"/api/v1/faults/{fault}/review", said),
            partial(desk.ask, "rob", "POST", f"/api/v1/faults/{fault}/review", said),
            partial(desk.ask, "mia", "POST", settle, {"resolution": "took_this", "reason": "Hose was off"}),
            partial(desk.ask, "tom", "POST", f"/api/v1/faults/{fault}/resolve", {"reason": "Damper set"}),
        )
        assert max(statuses(answers)) < 500, [one.text for one in answers]
        assert answers[2].status_code == 200
        assert sum(one.status_code == 200 for one in answers[:2]) <= 1
        row = desk.ask("rita", "GET", f"/api/v1/faults/{fault}").json()
        assert (row["status"], row["review_state"]) in {
            ("open", "confirmed"),
            ("resolved", "confirmed"),
            ("resolved", "proposed"),
        }


def test_a_machine_that_judges_again_while_a_person_signs_or_a_file_arrives_waits_its_turn(
    desk: Busy, module_database: Database
) -> None:
    def machine(session_id: str, instance_id: str) -> str | None:
        with transaction("T", DbRole.MACHINE) as connection:
            return judge_waiting(connection, UUID(session_id), UUID(instance_id), datetime.now(UTC))

    for number in range(6):
        rows = desk.walked()
        data = photo(width=900 + number)
        evidence_id = register_before(desk, rows[0], data)
        told = desk.handed_in()
        answers = at_once(
            partial(machine, desk.session, rows[0]["instance_id"]),
            partial(send, desk, evidence_id, data),
            partial(desk.approve, "rita", told),
        )
        assert max(statuses(answers[1:])) < 500, [one.text for one in answers[1:]]
        seqs = column(
            "T", "SELECT seq FROM instance_evaluations WHERE instance_id = :id ORDER BY seq", id=rows[0]["instance_id"]
        )
        assert seqs == list(range(1, len(seqs) + 1))
