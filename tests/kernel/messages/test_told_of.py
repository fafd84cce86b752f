"""What people are told of by itself: what waits, what failed, what is overdue or behind; once, and nobody else."""

import uuid
from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest
from sqlalchemy import Connection, text

from domain.grid.metering.observe.stale import tell_stale
from domain.grid.metering.store import jobs
from domain.kernel.clock import utc_now
from domain.kernel.countersign.decide import decide
from domain.kernel.db import transaction, working_as
from domain.kernel.errors import Conflict, Unavailable
from domain.kernel.events import record
from domain.kernel.fulfil import Doer, Outcome, fulfil
from domain.kernel.gates import DELEGATION
from domain.kernel.messages.deliver import Delivered, deliver
from domain.kernel.people import end_role
from domain.kernel.principal import Principal, Role
from domain.kernel.proposals import Proposal, Subject
from domain.kernel.seals.sealing import seal_ledger
from domain.kernel.seals.state import OVERDUE, seal_state, tell_overdue
from domain.kernel.settings import DbRole
from domain.kernel.signed import Countersignature, Decision
from domain.kernel.signing import ensure_signing_keys
from orchestration.grid.automation import stale_reads_sensor
from orchestration.kernel.messages import seals_overdue_sensor
from orchestration.resources import Machine
from tests.kernel.gates_of_tests import ACTS, PLAIN, lay_down
from tests.kernel.messages.receivers import Mailbox
from tests.makers import make_person

NOON = datetime(2026, 3, 3, 12, 0, tzinfo=UTC)


@pytest.fixture
def ada(mailbox: Mailbox) -> Principal:
    """A reviewer; beside her an operator, an administrator and a learner."""
    for name, role in (("olga", "OPERATOR"), ("anna", "ADMIN"), ("lea", "LEARNER")):
        make_person("T", name, role)
    ensure_signing_keys()
    return make_person("T", "ada", "REVIEWER")


def lay(by: str = "machine", **more: object) -> Proposal:
    with transaction("T", DbRole.MACHINE) as connection:
        return lay_down(connection, PLAIN, by, **more)


def told(kind: str) -> list[str]:
    """Who was written to, by name, of one kind of message."""
    with transaction("T", DbRole.OWNER) as connection:
        rows = connection.execute(
            text(
                "SELECT u.name FROM messages AS m JOIN users AS u ON u.id = m.user_id WHERE m.kind = :kind"
                ' ORDER BY u.name COLLATE "C"'
            ),
            {"kind": kind},
        )
        return list(rows.scalars())


def test_a_new_proposal_tells_who_may_sign_it_once_and_its_author_not(mailbox: Mailbox, ada: Principal) -> None:
    author = make_person("T", "bob", "REVIEWER")
    same = {"content": {"n": 1}, "subject": Subject("thing", "1")}
    assert lay(author.id, **same).proposal_id == lay(author.id, **same).proposal_id
    assert told("WAITING") == ["ada"]
    assert deliver("T") == Delivered(sendings=1, sent=1)
    assert [mail["To"] for mail in mailbox.mails] == ["ada@example.org"]


def test_many_proposals_are_one_digest(mailbox: Mailbox, ada: Principal) -> None:
    for _ in range(25):
        lay()
    assert deliver("T") == Delivered(sendings=1, sent=25)
    (mail,) = mailbox.mails
    assert mail["Subject"].startswith("25 messages")


def test_what_somebody_may_no_longer_see_is_not_sent(mailbox: Mailbox, ada: Principal) -> None:
    lay()
    end_role("T", uuid.UUID(ada.id), Role.REVIEWER)
    assert deliver("T") == Delivered(dropped=1, reasons={"MAY_NOT_SEE": 1})
    assert mailbox.mails == []


def test_a_delegation_which_its_proposer_alone_can_sign_tells_nobody(ada: Principal) -> None:
    with transaction("T") as connection:
        lay_down(connection, DELEGATION, ada.id)
    assert told("WAITING") == []


def test_a_failed_fulfilment_tells_signers_and_administrators_once_for_all_its_attempts(ada: Principal) -> None:
    signed = _approved(ada)

    def fails(_: Connection, __: Countersignature, ___: Proposal) -> Outcome:
        raise Unavailable("The store is away; nothing was kept.")

    for _ in range(3):
        with pytest.raises(Unavailable):
            fulfil("T", signed, {PLAIN.kind: Doer(PLAIN, fails)}, run_id="r", actor_id="dagster")
    assert told("JOB_FAILED") == ["ada", "anna"]


def _approved(who: Principal) -> uuid.UUID:
    with transaction("T") as connection:
        proposal = lay_down(connection)
        answer = decide(
            connection, who, ACTS, proposal.proposal_id, Decision.APPROVED, content_hash=proposal.content_hash
        )
    return answer.countersignature.countersignature_id


def test_a_failed_publish_job_tells_operators_once_an_hour_and_a_refused_one_nobody(ada: Principal) -> None:
    with pytest.raises(Conflict), jobs.job("T", "publish-window", NOON):
        raise Conflict("The window is off the grid.", code="OFF_GRID")
    assert told("JOB_FAILED") == []
    started = utc_now()
    for _ in range(3):
        with pytest.raises(RuntimeError), jobs.job("T", "publish-window", NOON):
            raise RuntimeError("away")
    hours = 1 if utc_now().hour == started.hour else 2
    assert told("JOB_FAILED") == sorted(["anna", "olga"] * hours)


def test_an_overdue_seal_is_told_once_a_day_until_it_is_made(ada: Principal) -> None:
    with transaction("T") as connection:
        record(connection, "grid.thing.seen", actor_id="ada", actor_role="OPERATOR")
    late = utc_now() + OVERDUE + timedelta(minutes=1)

    def tell(now: datetime) -> int:
        with transaction("T", DbRole.MACHINE) as connection:
            return tell_overdue(connection, seal_state(connection, "T"), now)

    assert [tell(utc_now()), tell(late), tell(late), tell(late + timedelta(days=1))] == [0, 1, 0, 1]
    assert told("SEAL_OVERDUE") == ["anna", "anna"]
    with working_as(DbRole.MACHINE):
        seal_ledger("T")
    assert tell(late + timedelta(days=2)) == 0


def test_reads_that_are_behind_are_told_once_a_day_and_only_while_publishing_is_on(ada: Principal) -> None:
    def tell(now: datetime) -> int:
        with transaction("T", DbRole.MACHINE) as connection:
            return tell_stale(connection, now)

    assert tell(NOON) == 0
    _switch(on=True)
    assert [tell(NOON + timedelta(minutes=one)) for one in (30, 31, 45)] == [0, 2, 0]
    assert told("DATA_STALE") == ["anna", "olga"]
    assert tell(NOON + timedelta(days=1)) == 2
    _switch(on=False)
    assert tell(NOON + timedelta(days=2)) == 0


def _switch(*, on: bool) -> None:
    with transaction("T") as connection:
        jobs.set_schedule(connection, is_on=on, interval_minutes=15, by="olga", at=NOON)


def test_the_sensors_tell_by_themselves(ada: Principal, instance: dg.DagsterInstance) -> None:
    _switch(on=True)
    for sensor, says in ((stale_reads_sensor, "Told 2 people"), (seals_overdue_sensor, "Nobody is to be told")):
        with dg.build_sensor_context(instance=instance, resources={"machine": Machine()}) as context:
            skipped = sensor(context)
        assert isinstance(skipped, dg.SkipReason)
        assert str(skipped.skip_message).startswith(says)
    assert told("DATA_STALE") == ["anna", "olga"]
