"""Suggest scenarios and interface definitions: what is to stand, held against what stands, for a person to sign.

A scenario changes by a new version; its former one rests. What is signed is the whole of each new row.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from domain.kernel.errors import Invalid, NotFound
from domain.kernel.principal import Principal
from domain.kernel.proposals import Proposal, Subject, propose
from domain.stairs.rules.document import DefinitionEntry, ScenarioEntry
from domain.stairs.rules.gates import DEFINITIONS
from domain.stairs.rules.registry import Registry, Stair
from domain.stairs.rules.scenario import Note, component_notes, sequence_of, step_row
from domain.stairs.store import definitions
from domain.stairs.store.registry import load_registry

_SCENARIO = ("scenario_type", "trigger_device_id", "trigger_device_type", "expected_sequence")
_DEFINITION = ("location_name", "test_action", "expected_result", "response_time_s")


@dataclass(frozen=True)
class Wish:
    """What one stair is to have: scenarios and definitions to add or change, and ids to let rest."""

    stair_id: uuid.UUID
    scenarios: Sequence[ScenarioEntry] = ()
    definitions: Sequence[DefinitionEntry] = ()


@dataclass(frozen=True)
class Suggested:
    """The content that was laid down, and the proposal; no proposal where nothing would change."""

    content: dict[str, Any]
    proposal: Proposal | None
    warnings: tuple[Note, ...]


def propose_definitions(
    connection: Connection,
    caller: Principal,
    building_id: uuid.UUID,
    wishes: Sequence[Wish],
    *,
    rest: Sequence[uuid.UUID] = (),
) -> Suggested:
    """Lay what would change before a person: new versions, new or changed definitions, and what is to rest.

    Raises:
        NotFound: the building, or one of the ids to rest.
        Invalid: UNKNOWN_STAIR, UNKNOWN_ZONE, BAD_SEQUENCE.
    """
    registry = load_registry(connection, building_id)
    standing = definitions.scenarios(connection, building_id)
    interfaces = definitions.definitions(connection, building_id)
    scenarios: list[dict[str, Any]] = []
    changed: list[dict[str, Any]] = []
    notes: list[Note] = []
    for wish in wishes:
        stair = _stair(registry, wish.stair_id)
        for entry in wish.scenarios:
            row = _scenario(registry, stair, entry)
            notes += _notes(registry, row)
            scenarios += _next_version(row, standing)
        for one in wish.definitions:
            changed += _definition(stair, one, interfaces)
    content = {
        "building_id": str(building_id),
        "building": registry.building.name,
        "scenarios": sorted(scenarios, key=lambda row: (row["stair"], row["zone"], row["scenario_name"])),
        "definitions": sorted(changed, key=lambda row: (row["stair"], row["interface_type"], row["location_id"])),
        "rest": _rest(rest, standing, interfaces),
        "warnings": [note.row() for note in notes],
    }
    if not (scenarios or changed or rest):
        return Suggested(content, None, tuple(notes))
    return Suggested(content, _propose(connection, caller, content), tuple(notes))


def _propose(connection: Connection, caller: Principal, content: dict[str, Any]) -> Proposal:
    counts = {name: len(content[name]) for name in ("scenarios", "definitions", "rest", "warnings")}
    return propose(
        connection,
        DEFINITIONS,
        Subject("test_definitions", content["building_id"]),
        content=content,
        page_url=f"/stairs/buildings/{content['building_id']}",
        summary=_summary(content["building"], counts),
        proposed_by=caller.id,
        actor_role=caller.actor_role,
        authors=(caller.id,),
        evidence=counts,
    )


def _summary(building: str, counts: dict[str, int]) -> str:
    """What is to be signed, by what it holds."""
    named = (("scenarios", "scenario"), ("definitions", "interface test"))
    taken = [f"{counts[name]} {word}{'s' if counts[name] > 1 else ''}" for name, word in named if counts[name]]
    if not taken:
        return f"Let {counts['rest']} of what must happen in {building} rest"
    return f"Take {' and '.join(taken)} of {building} as what must happen"


def _stair(registry: Registry, stair_id: uuid.UUID) -> Stair:
    for stair in registry.stairs:
        if stair.stair_id == stair_id:
            return stair
    raise Invalid(f"The building has no stair {stair_id}; nothing was proposed.", code="UNKNOWN_STAIR")


def _scenario(registry: Registry, stair: Stair, entry: ScenarioEntry) -> dict[str, Any]:
    zones = {zone.zone_name: zone.zone_id for zone in registry.zones if zone.stair_id == stair.stair_id}
    if entry.zone_name not in zones:
        raise Invalid(
            f"{stair.stair_name} has no zone {entry.zone_name}; nothing was proposed.",
            hint=f"It has: {', '.join(sorted(zones)) or 'none'}.",
            code="UNKNOWN_ZONE",
        )
    return {
        "stair_id": str(stair.stair_id),
        "stair": stair.stair_name,
        "zone_id": str(zones[entry.zone_name]),
        "zone": entry.zone_name,
        "scenario_name": entry.scenario_name,
        "scenario_type": entry.scenario_type,
        "trigger_device_id": entry.trigger_device_id,
        "trigger_device_type": entry.trigger_device_type,
        "expected_sequence": [step_row(step) for step in sequence_of(entry.expected_sequence)],
    }


def _notes(registry: Registry, row: dict[str, Any]) -> list[Note]:
    steps = sequence_of(row["expected_sequence"])
    return component_notes(steps, registry.equipment, uuid.UUID(row["stair_id"]), row["scenario_name"])


def _next_version(row: dict[str, Any], standing: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The row with its version, or nothing where the newest version is active and the same."""
    former = [
        one for one in standing if (str(one["zone_id"]), one["scenario_name"]) == (row["zone_id"], row["scenario_name"])
    ]
    newest = former[-1] if former else None
    if newest is not None and newest["active"] and all(newest[name] == row[name] for name in _SCENARIO):
        return []
    return [row | {"version": 1 if newest is None else newest["version"] + 1}]


def _definition(stair: Stair, entry: DefinitionEntry, standing: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    row = {"stair_id": str(stair.stair_id), "stair": stair.stair_name, **entry.model_dump(mode="json")}
    for one in standing:
        is_it = (str(one["stair_id"]), one["interface_type"], one["location_id"]) == (
            row["stair_id"],
            row["interface_type"],
            row["location_id"],
        )
        if is_it and one["active"] and all(one[name] == row[name] for name in _DEFINITION):
            return []
    return [row]


def _rest(
    ids: Sequence[uuid.UUID], scenarios: Sequence[dict[str, Any]], interfaces: Sequence[dict[str, Any]]
) -> list[dict[str, str]]:
    """What is to rest, by id, with its name."""
    names = {one["scenario_id"]: ("scenario", one["scenario_name"]) for one in scenarios if one["active"]}
    names |= {one["definition_id"]: ("definition", one["location_id"]) for one in interfaces if one["active"]}
    missing = sorted(str(one) for one in set(ids) - set(names))
    if missing:
        raise NotFound(
            f"There is no active scenario or interface definition {missing[0]} in the building; nothing was proposed.",
            hint="GET /api/v1/buildings/{building_id}/definitions lists them.",
        )
    return [{"id": str(one), "kind": names[one][0], "name": names[one][1]} for one in sorted(set(ids), key=str)]
