"""What the tests of retention do: three old days and a young one of reads, plans, signatures, orders, disposals."""

import uuid
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import text

from domain.grid.metering.observe.publish import publish
from domain.kernel.countersign.decide import decide
from domain.kernel.countersign.lend import KERNEL_ACTS
from domain.kernel.db import transaction
from domain.kernel.fulfil import Outcome, fulfil
from domain.kernel.gates import STANDING_ORDER
from domain.kernel.objects.chosen import open_store
from domain.kernel.proposals import Proposal, Subject, propose
from domain.kernel.retention.dispose import disposal_doer
from domain.kernel.retention.plan import Plan, plan_of, propose_disposal
from domain.kernel.settings import DbRole, WriteMode
from domain.kernel.signed import Decision
from domain.together import PRUNABLES
from tests.makers import make_person

NOW = datetime(2026, 11, 20, 17, 0, tzinfo=UTC)
OLD = date(2025, 10, 1)
DOER = disposal_doer(PRUNABLES, open_store)
DOERS = {DOER.gate.kind: DOER}


def load_days(tenant: str = "T", first: date = OLD, days: int = 3) -> None:
    """Whole local days of reads in New York."""
    start = datetime(first.year, first.month, first.day, 4, tzinfo=UTC)
    publish(
        tenant,
        interval_minutes=60,
        window_start=start,
        window_end=start + timedelta(days=days),
        mode=WriteMode.SAFE,
        now=NOW,
        actor="test",
    )


def plan(name: str = "meter_reads", tenant: str = "T", now: datetime = NOW) -> Plan:
    with transaction(tenant, DbRole.MACHINE) as connection:
        return plan_of(connection, PRUNABLES[name], now)


def proposed(name: str = "meter_reads", tenant: str = "T") -> Proposal:
    with transaction(tenant, DbRole.MACHINE) as connection:
        found = propose_disposal(connection, plan_of(connection, PRUNABLES[name], NOW), "retention")
    assert found is not None
    return found


def sign(proposal: Proposal, tenant: str = "T") -> uuid.UUID:
    person = make_person(tenant, "ada", "ADMIN")
    with transaction(tenant) as connection:
        answer = decide(
            connection,
            person,
            KERNEL_ACTS,
            proposal.proposal_id,
            Decision.APPROVED,
            content_hash=proposal.content_hash,
            reason="Old enough.",
        )
    return answer.countersignature.countersignature_id


def carry_out(signed: uuid.UUID, tenant: str = "T") -> Outcome:
    return fulfil(tenant, signed, DOERS, run_id="r", actor_id="dagster")


def order(name: str = "meter_reads", times_per_day: int = 5) -> uuid.UUID:
    """A countersigned standing order for disposals of one kind."""
    content = {
        "kind": DOER.gate.kind,
        "scope": {"subject_type": "retention", "subject_id": name},
        "times_per_day": times_per_day,
        "valid_to": (datetime.now(UTC) + timedelta(days=30)).isoformat(),
    }
    with transaction("T") as connection:
        found = propose(
            connection,
            STANDING_ORDER,
            Subject("standing_order", str(uuid.uuid4())),
            content=content,
            summary="Let old reads go.",
            proposed_by="machine",
        )
    return sign(found)


def asked(query: str, **binds: Any) -> Any:
    with transaction("T", DbRole.OWNER) as connection:
        return connection.execute(text(query), binds).scalar_one()


def reads(before: date | None = None) -> int:
    """The tenant's reads that stand in the table."""
    edge = datetime.combine(before or date(2100, 1, 1), datetime.min.time(), UTC) + timedelta(hours=5)
    return int(asked("SELECT count(*) FROM meter_reads_electric WHERE tenant_id = 'T' AND read_at <= :edge", edge=edge))


def told(event_type: str) -> int:
    return int(asked("SELECT count(*) FROM events WHERE tenant_id = 'T' AND event_type = :kind", kind=event_type))
