"""From a building's document to its registry, with an id for every entry."""

import uuid
from collections.abc import Callable, Iterable
from typing import TypeVar

from domain.stairs.rules.document import BuildingDocument, FloorEntry, StairEntry
from domain.stairs.rules.registry import (
    Building,
    Door,
    Doorway,
    Equipment,
    Floor,
    InterfaceDefinition,
    Registry,
    Scenario,
    Stair,
    Zone,
)
from domain.stairs.rules.scenario import sequence_of

T = TypeVar("T")
# Which id an entry has: its kind (stair, floor, door, ...) and the names that lead to it, outermost first.
IdOf = Callable[[str, tuple[str, ...]], uuid.UUID]
NESTED = ("floors", "zones", "equipment", "scenarios", "interface_definitions")


def registry_of(document: BuildingDocument, id_of: IdOf) -> Registry:
    """The registry that a document describes.

    Raises:
        Invalid: BAD_SEQUENCE, a scenario's steps are not complete.
    """
    building = Building(building_id=id_of("building", (document.name,)), **document.model_dump(exclude={"stairs"}))
    parts = [_Part(stair, id_of) for stair in document.stairs]
    return Registry(
        building,
        stairs=tuple(part.stair for part in parts),
        floors=_all(part.floors for part in parts),
        doors=_all(part.doors for part in parts),
        doorways=_all(part.doorways for part in parts),
        zones=_all(part.zones for part in parts),
        equipment=_all(part.equipment for part in parts),
        scenarios=_all(part.scenarios for part in parts),
        definitions=_all(part.definitions for part in parts),
    )


def _all(parts: Iterable[tuple[T, ...]]) -> tuple[T, ...]:
    return tuple(one for part in parts for one in part)


class _Part:
    """One stair of a document with everything in it."""

    def __init__(self, entry: StairEntry, id_of: IdOf) -> None:
        self.name, self.id_of = entry.stair_name, id_of
        self.stair_id = self._id("stair")
        self.stair = Stair(stair_id=self.stair_id, **entry.model_dump(exclude=set(NESTED)))
        self.floors = tuple(self._floor(floor) for floor in entry.floors)
        self.doors = _all(self._doors(floor) for floor in entry.floors)
        self.doorways = _all(self._doorways(floor) for floor in entry.floors)
        self.zones = tuple(self._zone(zone.zone_name, tuple(zone.floors_covered)) for zone in entry.zones)
        self.equipment = self._equipment(entry)
        self.scenarios = self._scenarios(entry)
        self.definitions = tuple(
            InterfaceDefinition(
                definition_id=self._id("definition", one.interface_type, one.location_id),
                stair_id=self.stair_id,
                **one.model_dump(),
            )
            for one in entry.interface_definitions
        )

    def _id(self, kind: str, *names: str) -> uuid.UUID:
        return self.id_of(kind, (self.name, *names))

    def _floor(self, floor: FloorEntry) -> Floor:
        return Floor(
            floor_id=self._id("floor", floor.floor_level),
            stair_id=self.stair_id,
            **floor.model_dump(exclude={"doors", "doorways"}),
        )

    def _doors(self, floor: FloorEntry) -> tuple[Door, ...]:
        level, floor_id = floor.floor_level, self._id("floor", floor.floor_level)
        return tuple(
            Door(
                door_id=self._id("door", level, one.door_identifier),
                stair_id=self.stair_id,
                floor_id=floor_id,
                **one.model_dump(),
            )
            for one in floor.doors
        )

    def _doorways(self, floor: FloorEntry) -> tuple[Doorway, ...]:
        level, floor_id = floor.floor_level, self._id("floor", floor.floor_level)
        return tuple(
            Doorway(
                doorway_id=self._id("doorway", level, one.doorway_identifier),
                stair_id=self.stair_id,
                floor_id=floor_id,
                **one.model_dump(),
            )
            for one in floor.doorways
        )

    def _zone(self, zone_name: str, levels: tuple[str, ...]) -> Zone:
        ids = tuple(self._id("floor", level) for level in levels)
        return Zone(self._id("zone", zone_name), self.stair_id, zone_name, levels, ids)

    def _equipment(self, entry: StairEntry) -> tuple[Equipment, ...]:
        return tuple(
            Equipment(
                equipment_id=self._id("equipment", one.equipment_identifier),
                stair_id=self.stair_id,
                zone_id=None if one.zone_name is None else self._id("zone", one.zone_name),
                **one.model_dump(exclude={"zone_name"}),
            )
            for one in entry.equipment
        )

    def _scenarios(self, entry: StairEntry) -> tuple[Scenario, ...]:
        return tuple(
            Scenario(
                scenario_id=self._id("scenario", one.zone_name, one.scenario_name),
                stair_id=self.stair_id,
                zone_id=self._id("zone", one.zone_name),
                expected_sequence=sequence_of(one.expected_sequence),
                **one.model_dump(exclude={"zone_name", "expected_sequence"}),
            )
            for one in entry.scenarios
        )
