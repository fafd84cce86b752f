"""Incidents of a list: which rows tell of the same one, how long each lasted, and how good its estimates were.

Grain: one incident of an outage list or map, which counts customers and does not name them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from domain.grid.outages.rules.causes import NOT_AN_OUTAGE, cause_category
from domain.grid.outages.rules.interruptions import MINUTE, Interruption


@dataclass(frozen=True, slots=True)
class Incident:
    """One incident as its list tells it.

    Attributes:
        ended_at: restoration, or when it was last listed; None where the list does not say.
        is_open: it was still there when the list ended: right-censored, whatever `ended_at` says.
        end_is_last_seen: the true restoration is later than `ended_at`.
        etr_first, etr_last: the estimates of restoration.
    """

    key: str
    started_at: datetime
    ended_at: datetime | None = None
    is_open: bool = False
    end_is_last_seen: bool = False
    customers: int = 0
    cause: str = ""
    group: str = ""
    etr_first: datetime | None = None
    etr_last: datetime | None = None

    @property
    def category(self) -> str:
        """The cause's category."""
        return cause_category(self.cause)

    @property
    def has_clock_fault(self) -> bool:
        """It ended before it began: one of the two stamps is wrong, and nobody can say which."""
        return self.ended_at is not None and self.ended_at < self.started_at

    @property
    def is_timed(self) -> bool:
        """Whether its minutes are known, to the end or until now."""
        return not self.has_clock_fault and (self.is_open or self.ended_at is not None)

    @property
    def restored_at(self) -> datetime | None:
        """When supply was back; None while it is open or unknown."""
        return None if self.is_open or self.has_clock_fault else self.ended_at

    def interruption(self) -> Interruption:
        """The same as an interruption of all its customers."""
        return Interruption(self.key, self.key, self.started_at, self.restored_at, self.customers)


def distinct(incidents: Iterable[Incident]) -> tuple[tuple[Incident, ...], int]:
    """Each key once, and how many keys stood with differing content.

    Of rows with one key the latest told counts: the latest end, then the most customers, then the longest text, so
    that neither the order of rows nor a file given twice changes anything.
    """
    kept: dict[str, Incident] = {}
    differing: set[str] = set()
    for one in incidents:
        other = kept.get(one.key)
        if other is not None and other != one:
            differing.add(one.key)
        if other is None or _told(one) > _told(other):
            kept[one.key] = one
    in_order = sorted(kept.values(), key=lambda i: (i.started_at, i.key))
    return tuple(in_order), len(differing)


def _told(one: Incident) -> tuple[bool, bool, datetime, int, int, str, tuple[str, ...]]:
    ended = one.ended_at or datetime.min.replace(tzinfo=UTC)
    rest = (one.group, *(str(at) for at in (one.started_at, one.etr_first, one.etr_last, one.end_is_last_seen)))
    # A row that has seen the end is later than one that has not.
    return (not one.is_open, one.ended_at is not None, ended, one.customers, len(one.cause), one.cause, rest)


def outages_only(incidents: Sequence[Incident]) -> tuple[Incident, ...]:
    """Without the entries that say of themselves that they are no outage."""
    return tuple(i for i in incidents if i.category != NOT_AN_OUTAGE)


def restoration_quantile(incidents: Sequence[Incident], share: float, as_of: datetime) -> float | None:
    """Minutes after which `share` of the incidents were restored (Kaplan-Meier: open ones count as long as seen).

    None where fewer were restored for certain.
    """
    timed = sorted(
        (((i.restored_at or max(as_of, i.started_at)) - i.started_at) / MINUTE, i.restored_at is None)
        for i in incidents
        if i.is_timed
    )
    still_out, at_risk = 1.0, len(timed)
    for minutes, is_censored in timed:
        if not is_censored:
            still_out *= 1.0 - 1.0 / at_risk
        at_risk -= 1
        if round(still_out, 12) <= round(1.0 - share, 12):
            return minutes
    return None


def customers_out_curve(incidents: Sequence[Incident]) -> list[tuple[datetime, int]]:
    """Customers out from each instant on; what is open stays out, and what has no known end is left out."""
    steps: dict[datetime, int] = {}
    for one in incidents:
        if not one.is_timed or not one.customers:
            continue
        steps[one.started_at] = steps.get(one.started_at, 0) + one.customers
        if one.restored_at is not None:
            steps[one.restored_at] = steps.get(one.restored_at, 0) - one.customers
    out, left = [], 0
    for at in sorted(steps):
        if steps[at]:
            left += steps[at]
            out.append((at, left))
    return out
