"""A stair as a network: the shaft, the storeys beside it, and the outside; a fan blows in, leaks let out."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from domain.stairs.rules.physics.air import difference, flow, in_series, stack_gradient

FREE = math.inf


@dataclass(frozen=True)
class Level:
    """One storey at the stair.

    Attributes:
        name: as the registry calls it.
        height_m: above the lowest point of the shaft's column, for the stack effect.
        door_m2: the opening between stair and storey: the door's cracks, or the whole leaf when it stands open.
        facade_m2: the opening between storey and outside; infinite where the storey is freely vented.
    """

    name: str
    height_m: float
    door_m2: float
    facade_m2: float = FREE

    @property
    def path_m2(self) -> float:
        """Door and facade one behind the other."""
        return self.door_m2 if math.isinf(self.facade_m2) else in_series(self.door_m2, self.facade_m2)


@dataclass(frozen=True)
class Pressure:
    """What the network gives for one storey: across the door, to the outside, and what flows through."""

    name: str
    across_door_pa: float
    to_outside_pa: float
    flow_m3_s: float
    velocity_ms: float


def solve(
    levels: Sequence[Level],
    fan_m3_s: float,
    *,
    relief_m3_s: float = 0.0,
    stair_c: float = 20.0,
    outside_c: float = 20.0,
) -> tuple[Pressure, ...]:
    """The pressures at which what leaks out is what the fan blows in less the relief; one for each level, in order.

    The pressure at height 0 is found by bisection; at height z it is p0 + g (rho_outside - rho_stair) z.

    Raises:
        ValueError: there is no opening, or the relief takes more than the fan gives.
    """
    net = fan_m3_s - relief_m3_s
    if net < 0 or not any(level.path_m2 > 0 for level in levels):
        raise ValueError("a stair needs an opening, and a fan that gives at least what the relief takes")
    gradient = stack_gradient(stair_c, outside_c)
    # At this pressure the widest path alone would pass everything, whatever the column adds or takes.
    high = difference(net, max(level.path_m2 for level in levels))
    high += max(abs(gradient * level.height_m) for level in levels)
    low = -high
    for _ in range(100):
        middle = (low + high) / 2
        leaked = sum(flow(level.path_m2, middle + gradient * level.height_m) for level in levels)
        low, high = (middle, high) if leaked < net else (low, middle)
    return tuple(_at(level, (low + high) / 2 + gradient * level.height_m) for level in levels)


def _at(level: Level, to_outside: float) -> Pressure:
    through = flow(level.path_m2, to_outside)
    # The same flow passes door and facade; the door takes its part of the difference by the square of the areas.
    share = (level.path_m2 / level.door_m2) ** 2 if level.door_m2 else 1.0
    return Pressure(
        level.name, to_outside * share, to_outside, through, through / level.door_m2 if level.door_m2 else 0.0
    )
