"""What was measured in one stair in one session, as physics looks at it, and what physics says of it."""

from dataclasses import dataclass, field
from typing import Any

from domain.stairs.rules.physics.door import Leaf

ENGINE_VERSION = "firemode-physics/1"


@dataclass(frozen=True)
class FloorReading:
    """The pressures of one storey, Pa; None where it was not measured."""

    floor_level: str
    floor_number: int
    height_m: float
    closed_pa: float | None
    open_pa: float | None


@dataclass(frozen=True)
class DoorReading:
    """The forces of one door, N at the handle, and the pressure across it when all doors were closed."""

    door_identifier: str
    floor_level: str
    leaf: Leaf
    on_n: float | None
    off_n: float | None
    pressure_pa: float | None


@dataclass(frozen=True)
class DoorwayReading:
    """The mean velocity through one doorway, m/s."""

    doorway_identifier: str
    area_m2: float
    mean_ms: float


@dataclass(frozen=True)
class StairReadings:
    """One stair.

    Attributes:
        doors_open: how many doors stand open at once when velocities are measured.
        fan_m3_s: what the stair's fans can give together; None where the register does not say.
        force_limit_n: of the rule in force, for the pressure at which a door reaches it.
        accuracy_pa: of the manometer.
    """

    stair_name: str
    floors: tuple[FloorReading, ...]
    doors: tuple[DoorReading, ...] = ()
    doorways: tuple[DoorwayReading, ...] = ()
    doors_open: int = 3
    fan_m3_s: float | None = None
    stair_c: float | None = None
    outside_c: float | None = None
    force_limit_n: float | None = None
    accuracy_pa: float = 1.0


@dataclass(frozen=True)
class Observation:
    """Something that a person should look at. It sets no verdict."""

    code: str
    text: str
    data: dict[str, Any] = field(default_factory=dict)
