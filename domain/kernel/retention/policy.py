"""How long what is kept: the defaults, what a tenant may set instead, and what nobody may set.

A tenant's settings hold `{"retention_days": {"meter_reads": 730}}`: days by the class of rows. Administration writes
them and the plan reads them; both take the classes from here.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Protocol

from sqlalchemy import Connection, text

from domain.kernel.errors import Conflict
from domain.kernel.tenancy import Tenant

FOR_EVER = (
    "events",
    "artifacts",
    "countersignatures",
    "proposals",
    "standing_orders",
    "delegations",
    "fulfilments",
    "retention_disposals",
    "suggestions",
    "aggregates",
)
LONGEST_DAYS = 36_525


@dataclass(frozen=True)
class RowClass:
    """One class of rows that does not stay for ever, whether or not anything in this version prunes it.

    Attributes:
        title: what administration calls it.
        says: what the rows are, for the signer of a disposal.
        days: how long they stay where the tenant has set nothing.
        least_days: what a tenant may shorten it to.
    """

    title: str
    says: str
    days: int
    least_days: int = 1


# Scores look back two months, which is the least for reads; a year to compare with is advised.
CLASSES: dict[str, RowClass] = {
    "learner_events": RowClass("Raw learner events", "Raw events of learners; their aggregates stay.", 90),
    "signals": RowClass("Signals", "Signals of the rooms; suggestions made from them stay.", 180),
    "meter_reads": RowClass(
        "Meter reads in the database",
        "Interval reads of whole local days; their roll-ups, loads and kept versions stay.",
        400,
        60,
    ),
    "test_records": RowClass("Test records", "Records of functional tests.", 2557),
    "login_sessions": RowClass("Ended browser sessions", "Browser sessions that have ended, as hashes.", 90, 7),
    "lineage_outbox": RowClass("News of what was made", "What the orchestrator has been told already.", 30, 2),
    "rate_limits": RowClass("Counts of calls", "Calls counted against limits, once their window is over.", 7, 2),
}


@dataclass(frozen=True)
class Cutoff:
    """What is older than this goes: a local date of the tenant, and the instant of its midnight."""

    day: date
    at: datetime


@dataclass(frozen=True)
class Piece:
    """What is removed at once: a local day of reads, or all working rows before an instant.

    Attributes:
        name: for example `2025-10-01`.
        rows: how many rows it has.
        last_change: the newest change among them, ISO 8601 in UTC; None where rows do not change.
    """

    name: str
    rows: int
    last_change: str | None = None

    def facts(self) -> dict[str, Any]:
        """As it stands in a plan."""
        return {"piece": self.name, "rows": self.rows, "last_change": self.last_change}


class Archivable(Protocol):
    """Rows that are records: how a piece is read for its archive."""

    def columns(self) -> Sequence[tuple[str, str]]:
        """Names and Arrow types of the columns, in their order."""

    def hold(self, connection: Connection, piece: Piece) -> None:
        """Let nobody write to the piece until the transaction ends."""

    def rows(self, connection: Connection, piece: Piece, group: int) -> Iterator[Sequence[Sequence[Any]]]:
        """The rows in one fixed order, `group` at a time."""

    def runs(self, connection: Connection, piece: Piece) -> list[str]:
        """The ids of the runs that wrote the rows."""


@dataclass(frozen=True)
class Prunable:
    """One kind of rows that does not stay for ever.

    Attributes:
        name: as in settings, plans and orders.
        says: what the rows are, for the signer.
        days: how long they stay where the tenant has set nothing.
        least_days: what a tenant may shorten it to.
        pieces: what is older than the cutoff, oldest first, at most so many.
        remove: take a piece out; answers how many rows went.
        archive: how it is archived; None for working rows that are no records.
    """

    name: str
    says: str
    days: int
    least_days: int
    pieces: Callable[[Connection, Tenant, Cutoff, int], list[Piece]]
    remove: Callable[[Connection, Tenant, Piece, Cutoff], int]
    archive: Archivable | None = None


def days_kept(connection: Connection, prunable: Prunable) -> int:
    """How many days the tenant keeps these rows.

    Raises:
        Conflict: RETENTION_SETTING, the tenant has set what nobody may.
    """
    return _days(connection, prunable.name, prunable.days, prunable.least_days)


def class_days_kept(connection: Connection, name: str) -> int:
    """The same of a class of rows that is no prunable, since its rows are put away and never removed."""
    return _days(connection, name, CLASSES[name].days, CLASSES[name].least_days)


def _days(connection: Connection, name: str, default: int, least: int) -> int:
    found = connection.execute(
        text(
            "SELECT settings -> 'retention_days' FROM tenants"
            " WHERE tenant_id = NULLIF(current_setting('app.tenant', true), '')"
        )
    ).scalar_one_or_none()
    chosen = {} if found is None else found
    if not isinstance(chosen, dict):
        raise _refused("The tenant's setting `retention_days` is not a list of names with days.")
    for_ever = sorted(set(chosen) & set(FOR_EVER))
    if for_ever:
        raise _refused(f"{', '.join(for_ever)} stay for ever, and the tenant has set otherwise.")
    unknown = sorted(set(chosen) - set(CLASSES))
    if unknown:
        raise _refused(f"The tenant has set days for {', '.join(unknown)}, which is no class of rows.")
    days = chosen.get(name, default)
    if not isinstance(days, int) or isinstance(days, bool) or days < least:
        raise _refused(f"{name} stay at least {least} days, and the tenant has set {days!r}.")
    return days


def cutoff_of(tenant: Tenant, days: int, now: datetime) -> Cutoff:
    """The local date before which things go."""
    day = now.astimezone(tenant.zone).date() - timedelta(days=days)
    return cutoff_on(tenant, day)


def cutoff_on(tenant: Tenant, day: date) -> Cutoff:
    """The cutoff of that local date."""
    return Cutoff(day, datetime.combine(day, time(), tenant.zone).astimezone(UTC))


def _refused(what: str) -> Conflict:
    return Conflict(
        f"{what} Nothing was planned or removed.", hint="Correct the tenant's settings.", code="RETENTION_SETTING"
    )
