"""A building as people hand it in: one JSON document, nested as the building is, with names instead of ids.

The same shapes serve single entries. What is wrong in itself is refused here; what is wrong between entries (a zone
over a floor that is not there, one number for two floors) is told by `document_problems`, all of it at once.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from domain.stairs.rules.vocabulary import (
    DoorHand,
    DoorType,
    EquipmentType,
    InterfaceType,
    Orientation,
    ScenarioType,
    StairType,
    TriggerDeviceType,
)


def _zone_name(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError) as cause:
        raise ValueError("is no IANA time zone, as Australia/Sydney") from cause
    return value


def _text(longest: int) -> Any:
    return StringConstraints(strip_whitespace=True, min_length=1, max_length=longest, pattern=r"^[^\x00]*$")


Name = Annotated[str, _text(100)]
LongName = Annotated[str, _text(255)]
Word = Annotated[str, _text(50)]
Sentence = Annotated[str, _text(2000)]
Upper = Annotated[str, _text(100), AfterValidator(str.upper)]
TimeZone = Annotated[str, _text(64), AfterValidator(_zone_name)]


DoorWidth = Annotated[Decimal, Field(gt=0, le=Decimal("3.0"), max_digits=4, decimal_places=2)]
DoorHeight = Annotated[Decimal, Field(gt=0, le=Decimal("3.5"), max_digits=4, decimal_places=2)]
DoorwayWidth = Annotated[Decimal, Field(gt=0, le=Decimal("5.0"), max_digits=4, decimal_places=2)]
DoorwayHeight = Annotated[Decimal, Field(gt=0, le=Decimal("4.0"), max_digits=4, decimal_places=2)]


class Entry(BaseModel):
    """What people hand in; a member that is not known is refused, since it would be lost in silence."""

    model_config = ConfigDict(extra="forbid")


class DoorFields(Entry):
    """One door leaf of a landing. Lengths in metres."""

    door_identifier: Name = Field(examples=["D-Level-8-Stair-A"])
    door_type: DoorType | None = None
    fire_rating_minutes: int | None = Field(None, ge=0, le=480)
    door_closer_model: Name | None = None
    door_hand: DoorHand | None = None
    width_m: DoorWidth | None = None
    height_m: DoorHeight | None = None
    handle_offset_m: Annotated[Decimal, Field(gt=0, le=1, max_digits=4, decimal_places=3)] | None = Field(
        None, description="From the handle to the edge that opens; turns a force at the edge into one at the handle."
    )

    @model_validator(mode="after")
    def _handle_is_on_the_leaf(self) -> "DoorFields":
        if self.handle_offset_m is not None and not self.handle_offset_m < (self.width_m or 0):
            raise ValueError("handle_offset_m needs a width_m that is larger")
        return self


class DoorwayFields(Entry):
    """One opening in which air velocity is measured. Lengths in metres."""

    doorway_identifier: Name = Field(examples=["DW-Level-8-Stair-A"])
    width_m: DoorwayWidth | None = None
    height_m: DoorwayHeight | None = None
    orientation: Word | None = None
    adjacent_space: Name | None = None


class FloorFields(Entry):
    """One landing. `floor_number` 0 is Ground; height above ground in metres, negative below it."""

    floor_level: Word = Field(examples=["Level-8"])
    floor_number: int = Field(ge=-5, le=200)
    height_m: Annotated[Decimal, Field(ge=-100, le=999, max_digits=5, decimal_places=2)] | None = None


class FloorEntry(FloorFields):
    """A landing with its doors and doorways."""

    doors: list[DoorFields] = Field(default_factory=list, max_length=50)
    doorways: list[DoorwayFields] = Field(default_factory=list, max_length=50)


class ZoneEntry(Entry):
    """Floors of the stair that are controlled together, by their levels."""

    zone_name: Name = Field(examples=["Zone-3"])
    floors_covered: list[Word] = Field(min_length=1, max_length=206)


class EquipmentEntry(Entry):
    """Something that controls or drives the air of the stair."""

    equipment_type: EquipmentType
    equipment_identifier: Upper = Field(examples=["FAN-01-A"])
    zone_name: Name | None = None
    manufacturer: Name | None = None
    model: Name | None = None
    serial_number: Name | None = None
    installation_date: date | None = None
    specifications: dict[str, Any] = Field(default_factory=dict, max_length=50)


class ScenarioEntry(Entry):
    """What must follow when a device of a zone triggers. It takes effect once it is countersigned."""

    zone_name: Name
    scenario_name: LongName = Field(examples=["Fire Floor 8 - Zone 3 Activation"])
    scenario_type: ScenarioType
    trigger_device_id: Name = Field(examples=["SD-L8-01"])
    trigger_device_type: TriggerDeviceType | None = None
    expected_sequence: list[dict[str, Any]] = Field(
        min_length=1, max_length=200, description="Steps; delays in seconds from the trigger."
    )


class DefinitionEntry(Entry):
    """One interface test. It takes effect once it is countersigned."""

    interface_type: InterfaceType
    location_id: Name = Field(examples=["FIRE-PANEL-01"])
    location_name: LongName | None = None
    test_action: Sentence | None = None
    expected_result: Sentence | None = None
    response_time_s: int | None = Field(None, ge=1, le=300, description="The longest that is allowed, in seconds.")


class StairFields(Entry):
    """What a document says of one stair."""

    stair_name: Name = Field(examples=["Stair-A"])
    orientation: Orientation | None = None
    stair_type: StairType | None = None
    floor_range_bottom: Word | None = None
    floor_range_top: Word | None = None
    design_standard: Name | None = Field(None, examples=["AS/NZS 1668.1:2015"])
    design_setpoint_pa: Annotated[Decimal, Field(gt=0, le=200, max_digits=6, decimal_places=2)] | None = Field(
        None, description="From the design record, in pascals; it sets no limit."
    )


class StairEntry(StairFields):
    """A stair with everything in it."""

    floors: list[FloorEntry] = Field(default_factory=list, max_length=206)
    zones: list[ZoneEntry] = Field(default_factory=list, max_length=100)
    equipment: list[EquipmentEntry] = Field(default_factory=list, max_length=1000)
    scenarios: list[ScenarioEntry] = Field(default_factory=list, max_length=1000)
    interface_definitions: list[DefinitionEntry] = Field(default_factory=list, max_length=200)


class BuildingFields(Entry):
    """What a document says of its building."""

    name: Annotated[str, _text(200)] = Field(examples=["Pilot Building 123"])
    address: Annotated[str, _text(500)] | None = None
    timezone: TimeZone = Field(examples=["Australia/Sydney"])
    jurisdiction: Annotated[str, _text(20)] | None = Field(None, examples=["NSW"])
    classification: Word | None = None


class BuildingDocument(BuildingFields):
    """A building with all its stairs."""

    stairs: list[StairEntry] = Field(default_factory=list, max_length=50)


def document_problems(document: BuildingDocument) -> list[dict[str, str]]:
    """What is wrong between the entries of a document: a place in it and a sentence for each."""
    found = [*_twice("stairs", "stair_name", (stair.stair_name for stair in document.stairs))]
    for number, stair in enumerate(document.stairs):
        found += _stair_problems(f"stairs[{number}]", stair)
    return [{"field": field, "message": message} for field, message in found]


def _stair_problems(place: str, stair: StairEntry) -> Iterator[tuple[str, str]]:
    yield from _twice(f"{place}.floors", "floor_level", (one.floor_level for one in stair.floors))
    yield from _twice(f"{place}.floors", "floor_number", (one.floor_number for one in stair.floors))
    yield from _twice(f"{place}.zones", "zone_name", (one.zone_name for one in stair.zones))
    yield from _twice(
        f"{place}.equipment", "equipment_identifier", (one.equipment_identifier for one in stair.equipment)
    )
    for number, floor in enumerate(stair.floors):
        here = f"{place}.floors[{number}]"
        yield from _twice(f"{here}.doors", "door_identifier", (one.door_identifier for one in floor.doors))
        yield from _twice(f"{here}.doorways", "doorway_identifier", (one.doorway_identifier for one in floor.doorways))
    yield from _unknown_names(place, stair)


def _unknown_names(place: str, stair: StairEntry) -> Iterator[tuple[str, str]]:
    levels, zones = {one.floor_level for one in stair.floors}, {one.zone_name for one in stair.zones}
    for number, zone in enumerate(stair.zones):
        here = f"{place}.zones[{number}].floors_covered"
        yield from _twice(here, "", zone.floors_covered)
        for level in zone.floors_covered:
            if level not in levels:
                yield here, f"names {level}, which is no floor of the stair"
    named = [
        *((f"{place}.equipment[{number}]", one.zone_name) for number, one in enumerate(stair.equipment)),
        *((f"{place}.scenarios[{number}]", one.zone_name) for number, one in enumerate(stair.scenarios)),
    ]
    for here, zone_name in named:
        if zone_name is not None and zone_name not in zones:
            yield f"{here}.zone_name", f"names {zone_name}, which is no zone of the stair"
    interfaces = (f"{one.interface_type} at {one.location_id}" for one in stair.interface_definitions)
    yield from _twice(f"{place}.interface_definitions", "location_id", interfaces)
    scenarios = (f"{one.scenario_name} in {one.zone_name}" for one in stair.scenarios)
    yield from _twice(f"{place}.scenarios", "scenario_name", scenarios)


def _twice(place: str, member: str, values: Iterable[Any]) -> Iterator[tuple[str, str]]:
    field = f"{place}.{member}" if member else place
    for value, often in sorted(Counter(values).items()):
        if often > 1:
            yield field, f"has {value} {often} times"
