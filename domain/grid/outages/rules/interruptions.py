"""Interruptions of customers, one restoration step each, and what joins them into what a customer has felt.

Grain of `Interruption`: customer and stretch without supply. A customer whom a nested outage keeps out while the
larger one is already counted has been out once; `joined` makes one stretch of all that overlap or touch.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, tzinfo

MINUTE = timedelta(minutes=1)
# IEEE 1366: an interruption that lasts longer than five minutes is sustained, any other momentary.
SUSTAINED_OVER = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Interruption:
    """Customers without supply from `out_at` until `restored_at`, None while nobody knows of an end.

    Attributes:
        event_id: the outage that it belongs to.
        customer_id: meter, or the incident where a list names no customers.
        customers: how many customers it stands for.
        kw: what they would have drawn, mean over the interruption.
    """

    event_id: str
    customer_id: str
    out_at: datetime
    restored_at: datetime | None
    customers: int = 1
    critical: bool = False
    kw: float = 0.0

    def ended(self, as_of: datetime) -> datetime:
        """The end as known at `as_of`: what lies later, or is open, has lasted until then."""
        end = as_of if self.restored_at is None else min(self.restored_at, as_of)
        return max(end, self.out_at)

    def minutes(self, as_of: datetime) -> float:
        """Minutes without supply until `as_of`."""
        return (self.ended(as_of) - self.out_at) / MINUTE

    def is_open(self, as_of: datetime) -> bool:
        """Whether nobody had seen the customers restored at `as_of`: right-censored."""
        return self.restored_at is None or self.restored_at > as_of

    def is_sustained(self, as_of: datetime) -> bool:
        """Longer than five minutes, which an open one is as soon as it has lasted so long."""
        return self.ended(as_of) - self.out_at > SUSTAINED_OVER

    def is_momentary(self, as_of: datetime) -> bool:
        """Restored within five minutes."""
        return not self.is_open(as_of) and not self.is_sustained(as_of)


def in_order(interruptions: Iterable[Interruption]) -> list[Interruption]:
    """By customer, begin and end, so that no sum depends on how they came in."""
    latest = datetime.max.replace(tzinfo=UTC)
    return sorted(
        interruptions, key=lambda i: (i.customer_id, i.out_at, i.restored_at or latest, i.event_id, i.customers)
    )


def joined(interruptions: Iterable[Interruption]) -> tuple[Interruption, ...]:
    """One stretch for what overlaps or touches at one customer; it belongs to the event that began it."""
    out: list[Interruption] = []
    for one in in_order(interruptions):
        last = out[-1] if out else None
        if last is None or last.customer_id != one.customer_id or not _meets(last, one):
            out.append(one)
            continue
        until = None if last.restored_at is None or one.restored_at is None else max(last.restored_at, one.restored_at)
        out[-1] = replace(
            last,
            restored_at=until,
            customers=max(last.customers, one.customers),
            critical=last.critical or one.critical,
            kw=max(last.kw, one.kw),
        )
    return tuple(out)


def _meets(earlier: Interruption, later: Interruption) -> bool:
    return earlier.restored_at is None or later.out_at <= earlier.restored_at


def by_customer(stretches: Sequence[Interruption]) -> list[tuple[str, list[Interruption]]]:
    """The stretches of each customer, customers by id."""
    found: dict[str, list[Interruption]] = defaultdict(list)
    for stretch in stretches:
        found[stretch.customer_id].append(stretch)
    return sorted(found.items())


def day_begun(interruption: Interruption, zone: tzinfo) -> date:
    """The local day to which all its minutes accrue, also those after midnight (IEEE 1366)."""
    return interruption.out_at.astimezone(zone).date()
