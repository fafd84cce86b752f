"""Fulfilment: once, whatever happens, and only what stands countersigned."""

import threading
import uuid

import pytest
from sqlalchemy import Connection, text

from domain.kernel.countersign.decide import decide
from domain.kernel.db import transaction
from domain.kernel.errors import Conflict, NotFound, Unavailable
from domain.kernel.fulfil import Doer, Outcome, fulfil, waiting_for_fulfilment
from domain.kernel.proposals import Proposal
from domain.kernel.settings import DbRole
from domain.kernel.signed import Countersignature, Decision
from tests.conftest import Database
from tests.kernel.gates_of_tests import ACTS, AT_ONCE, DOERS, PLAIN, carry_out, lay_down, marks
from tests.makers import make_person, make_tenant


@pytest.fixture
def signed(database: Database) -> uuid.UUID:
    make_tenant("T")
    return approve(make_person("T", "ada", "REVIEWER"))


def approve(who, decision=Decision.APPROVED, gate=PLAIN) -> uuid.UUID:  # type: ignore[no-untyped-def]
    with transaction("T") as connection:
        proposal = lay_down(connection, gate)
        answer = decide(
            connection, who, ACTS, proposal.proposal_id, decision, content_hash=proposal.content_hash, reason="r"
        )
    return answer.countersignature.countersignature_id


def run(countersignature_id: uuid.UUID, doers: dict[str, Doer] = DOERS, run_id: str = "r") -> Outcome:
    return fulfil("T", countersignature_id, doers, run_id=run_id, actor_id="dagster")


def waits() -> list[tuple[uuid.UUID, int]]:
    with transaction("T", DbRole.MACHINE) as connection:
        return waiting_for_fulfilment(connection, list(DOERS))


def fulfilled() -> int:
    return marks("fulfilled")


def row() -> tuple[str, int, dict[str, str]]:
    with transaction("T") as connection:
        found = connection.execute(text("SELECT status, attempts, outcome FROM fulfilments")).one()
    return found.status, found.attempts, found.outcome


def test_what_is_signed_waits_and_is_carried_out_once(signed: uuid.UUID) -> None:
    assert waits() == [(signed, 0)]
    assert run(signed).facts == {"rows": 1}
    assert waits() == []
    assert run(signed, run_id="another").already
    assert (fulfilled(), row()[0]) == (1, "DONE")


def test_launched_by_eight_at_once_it_is_carried_out_once(signed: uuid.UUID) -> None:
    barrier, seen = threading.Barrier(8), []

    def go() -> None:
        barrier.wait()
        try:
            seen.append("already" if run(signed).already else "did")
        except Conflict as error:
            seen.append(error.code)

    threads = [threading.Thread(target=go) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen.count("did") == 1
    assert set(seen) <= {"did", "already", "IN_PROGRESS"}
    assert fulfilled() == 1


def test_a_refused_an_unknown_and_an_effective_one_are_not_carried_out(signed: uuid.UUID) -> None:
    ada = make_person("T", "ada", "REVIEWER")
    with pytest.raises(Conflict, match="not approved"):
        run(approve(ada, Decision.REFUSED))
    with pytest.raises(NotFound):
        run(uuid.uuid4())
    with pytest.raises(Conflict) as caught:
        run(approve(ada, gate=AT_ONCE))
    assert caught.value.code == "NOTHING_TO_FULFIL"
    assert fulfilled() == 0


def test_what_changed_after_the_signature_is_refused(signed: uuid.UUID) -> None:
    changed = {PLAIN.kind: Doer(PLAIN, carry_out, lambda _connection, _proposal: "0" * 64)}
    with pytest.raises(Conflict) as caught:
        run(signed, changed)
    assert caught.value.code == "HASH_MISMATCH"
    assert (fulfilled(), row()[:2]) == (0, ("FAILED", 1))


def test_a_failure_leaves_nothing_half_written_and_can_be_tried_again(signed: uuid.UUID) -> None:
    def fails(connection: Connection, found: Countersignature, proposal: Proposal) -> Outcome:
        carry_out(connection, found, proposal)
        raise Unavailable("The object store does not answer.")

    with pytest.raises(Unavailable):
        run(signed, {PLAIN.kind: Doer(PLAIN, fails)})
    assert (fulfilled(), row()) == (0, ("FAILED", 1, {"error": "The object store does not answer."}))
    assert not run(signed).already
    assert (fulfilled(), row()[:2]) == (1, ("DONE", 2))


def test_each_attempt_stands_in_the_ledger(signed: uuid.UUID) -> None:
    run(signed)
    with transaction("T") as connection:
        told = connection.execute(
            text("SELECT event_type, actor_role FROM events WHERE event_type LIKE 'kernel.fulfilment.%' ORDER BY seq")
        ).all()
    assert [tuple(one) for one in told] == [
        ("kernel.fulfilment.started", "MACHINE"),
        ("kernel.fulfilment.done", "MACHINE"),
    ]
