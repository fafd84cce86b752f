"""Forms of the registry, entry by entry: what stands in a building is entered, changed, retired and put back."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.exc import IntegrityError

from api.deps import allow
from api.forms import LongFormDep
from api.kernel.pages.filled import Filled
from api.pages import Page, PageDep
from api.stairs import buildings, registry
from api.stairs.access import READS
from api.stairs.pages.laying import ENTERERS, ENTERS, ENTRY_NOTICES, PROPOSERS
from api.stairs.pages.registry_fields import SHAPES, Choices, fields_of, lines_of, specifications_of
from domain.kernel.clock import utc_now
from domain.kernel.errors import NotFound
from domain.stairs.observe.registry import retire
from domain.stairs.rules.registry import Registry
from domain.stairs.store.registry import entry, load_registry, parents_of, retired_of
from domain.stairs.store.registry_kinds import BUILDING, DOOR, DOORWAY, EQUIPMENT, FLOOR, STAIR, ZONE, Kind

router = APIRouter(include_in_schema=False, dependencies=[allow(roles=READS)])
Done = Annotated[str, Query(max_length=20)]
HERE = "/stairs/registry"
Verb = Literal["retire", "restore"]
Plural = Literal["buildings", "stairs", "floors", "doors", "doorways", "zones", "equipment"]


@dataclass(frozen=True)
class Door:
    """How one kind is entered and changed, what it stands in, and what stands in it."""

    kind: Kind
    plural: str
    enter: Callable[..., buildings.Changed]
    change: Callable[..., buildings.Changed]
    stands_in: str | None = None
    holds: tuple[str, ...] = ()


DOORS = {
    "buildings": Door(BUILDING, "buildings", buildings.create, buildings.replace, holds=("stairs",)),
    "stairs": Door(
        STAIR, "stairs", registry.add_stair, registry.change_stair, "buildings", ("floors", "zones", "equipment")
    ),
    "floors": Door(FLOOR, "floors", registry.add_floor, registry.change_floor, "stairs", ("doors", "doorways")),
    "doors": Door(DOOR, "doors", registry.add_door, registry.change_door, "floors"),
    "doorways": Door(DOORWAY, "doorways", registry.add_doorway, registry.change_doorway, "floors"),
    "zones": Door(ZONE, "zones", registry.add_zone, registry.change_zone, "stairs"),
    "equipment": Door(EQUIPMENT, "equipment", registry.add_equipment, registry.change_equipment, "stairs"),
}


@router.get("/stairs/registry/{plural}/new", dependencies=[ENTERS])
def empty_form(page: PageDep, plural: Plural, within: UUID | None = None) -> Response:
    """An empty form for what stands in `within`."""
    zone = {"timezone": page.tenant.zone.key} if plural == "buildings" else {}
    return _show_new(page, DOORS[plural], within, Filled(_blank(DOORS[plural]) | zone), [])


@router.post("/stairs/registry/{plural}", dependencies=[ENTERS])
def entered(page: PageDep, form: LongFormDep, plural: Plural, within: UUID | None = None) -> Response:
    """Enter it and go where one goes on; a wrong field comes back with what was typed."""
    door, filled = DOORS[plural], Filled.read(form, _blank(DOORS[plural]))
    boxes = [one for one in form.getlist("floors_covered") if isinstance(one, str)]
    told = filled.shaped(SHAPES[door.kind.name], **_apart(door, filled, boxes))
    if told is not None:
        with _telling(filled), page.connection.begin_nested():
            where = () if door.stands_in is None else (_needed(within, door),)
            made = door.enter(*where, told, page.connection, page.principal)
            goes_on_in = made.id if door.holds else within
            kept = plural if door.holds else str(door.stands_in)
            return RedirectResponse(f"{_address(kept, goes_on_in)}?done={_said(made.outcome)}", 303)
    return _show_new(page, door, within, filled, boxes)


@router.get("/stairs/registry/{plural}/{entry_id}")
def one(page: PageDep, plural: Plural, entry_id: UUID, done: Done = "") -> Response:
    """What was entered, and what stands in it."""
    return _show(page, DOORS[plural], entry_id, notice=ENTRY_NOTICES.get(done))


@router.post("/stairs/registry/{plural}/{entry_id}", dependencies=[ENTERS])
def changed(page: PageDep, form: LongFormDep, plural: Plural, entry_id: UUID) -> Response:
    """Replace what was entered; a wrong field comes back with what was typed."""
    door, filled = DOORS[plural], Filled.read(form, _blank(DOORS[plural]))
    boxes = [one for one in form.getlist("floors_covered") if isinstance(one, str)]
    told = filled.shaped(SHAPES[door.kind.name], **_apart(door, filled, boxes))
    if told is not None:
        with _telling(filled), page.connection.begin_nested():
            made = door.change(entry_id, told, page.connection, page.principal)
            return RedirectResponse(f"{_address(plural, entry_id)}?done={_said(made.outcome)}", 303)
    return _show(page, door, entry_id, filled, boxes)


@router.post("/stairs/registry/{plural}/{entry_id}/{verb}", dependencies=[ENTERS])
def retired(
    page: PageDep, _: LongFormDep, plural: Plural, entry_id: UUID, verb: Literal["retire", "restore"]
) -> Response:
    """Take it out of what is generated, or put it back."""
    at = utc_now() if verb == "retire" else None
    made = retire(page.connection, page.principal, DOORS[plural].kind, entry_id, at)
    return RedirectResponse(f"{HERE}/{plural}/{entry_id}?done={_said(made.outcome)}", 303)


def _said(outcome: str) -> str:
    return "same" if outcome == "unchanged" else outcome


def _blank(door: Door) -> dict[str, str]:
    return dict.fromkeys(SHAPES[door.kind.name].model_fields, "")


def _apart(door: Door, filled: Filled, boxes: list[str]) -> dict[str, Any]:
    """What no single field holds."""
    if door.kind is ZONE:
        return {"floors_covered": boxes}
    return {"specifications": specifications_of(filled.values["specifications"])} if door.kind is EQUIPMENT else {}


@contextmanager
def _telling(filled: Filled) -> Iterator[None]:
    """Keep a refusal for the page at its field; of a floor's number the database says that it is taken."""
    try:
        with filled.telling():
            yield
    except IntegrityError:
        if "floor_number" not in filled.values:
            raise
        filled.errors["floor_number"] = "Another floor of the stair has this number, or a retired one has."


def _needed(within: UUID | None, door: Door) -> UUID:
    if within is None:
        raise NotFound(f"A {door.kind.name} stands in something; nothing was entered.", hint="Begin at its building.")
    return within


def _address(plural: str, entry_id: UUID | None) -> str:
    return f"/stairs/buildings/{entry_id}" if plural == "buildings" else f"{HERE}/{plural}/{entry_id}"


def _show_new(page: Page, door: Door, within: UUID | None, filled: Filled, boxes: list[str]) -> Response:
    above = None if door.stands_in is None else DOORS[door.stands_in]
    parents = {} if above is None else parents_of(page.connection, above.kind, _needed(within, door))
    found = load_registry(page.connection, parents["building_id"]) if parents else None
    return page.show(
        "stairs/entry_new.html",
        filled.status,
        door=door,
        within=within,
        way=_way(found, parents),
        form=filled,
        fields=fields_of(door.kind.name, _named(found, parents)),
        boxes=boxes,
    )


def _show(
    page: Page,
    door: Door,
    entry_id: UUID,
    filled: Filled | None = None,
    boxes: list[str] | None = None,
    notice: str | None = None,
) -> Response:
    row = entry(page.connection, door.kind, entry_id, lock=False)
    building_id = entry_id if door.kind is BUILDING else row["building_id"]
    found = load_registry(page.connection, building_id)
    parents = {name: row[name] for name in door.kind.parents}
    return page.show(
        "stairs/entry.html",
        200 if filled is None else filled.status,
        notice=notice,
        door=door,
        row=row,
        entry_id=entry_id,
        name=row[door.kind.natural[-1]],
        way=_way(found, parents),
        form=filled or Filled(_typed(door, row, found)),
        fields=fields_of(door.kind.name, _named(found, parents)),
        boxes=boxes if boxes is not None else list(row.get("floors_covered") or ()),
        inside=[_inside(page, DOORS[one], door, found, entry_id) for one in door.holds],
        definitions=_definitions(found, entry_id) if door.kind is STAIR else [],
        may_enter=bool(page.principal.roles & ENTERERS),
        may_propose=bool(page.principal.roles & PROPOSERS),
    )


def _definitions(found: Registry, stair_id: UUID) -> list[tuple[str, str, list[tuple[UUID, str]]]]:
    """What must happen in a stair: scenarios with their newest version, and interface tests."""
    scenarios = sorted(
        (f"{one.scenario_name}, version {one.version}", one.scenario_id)
        for one in found.scenarios
        if one.stair_id == stair_id
    )
    interfaces = sorted(
        (f"{one.interface_type.replace('_', ' ')} at {one.location_id}", one.definition_id)
        for one in found.definitions
        if one.stair_id == stair_id
    )
    return [
        ("scenario", "Scenarios", [(one, words) for words, one in scenarios]),
        ("interface", "Interface tests", [(one, words) for words, one in interfaces]),
    ]


def _typed(door: Door, row: dict[str, Any], found: Registry) -> dict[str, str]:
    """An entry as its form holds it."""
    told = {name: row[name] for name in _blank(door) if name in row}
    if door.kind is EQUIPMENT:
        zones = {one.zone_id: one.zone_name for one in found.zones}
        told |= {"specifications": lines_of(row["specifications"] or {}), "zone_name": zones.get(row["zone_id"])}
    return _blank(door) | {name: "" if value is None else str(value) for name, value in told.items()}


def _named(found: Registry | None, parents: dict[str, Any]) -> dict[str, Choices]:
    """What may be chosen by its name within the stair: floors and zones."""
    if found is None or "stair_id" not in parents:
        return {}
    levels = [one.floor_level for one in found.floors_of(parents["stair_id"])]
    zones = [one.zone_name for one in found.zones if one.stair_id == parents["stair_id"]]
    return {
        "floors_covered": [(one, one) for one in levels],
        "zone_name": [(one, one) for one in sorted(zones)],
    }


def _way(found: Registry | None, parents: dict[str, Any]) -> list[tuple[str, str]]:
    """From the building down to what an entry stands in: address and name of each."""
    if found is None or "building_id" not in parents:
        return []
    steps = (("stairs", "stair_id", "stair_name"), ("floors", "floor_id", "floor_level"))
    return [(_address("buildings", parents["building_id"]), found.building.name)] + [
        (_address(plural, parents[key]), getattr(one, name))
        for plural, key, name in steps
        for one in getattr(found, plural)
        if getattr(one, key) == parents.get(key)
    ]


def _inside(page: Page, door: Door, above: Door, found: Registry, entry_id: UUID) -> dict[str, Any]:
    """What of a kind stands in an entry, and what was retired there."""
    of = getattr(found, door.plural)
    own = of if above.kind is BUILDING else [one for one in of if getattr(one, above.kind.key) == entry_id]
    key = "building_id" if above.kind is BUILDING else above.kind.key
    order = "floor_number" if door.kind is FLOOR else door.kind.natural[-1]
    rows = sorted(own, key=lambda one: getattr(one, order))
    return {
        "door": door,
        "rows": [(getattr(one, door.kind.key), getattr(one, door.kind.natural[-1])) for one in rows],
        "retired": retired_of(page.connection, door.kind, key, entry_id),
    }
