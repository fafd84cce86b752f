"""Reliability indices of IEEE 1366 from interruptions.

Minutes and customers of sustained interruptions only make SAIDI, SAIFI and CAIDI; momentary ones make MAIFI-E. What is
still open counts with the minutes that have passed and makes every index a lower bound; it is never taken as restored.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo

from domain.grid.outages.rules.interruptions import (
    SUSTAINED_OVER,
    Interruption,
    by_customer,
    day_begun,
    joined,
)


@dataclass(frozen=True, slots=True)
class Indices:
    """The indices of a set of interruptions; those that need N_T are None where it is not known.

    Attributes:
        cmi: customer-minutes of sustained interruptions; `cmi_restored` without those that are still open.
        customers_interrupted: customers with a sustained interruption, once for each event.
        still_out: customers of open interruptions.
        caidi_min: minutes a sustained interruption lasts on average; None without any.
    """

    cmi: float
    cmi_restored: float
    customers_interrupted: int
    customers_restored: int
    still_out: int
    momentary_customers: int
    caidi_min: float | None
    saidi_min: float | None
    saifi: float | None
    asai: float | None
    maifi_e: float | None
    is_lower_bound: bool


def reliability_indices(
    interruptions: Iterable[Interruption],
    *,
    as_of: datetime,
    customers_served: int | None = None,
    period_minutes: float | None = None,
) -> Indices:
    """CMI, CI, SAIDI, SAIFI, CAIDI, ASAI and MAIFI-E as known at `as_of`.

    CAIDI = CMI / CI = SAIDI / SAIFI. ASAI = 1 - CMI / (N_T x minutes of the period).
    """
    known = joined(i for i in interruptions if i.out_at <= as_of)
    sustained = [i for i in known if i.is_sustained(as_of)]
    restored = [i for i in sustained if not i.is_open(as_of)]
    cmi = customer_minutes(sustained, as_of)
    interrupted = _customers_by_event(sustained)
    momentary = momentary_events(known, as_of)
    served = customers_served or None
    exposure = served * period_minutes if served and period_minutes else None
    return Indices(
        cmi=cmi,
        cmi_restored=customer_minutes(restored, as_of),
        customers_interrupted=interrupted,
        customers_restored=_customers_by_event(restored),
        still_out=sum(i.customers for i in known if i.is_open(as_of)),
        momentary_customers=momentary,
        caidi_min=cmi / interrupted if interrupted else None,
        saidi_min=cmi / served if served else None,
        saifi=interrupted / served if served else None,
        asai=1.0 - cmi / exposure if exposure else None,
        maifi_e=momentary / served if served else None,
        is_lower_bound=any(i.is_open(as_of) for i in known),
    )


def customer_minutes(stretches: Iterable[Interruption], as_of: datetime) -> float:
    """Sum of customers times minutes, rounded once."""
    return math.fsum(i.customers * i.minutes(as_of) for i in stretches)


def critical_customer_minutes(interruptions: Iterable[Interruption], as_of: datetime) -> float:
    """Customer-minutes of critical customers, momentary interruptions with them."""
    return customer_minutes((i for i in joined(interruptions) if i.critical and i.out_at <= as_of), as_of)


def kwh_not_served(interruptions: Iterable[Interruption], as_of: datetime) -> float:
    """Energy that would have been drawn, kWh."""
    return math.fsum(i.kw * i.minutes(as_of) / 60.0 for i in joined(interruptions) if i.out_at <= as_of)


def momentary_events(stretches: Sequence[Interruption], as_of: datetime) -> int:
    """Customers of momentary events: what follows within five minutes of the first belongs to the same event.

    An event that ends in a sustained interruption is that one, and no momentary event (IEEE 1366).
    """
    events = 0
    for _, own in by_customer(stretches):
        at = 0
        while at < len(own):
            group = [i for i in own[at:] if i.out_at - own[at].out_at <= SUSTAINED_OVER]
            if all(i.is_momentary(as_of) for i in group):
                events += max(i.customers for i in group)
            at += len(group)
    return events


def cemi(interruptions: Iterable[Interruption], *, as_of: datetime, customers_served: int, n: int) -> float:
    """CEMI_n: share of all customers served with `n` or more sustained interruptions."""
    hit = [own for _, own in by_customer(_sustained(interruptions, as_of)) if len(own) >= n]
    return sum(max(i.customers for i in own) for own in hit) / customers_served


def celid(interruptions: Iterable[Interruption], *, as_of: datetime, customers_served: int, minutes: float) -> float:
    """CELID_t: share of all customers served who were out for `minutes` or more in all."""
    hit = [
        own
        for _, own in by_customer(_sustained(interruptions, as_of))
        if math.fsum(i.minutes(as_of) for i in own) >= minutes
    ]
    return sum(max(i.customers for i in own) for own in hit) / customers_served


def saidi_by_day(
    interruptions: Iterable[Interruption], *, as_of: datetime, customers_served: int, zone: tzinfo
) -> dict[date, float]:
    """SAIDI minutes of each local day on which a sustained interruption began, days in order."""
    minutes: dict[date, list[float]] = {}
    for one in _sustained(interruptions, as_of):
        minutes.setdefault(day_begun(one, zone), []).append(one.customers * one.minutes(as_of))
    return {day: math.fsum(parts) / customers_served for day, parts in sorted(minutes.items())}


def _sustained(interruptions: Iterable[Interruption], as_of: datetime) -> list[Interruption]:
    return [i for i in joined(i for i in interruptions if i.out_at <= as_of) if i.is_sustained(as_of)]


def _customers_by_event(stretches: Iterable[Interruption]) -> int:
    """Distinct customers of each event: restored and lost again in one event counts once."""
    largest: dict[tuple[str, str], int] = {}
    for one in stretches:
        key = (one.event_id, one.customer_id)
        largest[key] = max(largest.get(key, 0), one.customers)
    return sum(largest.values())
