"""Take in a whole building from one document: all of it or nothing; sent again, it changes nothing.

Entries are found again by their names. What stands and is not in the document stays, and is told: that something is
gone is said by retiring it.
"""

import uuid
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from domain.kernel.errors import Invalid
from domain.kernel.lineage import enqueue
from domain.kernel.principal import Principal
from domain.stairs.observe.registry import enter
from domain.stairs.rules.document import BuildingDocument, StairEntry, document_problems
from domain.stairs.rules.registry import Registry
from domain.stairs.store.registry import hold, load_registry
from domain.stairs.store.registry_kinds import BUILDING, DOOR, DOORWAY, EQUIPMENT, FLOOR, STAIR, ZONE, Kind

_OF_STAIR = {"floors", "zones", "equipment", "scenarios", "interface_definitions"}


@dataclass
class Imported:
    """What became of a document: the building, and entries by outcome (added, changed, unchanged, not_in_document)."""

    building_id: uuid.UUID
    outcomes: Counter[str] = field(default_factory=Counter)
    touched: set[uuid.UUID] = field(default_factory=set)


def import_building(connection: Connection, caller: Principal, document: BuildingDocument) -> Imported:
    """Enter everything of a document but scenarios and interface definitions, which a person signs first.

    Raises:
        Invalid: BAD_DOCUMENT, with everything that is wrong between its entries.
    """
    problems = document_problems(document)
    if problems:
        raise Invalid(
            f"The document contradicts itself in {len(problems)} places; nothing was entered.",
            hint="Correct what `errors` names and send it again.",
            code="BAD_DOCUMENT",
            errors=list(problems[:200]),
        )
    building = enter(connection, caller, BUILDING, {}, document.model_dump(exclude={"stairs"}), merge=True)
    hold(connection, building.entry_id)
    made = Imported(building.entry_id, Counter({building.outcome: 1}))
    work = _Work(connection, caller, made)
    for stair in document.stairs:
        work.stair(stair)
    if made.outcomes["added"] or made.outcomes["changed"]:
        enqueue(connection, ("stairs", "stairs"), metadata=dict(made.outcomes))
    standing = load_registry(connection, made.building_id)
    made.outcomes["not_in_document"] = len(_ids(standing) - made.touched)
    return made


class _Work:
    """One import: enters an entry after what it belongs to."""

    def __init__(self, connection: Connection, caller: Principal, made: Imported) -> None:
        self.connection, self.caller, self.made = connection, caller, made

    def stair(self, stair: StairEntry) -> None:
        parents = {"building_id": self.made.building_id}
        parents["stair_id"] = self._enter(STAIR, parents, stair.model_dump(exclude=_OF_STAIR))
        floors: dict[str, uuid.UUID] = {}
        for floor in stair.floors:
            fields = floor.model_dump(exclude={"doors", "doorways"})
            floors[floor.floor_level] = self._enter(FLOOR, parents, fields)
            here = parents | {"floor_id": floors[floor.floor_level]}
            for door in floor.doors:
                self._enter(DOOR, here, door.model_dump())
            for doorway in floor.doorways:
                self._enter(DOORWAY, here, doorway.model_dump())
        zones = {
            zone.zone_name: self._enter(
                ZONE,
                parents,
                {
                    "zone_name": zone.zone_name,
                    "floors_covered": tuple(zone.floors_covered),
                    "floor_ids_covered": [floors[level] for level in zone.floors_covered],
                },
            )
            for zone in stair.zones
        }
        for one in stair.equipment:
            fields = one.model_dump(exclude={"zone_name"})
            fields["zone_id"] = None if one.zone_name is None else zones[one.zone_name]
            self._enter(EQUIPMENT, parents, fields)

    def _enter(self, kind: Kind, parents: dict[str, Any], fields: dict[str, Any]) -> uuid.UUID:
        entered = enter(self.connection, self.caller, kind, parents, fields, merge=True)
        self.made.outcomes[entered.outcome] += 1
        self.made.touched.add(entered.entry_id)
        return entered.entry_id


def _ids(registry: Registry) -> set[uuid.UUID]:
    return {
        *(one.stair_id for one in registry.stairs),
        *(one.floor_id for one in registry.floors),
        *(one.door_id for one in registry.doors),
        *(one.doorway_id for one in registry.doorways),
        *(one.zone_id for one in registry.zones),
        *(one.equipment_id for one in registry.equipment),
    }
