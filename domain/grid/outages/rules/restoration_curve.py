"""Customers out against time, as steps, from the interruptions of single customers."""

import math
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from domain.grid.outages.rules.interruptions import Interruption, joined
from domain.grid.outages.rules.summary import CurvePoint

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Grids to which instants are put when a curve would have too many steps, seconds; 0 leaves them as they are.
_GRIDS = (0, 1, 60, 300, 900, 3600, 21_600, 86_400, 604_800)


def iso(at: datetime) -> str:
    """An instant as ISO 8601 in UTC."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def steps(interruptions: Iterable[Interruption], as_of: datetime) -> list[tuple[datetime, int]]:
    """Customers out from each instant on, as known at `as_of`; one row for each change."""
    changes: dict[datetime, int] = {}
    for one in joined(i for i in interruptions if i.out_at <= as_of):
        changes[one.out_at] = changes.get(one.out_at, 0) + one.customers
        if not one.is_open(as_of):
            end = one.ended(as_of)
            changes[end] = changes.get(end, 0) - one.customers
    return _running(changes)


def curve(interruptions: Iterable[Interruption], as_of: datetime, most: int) -> list[CurvePoint]:
    """The same with at most `most` points: where there are more, changes are put to the end of a coarser grid."""
    exact = steps(interruptions, as_of)
    for grid in _GRIDS:
        changes: dict[datetime, int] = {}
        before = 0
        for at, out in exact:
            put = _up(at, grid)
            changes[put] = changes.get(put, 0) + out - before
            before = out
        points = _running(changes)
        if len(points) <= most:
            return [CurvePoint(at=iso(at), customers_out=out) for at, out in points]
    return [CurvePoint(at=iso(at), customers_out=out) for at, out in points[:most]]


def peak(interruptions: Iterable[Interruption], as_of: datetime) -> int:
    """The most customers out at one instant."""
    return max((out for _, out in steps(interruptions, as_of)), default=0)


def _running(changes: dict[datetime, int]) -> list[tuple[datetime, int]]:
    out, left = [], 0
    for at in sorted(changes):
        if changes[at]:
            left += changes[at]
            out.append((at, left))
    return out


def _up(at: datetime, grid: int) -> datetime:
    if not grid:
        return at
    return _EPOCH + timedelta(seconds=grid * math.ceil((at - _EPOCH) / timedelta(seconds=grid)))
