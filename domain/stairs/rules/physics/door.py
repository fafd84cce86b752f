"""The force that opens a door against the stair's pressure: W A dp / (2 (W - d)), plus what the closer asks.

W is the leaf's width, A its area, d the distance of the handle from the edge that opens.
"""

from dataclasses import dataclass

HANDLE_OFFSET_M = 0.07


@dataclass(frozen=True)
class Leaf:
    """A door's leaf in metres."""

    width_m: float
    height_m: float
    handle_offset_m: float = HANDLE_OFFSET_M

    @property
    def newtons_per_pascal(self) -> float:
        """How much force at the handle each pascal across the leaf asks."""
        return self.width_m * (self.width_m * self.height_m) / (2 * (self.width_m - self.handle_offset_m))


def pressure_force_n(leaf: Leaf, difference_pa: float) -> float:
    """The part of the opening force that the pressure makes, N at the handle."""
    return leaf.newtons_per_pascal * difference_pa


def ceiling_pa(leaf: Leaf, closer_n: float, limit_n: float) -> float:
    """The pressure at which the door reaches its force limit; often below the limit of the pressure itself."""
    return max(limit_n - closer_n, 0.0) / leaf.newtons_per_pascal
