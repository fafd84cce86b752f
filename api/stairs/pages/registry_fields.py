"""The fields that people fill in of each kind of entry: in which order, under which words, and what may be chosen."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from domain.stairs.rules.document import (
    BuildingFields,
    DoorFields,
    DoorwayFields,
    EquipmentEntry,
    FloorFields,
    StairFields,
    ZoneEntry,
)

Choices = list[tuple[str, str]]
# Label, hint and type of the field.
WORDS: dict[str, tuple[str, str, str]] = {
    "name": ("Name", "", "text"),
    "address": ("Address", "", "text"),
    "timezone": ("Time zone", "Test dates are its local dates, such as Australia/Sydney.", "text"),
    "jurisdiction": ("Jurisdiction", "Such as NSW; notice periods go by it.", "text"),
    "classification": ("Building class", "", "text"),
    "stair_name": ("Name", "Such as Stair-A.", "text"),
    "orientation": ("Side of the building", "", "text"),
    "stair_type": ("Kind", "", "text"),
    "floor_range_bottom": ("From floor", "", "text"),
    "floor_range_top": ("To floor", "", "text"),
    "design_standard": ("Design standard", "Such as AS/NZS 1668.1:2015.", "text"),
    "design_setpoint_pa": ("Set point, Pa", "From the design record; it sets no limit.", "decimal"),
    "floor_level": ("Level", "As it is called: Ground, Level-8, Basement-1.", "text"),
    "floor_number": ("Number", "0 is Ground, below it negative; each once in a stair.", "text"),
    "height_m": ("Height, m", "", "decimal"),
    "door_identifier": ("Name", "As on its label.", "text"),
    "door_type": ("Kind", "", "text"),
    "fire_rating_minutes": ("Fire rating, minutes", "", "numeric"),
    "door_closer_model": ("Closer", "", "text"),
    "door_hand": ("Hand", "", "text"),
    "width_m": ("Width, m", "", "decimal"),
    "handle_offset_m": ("Handle to edge, m", "Turns a force at the edge into one at the handle.", "decimal"),
    "doorway_identifier": ("Name", "", "text"),
    "adjacent_space": ("Leads to", "", "text"),
    "zone_name": ("Zone", "", "text"),
    "equipment_type": ("Kind", "", "text"),
    "equipment_identifier": ("Name", "As on its label; kept in upper case.", "text"),
    "manufacturer": ("Maker", "", "text"),
    "model": ("Model", "", "text"),
    "serial_number": ("Serial number", "", "text"),
    "installation_date": ("Installed on", "", "date"),
    "specifications": ("Specifications", "One a line: its name, a colon, its value.", "lines"),
    "floors_covered": ("Floors that it covers", "", "boxes"),
}


@dataclass(frozen=True)
class Field:
    """One field of a form. Without `choices` something is typed; `may_lack` says that one may choose nothing."""

    name: str
    label: str
    hint: str
    kind: str
    choices: Choices | None
    may_lack: bool


SHAPES: dict[str, type[BaseModel]] = {
    "building": BuildingFields,
    "stair": StairFields,
    "floor": FloorFields,
    "door": DoorFields,
    "doorway": DoorwayFields,
    "zone": ZoneEntry,
    "equipment": EquipmentEntry,
}


def fields_of(kind: str, named: Mapping[str, Choices]) -> list[Field]:
    """The fields of a kind of entry, in the order of its shape; `named` holds what may be chosen in this stair."""
    found = []
    for name, one in SHAPES[kind].model_fields.items():
        label, hint, typed = WORDS[name]
        choices = named.get(name) or _choices(one.annotation)
        found.append(Field(name, label, hint, typed, choices, may_lack=not one.is_required()))
    return found


def _choices(annotation: Any) -> Choices | None:
    if get_origin(annotation) in {Union, UnionType}:
        return next((found for one in get_args(annotation) if (found := _choices(one))), None)
    if get_origin(annotation) is Literal:
        return [(one, one.replace("_", " ") if one.islower() else one) for one in get_args(annotation)]
    return None


def lines_of(specifications: Mapping[str, Any]) -> str:
    """Specifications as people type them, one a line."""
    return "\n".join(f"{name}: {_text(value)}" for name, value in specifications.items())


def _text(value: Any) -> str:
    if isinstance(value, str) and value == _value(value):
        return value
    return json.dumps(value, ensure_ascii=False)


def specifications_of(typed: str) -> dict[str, Any]:
    """What was typed, one a line; a number is a number, and anything else is text."""
    pairs = (line.partition(":") for line in typed.splitlines() if line.strip())
    return {name.strip(): _value(value.strip()) for name, _, value in pairs}


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
