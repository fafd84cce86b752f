"""Incidents of a list: which rows tell of the same one, how long each lasted, and how good its estimates were.

Grain: one incident of an outage list or map, which counts customers and does not name them.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
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
        is_open_told: whether the list says of itself what is open.
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
    is_open_told: bool = True

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

    Rows of one key are readings of one incident: the latest told counts, with the most customers that any row had, the
    first estimate of the earliest row and the last one of the latest. Neither the order of rows nor a file given twice
    changes anything.
    """
    rows: dict[str, set[Incident]] = defaultdict(set)
    for one in incidents:
        rows[one.key].add(one)
    merged = [_merged(sorted(own, key=_told)) for own in rows.values()]
    differing = sum(len(own) > 1 for own in rows.values())
    return _still_listed(sorted(merged, key=lambda one: (one.started_at, one.key))), differing


def _merged(readings: list[Incident]) -> Incident:
    """One incident of its readings, the latest told last."""
    latest = readings[-1]
    if len(readings) == 1:
        return latest
    causes = [one.cause for one in readings if one.cause]
    return replace(
        latest,
        started_at=min(one.started_at for one in readings),
        customers=max(one.customers for one in readings),
        cause=latest.cause or (causes[-1] if causes else ""),
        etr_first=next((one.etr_first for one in readings if one.etr_first), None),
        etr_last=next((one.etr_last for one in reversed(readings) if one.etr_last), None),
    )


def _still_listed(incidents: Sequence[Incident]) -> tuple[Incident, ...]:
    """A list that does not say what is open: what its newest reading still names is open."""
    newest: dict[str, datetime] = {}
    for one in incidents:
        if one.end_is_last_seen and one.ended_at is not None:
            newest[one.group] = max(newest.get(one.group, one.ended_at), one.ended_at)
    return tuple(
        replace(one, is_open=one.end_is_last_seen and one.ended_at == newest.get(one.group), is_open_told=True)
        if not one.is_open_told
        else one
        for one in incidents
    )


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
