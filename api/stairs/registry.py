"""The registry over HTTP, entry by entry: stairs, floors, doors, doorways, zones, equipment.

Nothing is deleted: an entry that is gone is retired, and what was tested there stays.
"""

from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field

from api.deps import CallerDep, TenantSession
from api.stairs.access import ENTERS, LOOKS
from api.stairs.buildings import Changed, told
from domain.kernel.clock import utc_now
from domain.kernel.errors import Invalid
from domain.stairs.observe.registry import change, covered_floors, enter, retire, zone_named
from domain.stairs.rules.document import DoorFields, DoorwayFields, EquipmentEntry, FloorFields, StairFields, ZoneEntry
from domain.stairs.rules.grid_layout import grid_layout
from domain.stairs.store.registry import entry, parents_of
from domain.stairs.store.registry_kinds import BUILDING, DOOR, DOORWAY, EQUIPMENT, FLOOR, STAIR, ZONE, Kind

router = APIRouter()


@router.post("/buildings/{building_id}/stairs", status_code=201, dependencies=[ENTERS], summary="Enter a stair")
def add_stair(building_id: UUID, body: StairFields, connection: TenantSession, caller: CallerDep) -> Changed:
    """`design_setpoint_pa` comes from the design record and sets no limit."""
    parents = parents_of(connection, BUILDING, building_id)
    return told(enter(connection, caller, STAIR, parents, body.model_dump()))


@router.post("/stairs/{stair_id}/floors", status_code=201, dependencies=[ENTERS], summary="Enter a floor of a stair")
def add_floor(stair_id: UUID, body: FloorFields, connection: TenantSession, caller: CallerDep) -> Changed:
    """One landing; its number is the stair's own."""
    parents = parents_of(connection, STAIR, stair_id)
    return told(enter(connection, caller, FLOOR, parents, body.model_dump()))


@router.post("/floors/{floor_id}/doors", status_code=201, dependencies=[ENTERS], summary="Enter a door of a floor")
def add_door(floor_id: UUID, body: DoorFields, connection: TenantSession, caller: CallerDep) -> Changed:
    """Lengths in metres."""
    parents = parents_of(connection, FLOOR, floor_id)
    return told(enter(connection, caller, DOOR, parents, body.model_dump()))


@router.post("/floors/{floor_id}/doorways", status_code=201, dependencies=[ENTERS], summary="Enter a doorway")
def add_doorway(floor_id: UUID, body: DoorwayFields, connection: TenantSession, caller: CallerDep) -> Changed:
    """Lengths in metres."""
    parents = parents_of(connection, FLOOR, floor_id)
    return told(enter(connection, caller, DOORWAY, parents, body.model_dump()))


@router.post("/stairs/{stair_id}/zones", status_code=201, dependencies=[ENTERS], summary="Enter a zone of a stair")
def add_zone(stair_id: UUID, body: ZoneEntry, connection: TenantSession, caller: CallerDep) -> Changed:
    """Its floors are named by their levels."""
    parents = parents_of(connection, STAIR, stair_id)
    return told(enter(connection, caller, ZONE, parents, _zone(connection, parents, body)))


@router.post(
    "/stairs/{stair_id}/equipment", status_code=201, dependencies=[ENTERS], summary="Enter equipment of a stair"
)
def add_equipment(stair_id: UUID, body: EquipmentEntry, connection: TenantSession, caller: CallerDep) -> Changed:
    """Its identifier is kept in upper case; its zone is named, where it has one."""
    parents = parents_of(connection, STAIR, stair_id)
    return told(enter(connection, caller, EQUIPMENT, parents, _equipment(connection, parents, body)))


@router.put("/stairs/{stair_id}", dependencies=[ENTERS], summary="Change a stair")
def change_stair(stair_id: UUID, body: StairFields, connection: TenantSession, caller: CallerDep) -> Changed:
    """All of its members are replaced."""
    return told(change(connection, caller, STAIR, stair_id, body.model_dump()))


@router.put("/floors/{floor_id}", dependencies=[ENTERS], summary="Change a floor")
def change_floor(floor_id: UUID, body: FloorFields, connection: TenantSession, caller: CallerDep) -> Changed:
    """All of its members are replaced."""
    return told(change(connection, caller, FLOOR, floor_id, body.model_dump()))


@router.put("/doors/{door_id}", dependencies=[ENTERS], summary="Change a door")
def change_door(door_id: UUID, body: DoorFields, connection: TenantSession, caller: CallerDep) -> Changed:
    """All of its members are replaced."""
    return told(change(connection, caller, DOOR, door_id, body.model_dump()))


@router.put("/doorways/{doorway_id}", dependencies=[ENTERS], summary="Change a doorway")
def change_doorway(doorway_id: UUID, body: DoorwayFields, connection: TenantSession, caller: CallerDep) -> Changed:
    """All of its members are replaced."""
    return told(change(connection, caller, DOORWAY, doorway_id, body.model_dump()))


@router.put("/zones/{zone_id}", dependencies=[ENTERS], summary="Change a zone")
def change_zone(zone_id: UUID, body: ZoneEntry, connection: TenantSession, caller: CallerDep) -> Changed:
    """All of its members are replaced."""
    parents = entry(connection, ZONE, zone_id)
    return told(change(connection, caller, ZONE, zone_id, _zone(connection, parents, body)))


@router.put("/equipment/{equipment_id}", dependencies=[ENTERS], summary="Change equipment")
def change_equipment(equipment_id: UUID, body: EquipmentEntry, connection: TenantSession, caller: CallerDep) -> Changed:
    """All of its members are replaced."""
    parents = entry(connection, EQUIPMENT, equipment_id)
    return told(change(connection, caller, EQUIPMENT, equipment_id, _equipment(connection, parents, body)))


class GridPointTold(BaseModel):
    """One of the nine points: metres from the left edge and from the floor, and the same as fractions."""

    point: int = Field(ge=1, le=9)
    x: Decimal = Field(examples=["0.3"])
    y: Decimal = Field(examples=["1.92"])
    fx: Decimal = Field(examples=["0.25"])
    fy: Decimal = Field(examples=["0.8"])


@router.get("/doorways/{doorway_id}/grid", dependencies=[LOOKS], summary="Where the nine points of a doorway lie")
def grid(doorway_id: UUID, connection: TenantSession) -> list[GridPointTold]:
    """Points 1 to 3 are the top row from the left, 4 to 6 the middle, 7 to 9 the bottom.

    Raises:
        Invalid: NO_DIMENSIONS, nobody entered how wide and high it is.
    """
    found = entry(connection, DOORWAY, doorway_id)
    if found["width_m"] is None or found["height_m"] is None:
        raise Invalid(
            "The doorway's width and height are not known; its points cannot be placed.",
            hint="Enter them: PUT /api/v1/doorways/{doorway_id}.",
            code="NO_DIMENSIONS",
        )
    return [GridPointTold.model_validate(vars(one)) for one in grid_layout(found["width_m"], found["height_m"])]


def _zone(connection: Any, parents: Any, body: ZoneEntry) -> dict[str, Any]:
    lists = covered_floors(connection, parents["building_id"], parents["stair_id"], body.floors_covered)
    return {"zone_name": body.zone_name, **lists}


def _equipment(connection: Any, parents: Any, body: EquipmentEntry) -> dict[str, Any]:
    zone_id = zone_named(connection, parents["building_id"], parents["stair_id"], body.zone_name)
    return body.model_dump(exclude={"zone_name"}) | {"zone_id": zone_id}


def _retirable(kind: Kind, plural: str, words: str) -> None:
    """The two addresses by which an entry of a kind is retired and put back."""
    named = Path(alias=kind.key)

    def retire_one(entry_id: Annotated[UUID, named], connection: TenantSession, caller: CallerDep) -> Changed:
        """It is no longer generated for; what was tested there stays."""
        return told(retire(connection, caller, kind, entry_id, utc_now()))

    def restore_one(entry_id: Annotated[UUID, named], connection: TenantSession, caller: CallerDep) -> Changed:
        """As it was; it is generated for again."""
        return told(retire(connection, caller, kind, entry_id, None))

    for verb, act, does in (("retire", retire_one, f"Retire {words}"), ("restore", restore_one, f"Put {words} back")):
        router.add_api_route(
            f"/{plural}/{{{kind.key}}}/{verb}",
            act,
            methods=["POST"],
            dependencies=[ENTERS],
            name=f"{verb}_{kind.name}",
            summary=does,
        )


for _kind, _plural, _words in (
    (STAIR, "stairs", "a stair"),
    (FLOOR, "floors", "a floor"),
    (DOOR, "doors", "a door"),
    (DOORWAY, "doorways", "a doorway"),
    (ZONE, "zones", "a zone"),
    (EQUIPMENT, "equipment", "equipment"),
):
    _retirable(_kind, _plural, _words)
