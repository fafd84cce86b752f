"""Forms of what must happen in a stair: a scenario's next version, an interface test, what rests."""

from typing import Any, get_args
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response

from api.deps import allow
from api.forms import FormDep
from api.kernel.pages.filled import Filled
from api.pages import Page, PageDep
from api.stairs import definitions as doors
from api.stairs.definitions import Define, OfStair
from api.stairs.pages.laying import PROPOSERS, onward
from domain.kernel.errors import Invalid, NotFound
from domain.stairs.rules.document import DefinitionEntry, ScenarioEntry
from domain.stairs.rules.gates import DEFINITIONS
from domain.stairs.rules.registry import Registry, Scenario, Stair
from domain.stairs.rules.scenario import MEMBERS, step_row
from domain.stairs.rules.vocabulary import INTERFACE_TYPES, ScenarioType, TriggerDeviceType
from domain.stairs.store.registry import entry, load_registry
from domain.stairs.store.registry_kinds import STAIR
from domain.stairs.store.waiting_proposals import waiting

router = APIRouter(include_in_schema=False, dependencies=[allow(roles=PROPOSERS)])
SCENARIO = {
    "zone_name": "",
    "scenario_name": "",
    "scenario_type": "",
    "trigger_device_id": "",
    "trigger_device_type": "",
    "expected_sequence": "",
}
INTERFACE = {
    "interface_type": "",
    "location_id": "",
    "location_name": "",
    "test_action": "",
    "expected_result": "",
    "response_time_s": "",
}
# What stands on a line of a sequence, after its number.
ON_A_LINE = MEMBERS[1:]
LINE_WORDS = dict(
    zip(ON_A_LINE, ("component", "kind of component", "action", "seconds", "tolerance"), strict=True),
    step_order="number",
)


@router.get("/stairs/definitions/{stair_id}/scenario")
def scenario_form(page: PageDep, stair_id: UUID, scenario_id: UUID | None = None) -> Response:
    """The form; of a next version with what the last one says."""
    found, stair = _stair(page, stair_id)
    filled = Filled(dict(SCENARIO))
    if scenario_id is not None:
        one = _named(found.scenarios, "scenario_id", scenario_id)
        zones = {zone.zone_id: zone.zone_name for zone in found.zones}
        told = {name: str(getattr(one, name, None) or "") for name in SCENARIO}
        filled.values |= told | {"zone_name": zones[one.zone_id], "expected_sequence": _lines(one)}
    return _show(page, found, stair, "scenario", filled)


@router.post("/stairs/definitions/{stair_id}/scenario")
def new_scenario(page: PageDep, form: FormDep, stair_id: UUID) -> Response:
    """Lay a scenario or its next version down; a wrong line of its sequence is told by its number."""
    found, stair = _stair(page, stair_id)
    filled = Filled.read(form, SCENARIO)
    told = filled.shaped(ScenarioEntry, expected_sequence=_steps(filled.values["expected_sequence"]))
    if told is not None:
        wanted = OfStair(stair_id=stair_id, scenarios=[told])
        with filled.telling(), page.connection.begin_nested():
            return _laid(page, found, stair, Define(stairs=[wanted]))
        _at_its_line(filled)
    return _show(page, found, stair, "scenario", filled)


@router.get("/stairs/definitions/{stair_id}/interface")
def interface_form(page: PageDep, stair_id: UUID, definition_id: UUID | None = None) -> Response:
    """The form; of one that stands with what it says."""
    found, stair = _stair(page, stair_id)
    filled = Filled(dict(INTERFACE))
    if definition_id is not None:
        one = _named(found.definitions, "definition_id", definition_id)
        filled.values |= {name: str(getattr(one, name) or "") for name in INTERFACE}
    return _show(page, found, stair, "interface", filled)


@router.post("/stairs/definitions/{stair_id}/interface")
def new_interface(page: PageDep, form: FormDep, stair_id: UUID) -> Response:
    """Lay an interface test down; a wrong field comes back with what was typed."""
    found, stair = _stair(page, stair_id)
    filled = Filled.read(form, INTERFACE)
    told = filled.shaped(DefinitionEntry)
    if told is not None:
        wanted = OfStair(stair_id=stair_id, interface_definitions=[told])
        with filled.telling(), page.connection.begin_nested():
            return _laid(page, found, stair, Define(stairs=[wanted]))
    return _show(page, found, stair, "interface", filled)


@router.post("/stairs/definitions/{stair_id}/rest")
def rest(page: PageDep, form: FormDep, stair_id: UUID) -> Response:
    """Lay down that a scenario or an interface test is no longer tested.

    Raises:
        Invalid: the form names none.
    """
    found, stair = _stair(page, stair_id)
    try:
        wanted = UUID(str(form.get("id")))
    except ValueError as cause:
        raise Invalid("Nothing was proposed.", hint="Go back and choose what is to rest.") from cause
    return _laid(page, found, stair, Define(rest=[wanted]))


def _stair(page: Page, stair_id: UUID) -> tuple[Registry, Stair]:
    row = entry(page.connection, STAIR, stair_id, lock=False)
    found = load_registry(page.connection, row["building_id"])
    return found, _named(found.stairs, "stair_id", stair_id)


def _named(things: Any, key: str, wanted: UUID) -> Any:
    """What stands under an id.

    Raises:
        NotFound: it does not stand, or no longer.
    """
    for one in things:
        if getattr(one, key) == wanted:
            return one
    raise NotFound("It does not stand any more.", hint="Begin at the page of its building.")


def _laid(page: Page, found: Registry, stair: Stair, wanted: Define) -> Response:
    made = doors.define(found.building.building_id, wanted, page.connection, page.principal)
    return onward(made, f"/stairs/registry/stairs/{stair.stair_id}")


def _steps(text: str) -> list[dict[str, Any]]:
    """One step a line, its parts with commas between them."""
    lines = [line for line in text.splitlines() if line.strip()]
    found: list[dict[str, Any]] = []
    for number, line in enumerate(lines, start=1):
        parts = [part.strip() for part in line.split(",")]
        more = {f"part {place}": part for place, part in enumerate(parts, start=1) if place > len(ON_A_LINE)}
        found.append({"step_order": number, **dict(zip(ON_A_LINE, parts, strict=False)), **more})
    return found


def _lines(one: Scenario) -> str:
    return "\n".join(", ".join(str(step_row(step)[name]) for name in ON_A_LINE) for step in one.expected_sequence)


def _at_its_line(filled: Filled) -> None:
    """Say what is wrong with a sequence at its field, by line."""
    error = filled.refusal
    if error is not None and error.code == "BAD_SEQUENCE":
        told = (
            f"Line {one.get('row', 1)}: {LINE_WORDS.get(one['field'], one['field'])} {one['message']}."
            for one in error.errors
        )
        filled.errors["expected_sequence"], filled.refusal = " ".join(told), None


def _show(page: Page, found: Registry, stair: Stair, what: str, filled: Filled) -> Response:
    zones = sorted(one.zone_name for one in found.zones if one.stair_id == stair.stair_id)
    return page.show(
        "stairs/definition.html",
        filled.status,
        what=what,
        building=found.building,
        stair=stair,
        form=filled,
        zones=[(one, one) for one in zones],
        routines=[(one, one.replace("_", "-")) for one in get_args(ScenarioType)],
        devices=[(one, one.replace("_", " ")) for one in get_args(TriggerDeviceType)],
        interfaces=[(one, one.replace("_", " ")) for one in INTERFACE_TYPES],
        proposals=waiting(page.connection, [DEFINITIONS.kind], str(found.building.building_id)),
    )
