"""How customers came back: from what meters report to an instant a customer, and to the steps of the restoration.

A restoration message gets lost as often as a last gasp. A silent meter is taken to have returned with those beside it,
at their median, where most of them are back; a device all of whose meters are silent stays out until something tells
otherwise, because that is what a nested outage looks like.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

STEP_GAP = timedelta(minutes=3)
# A meter that is silent this long after its neighbours are back is no longer waited for.
PATIENCE = timedelta(minutes=10)
MOST_BACK = 0.5
REPORTED, DERIVED = "restoration", "derived"


@dataclass(frozen=True, slots=True)
class Out:
    """A customer that is out. `beside`: the device whose customers return together."""

    meter_id: str
    out_at: datetime
    beside: str | None


@dataclass(frozen=True, slots=True)
class Back:
    """A customer that is back. source: `restoration` where something reported it, `derived` where it follows."""

    meter_id: str
    restored_at: datetime
    source: str


def restored(
    out: Sequence[Out],
    reported: Mapping[str, datetime],
    as_of: datetime,
    *,
    standing: Sequence[tuple[str | None, datetime]] = (),
    dark: frozenset[str] = frozenset(),
) -> list[Back]:
    """Who of those that are out is back by `as_of`, by meter id.

    Args:
        out: those that are out.
        reported: the first sign of supply of a meter after it went out.
        as_of: nothing later counts.
        standing: device and instant of those that are known to be back already.
        dark: meters that something says are still out.
    """
    groups: dict[str | None, list[datetime]] = {}
    for device, at in standing:
        groups.setdefault(device, []).append(at)
    waiting: dict[str | None, list[Out]] = {}
    found = []
    for one in sorted(out, key=lambda one: one.meter_id):
        seen = reported.get(one.meter_id)
        if seen is not None and one.out_at <= seen <= as_of:
            groups.setdefault(one.beside, []).append(seen)
            found.append(Back(one.meter_id, seen, REPORTED))
        else:
            waiting.setdefault(one.beside, []).append(one)
    for device, silent in waiting.items():
        back = groups.get(device, [])
        if len(back) < MOST_BACK * (len(back) + len(silent)) or not back:
            continue
        at = _median(back)
        if at + PATIENCE > as_of:
            continue
        found += [Back(one.meter_id, max(at, one.out_at), DERIVED) for one in silent if one.meter_id not in dark]
    return sorted(found, key=lambda one: one.meter_id)


def _median(instants: Sequence[datetime]) -> datetime:
    first = min(instants)
    return first + timedelta(seconds=round(median((at - first).total_seconds() for at in instants)))


def steps(instants: Sequence[datetime]) -> dict[datetime, int]:
    """The step, from 1, of each instant of restoration: a pause of more than three minutes begins the next one."""
    found: dict[datetime, int] = {}
    number, last = 0, None
    for at in sorted(set(instants)):
        if last is None or at - last > STEP_GAP:
            number += 1
        found[at], last = number, at
    return found
