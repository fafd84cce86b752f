"""The registry of one building: its stairs, landings, doors, doorways, zones, equipment, scenarios and interfaces.

What belongs here: the things as they stand, and how one is found from another. What is retired is not in it. Lengths
are in metres, pressures in pascals, times in seconds.
"""

import uuid
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any


@dataclass(frozen=True)
class Building:
    """One building. `timezone` is an IANA name, `jurisdiction` a state such as NSW."""

    building_id: uuid.UUID
    name: str
    timezone: str
    address: str | None = None
    jurisdiction: str | None = None
    classification: str | None = None


@dataclass(frozen=True)
class Stair:
    """One stair. `design_setpoint_pa` comes from its design record; it sets no limit."""

    stair_id: uuid.UUID
    stair_name: str
    orientation: str | None = None
    stair_type: str | None = None
    floor_range_bottom: str | None = None
    floor_range_top: str | None = None
    design_standard: str | None = None
    design_setpoint_pa: Decimal | None = None


@dataclass(frozen=True)
class Floor:
    """One storey of one stair, that is a landing. `floor_number` 0 is Ground, below it negative."""

    floor_id: uuid.UUID
    stair_id: uuid.UUID
    floor_level: str
    floor_number: int
    height_m: Decimal | None = None


@dataclass(frozen=True)
class Door:
    """One door leaf of a landing. `handle_offset_m`: from the handle to the edge that opens."""

    door_id: uuid.UUID
    stair_id: uuid.UUID
    floor_id: uuid.UUID
    door_identifier: str
    door_type: str | None = None
    fire_rating_minutes: int | None = None
    door_closer_model: str | None = None
    door_hand: str | None = None
    width_m: Decimal | None = None
    height_m: Decimal | None = None
    handle_offset_m: Decimal | None = None


@dataclass(frozen=True)
class Doorway:
    """One opening in which the velocity of the air is measured."""

    doorway_id: uuid.UUID
    stair_id: uuid.UUID
    floor_id: uuid.UUID
    doorway_identifier: str
    width_m: Decimal | None = None
    height_m: Decimal | None = None
    orientation: str | None = None
    adjacent_space: str | None = None


@dataclass(frozen=True)
class Zone:
    """Floors of one stair that are controlled together. The two lists name the same floors."""

    zone_id: uuid.UUID
    stair_id: uuid.UUID
    zone_name: str
    floors_covered: tuple[str, ...]
    floor_ids_covered: tuple[uuid.UUID, ...]


@dataclass(frozen=True)
class Equipment:
    """A fan, damper, sensor, panel, detector or actuator. `equipment_identifier` is upper case."""

    equipment_id: uuid.UUID
    stair_id: uuid.UUID
    equipment_type: str
    equipment_identifier: str
    zone_id: uuid.UUID | None = None
    manufacturer: str | None = None
    model: str | None = None
    serial_number: str | None = None
    installation_date: date | None = None
    specifications: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Step:
    """One expected action of a cause-and-effect sequence; the delay counts from the trigger."""

    step_order: int
    component_id: str
    component_type: str
    expected_action: str
    expected_delay_seconds: Decimal
    tolerance_seconds: Decimal


@dataclass(frozen=True)
class Scenario:
    """One version of what must follow when a device of a zone triggers."""

    scenario_id: uuid.UUID
    stair_id: uuid.UUID
    zone_id: uuid.UUID
    scenario_name: str
    scenario_type: str
    trigger_device_id: str
    expected_sequence: tuple[Step, ...]
    trigger_device_type: str | None = None
    version: int = 1
    active: bool = True


@dataclass(frozen=True)
class InterfaceDefinition:
    """One interface test of a stair. `response_time_s` is the longest that is allowed."""

    definition_id: uuid.UUID
    stair_id: uuid.UUID
    interface_type: str
    location_id: str
    location_name: str | None = None
    test_action: str | None = None
    expected_result: str | None = None
    response_time_s: int | None = None
    active: bool = True


@dataclass(frozen=True)
class Registry:
    """Everything that stands in one building."""

    building: Building
    stairs: tuple[Stair, ...] = ()
    floors: tuple[Floor, ...] = ()
    doors: tuple[Door, ...] = ()
    doorways: tuple[Doorway, ...] = ()
    zones: tuple[Zone, ...] = ()
    equipment: tuple[Equipment, ...] = ()
    scenarios: tuple[Scenario, ...] = ()
    definitions: tuple[InterfaceDefinition, ...] = ()

    def in_order(self) -> tuple[Stair, ...]:
        """The stairs by name."""
        return tuple(sorted(self.stairs, key=lambda stair: (stair.stair_name, str(stair.stair_id))))

    def floors_of(self, stair_id: uuid.UUID) -> tuple[Floor, ...]:
        """The landings of a stair, lowest first."""
        found = [floor for floor in self.floors if floor.stair_id == stair_id]
        return tuple(sorted(found, key=lambda floor: (floor.floor_number, floor.floor_level)))

    def floor_by_id(self) -> dict[uuid.UUID, Floor]:
        """Every landing under its id."""
        return {floor.floor_id: floor for floor in self.floors}
