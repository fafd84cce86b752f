"""What is due for disposal, and the proposal that lays it before a person. Nothing is removed here."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection

from domain.kernel.canonical import content_hash
from domain.kernel.errors import Conflict
from domain.kernel.gates import RETENTION_DISPOSAL
from domain.kernel.proposals import Proposal, Subject, propose
from domain.kernel.retention.policy import Cutoff, Piece, Prunable, cutoff_of, cutoff_on, days_kept
from domain.kernel.tenancy import Tenant, load_tenant

# So many pieces at most in one disposal, so that what is signed can be read and what is done ends.
MOST_PIECES = 31
SUBJECT = "retention"


@dataclass(frozen=True)
class Plan:
    """What is due of one kind of rows.

    Attributes:
        content: what is signed: the cutoff, every piece with its rows, and how it is archived.
    """

    prunable: Prunable
    tenant: Tenant
    days: int
    cutoff: Cutoff
    pieces: tuple[Piece, ...]

    @property
    def rows(self) -> int:
        """How many rows would go."""
        return sum(piece.rows for piece in self.pieces)

    @property
    def subject(self) -> Subject:
        """What a proposal or an order is about."""
        return Subject(SUBJECT, self.prunable.name)

    @property
    def content(self) -> dict[str, Any]:
        """What is signed."""
        return {
            "subject": self.prunable.name,
            "says": self.prunable.says,
            "keeps_days": self.days,
            "before": self.cutoff.day.isoformat(),
            "rows": self.rows,
            "pieces": [piece.facts() for piece in self.pieces],
            "archive": _archive_words(self.prunable),
        }

    @property
    def content_hash(self) -> str:
        """The hash that a signature binds."""
        return content_hash(self.content)

    def as_json(self) -> dict[str, Any]:
        """For people and programs that look before anything is proposed."""
        return self.content | {"content_hash": self.content_hash, "is_due": bool(self.pieces)}


def plan_of(connection: Connection, prunable: Prunable, now: datetime) -> Plan:
    """What is due of these rows at that instant.

    Raises:
        Conflict: RETENTION_SETTING.
    """
    tenant = load_tenant(connection)
    days = days_kept(connection, prunable)
    return _plan(connection, prunable, tenant, days, cutoff_of(tenant, days, now))


def plan_older_than(connection: Connection, prunable: Prunable, now: datetime, days: int) -> Plan:
    """What is older than so many days, which are no fewer than the tenant keeps.

    Raises:
        Conflict: RETENTION_SETTING; KEPT_LONGER, the tenant keeps these rows for longer than that.
    """
    kept = days_kept(connection, prunable)
    if days < kept:
        raise Conflict(
            f"{prunable.name} are kept {kept} days, and {days} were asked for; nothing was planned or removed.",
            hint=f"Ask for {kept} days or more, or let an administrator change the tenant's retention.",
            code="KEPT_LONGER",
        )
    tenant = load_tenant(connection)
    return _plan(connection, prunable, tenant, kept, cutoff_of(tenant, days, now))


def same_plan(connection: Connection, prunable: Prunable, content: Mapping[str, Any]) -> Plan:
    """The plan of a proposal's own date, as it would read now; where anything moved, its hash is another.

    Raises:
        Conflict: RETENTION_SETTING.
    """
    tenant = load_tenant(connection)
    cutoff = cutoff_on(tenant, date.fromisoformat(content["before"]))
    return _plan(connection, prunable, tenant, days_kept(connection, prunable), cutoff)


def propose_disposal(connection: Connection, plan: Plan, actor_id: str) -> Proposal | None:
    """Lay the plan before a person, unless nothing is due; the same plan again is the same proposal."""
    if not plan.pieces:
        return None
    first, last = plan.pieces[0].name, plan.pieces[-1].name
    what = first if first == last else f"{first} to {last}"
    ends = "archived first" if plan.prunable.archive else "not archived: they are no records"
    return propose(
        connection,
        RETENTION_DISPOSAL,
        plan.subject,
        content=plan.content,
        summary=f"Remove {plan.rows:,} rows of {plan.prunable.name} ({what}), kept {plan.days} days; {ends}.",
        evidence={"rows": plan.rows, "pieces": len(plan.pieces), "before": plan.cutoff.day.isoformat()},
        proposed_by=actor_id,
    )


def _plan(connection: Connection, prunable: Prunable, tenant: Tenant, days: int, cutoff: Cutoff) -> Plan:
    found = prunable.pieces(connection, tenant, cutoff, MOST_PIECES)
    return Plan(prunable, tenant, days, cutoff, tuple(found))


def _archive_words(prunable: Prunable) -> dict[str, Any] | None:
    if prunable.archive is None:
        return None
    return {
        "format": "Parquet",
        "files": "one a piece",
        "columns": [name for name, _ in prunable.archive.columns()],
        "checked": "read back and compared before anything is removed",
    }
