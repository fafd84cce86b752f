"""In which order to go to the meters of a list: from the most suspicious always to the nearest that is left."""

import math
from collections.abc import Sequence
from functools import partial
from itertools import pairwise

from domain.grid.metering.rules.series import SuspiciousMeter

KM_PER_DEGREE = 111.195


def stops(meters: Sequence[SuspiciousMeter]) -> dict[str, int]:
    """By meter its place on the round, from 1; meters whose place is not known have none. Equally near: by rank."""
    left = sorted((meter for meter in meters if _is_placed(meter)), key=lambda one: one.rank)
    found: dict[str, int] = {}
    here = left[0] if left else None
    while here is not None:
        found[here.meter_id] = len(found) + 1
        left.remove(here)
        here = min(left, key=partial(_km, here), default=None)
    return found


def straight_km(meters: Sequence[SuspiciousMeter], order: dict[str, int]) -> float:
    """The round as the crow flies, from the first meter to the last; roads are longer."""
    placed = sorted((one for one in meters if one.meter_id in order), key=lambda one: order[one.meter_id])
    return math.fsum(_km(one, following) for one, following in pairwise(placed))


def _is_placed(meter: SuspiciousMeter) -> bool:
    return meter.latitude is not None and meter.longitude is not None


def _km(one: SuspiciousMeter, other: SuspiciousMeter) -> float:
    """Of places within one utility the earth is flat enough."""
    north = (other.latitude or 0.0) - (one.latitude or 0.0)
    east = (other.longitude or 0.0) - (one.longitude or 0.0)
    return KM_PER_DEGREE * math.hypot(north, east * math.cos(math.radians(one.latitude or 0.0)))
