"""Observe the registry: people enter what a building has, change it, and retire what is gone.

The registry says what is there. What follows from it, the tests, is proposed and signed apart; no entry is deleted,
since instances and evidence point to it.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from domain.kernel.canonical import new_id
from domain.kernel.errors import Conflict, Invalid
from domain.kernel.events import record
from domain.kernel.lineage import enqueue
from domain.kernel.principal import Principal
from domain.stairs.store import registry
from domain.stairs.store.registry_kinds import BUILDING, FLOOR, Kind


@dataclass(frozen=True)
class Entered:
    """What became of an entry: its id, and whether it is new, changed, or stood so already."""

    entry_id: uuid.UUID
    outcome: str


def enter(
    connection: Connection,
    caller: Principal,
    kind: Kind,
    parents: Mapping[str, Any],
    fields: Mapping[str, Any],
    *,
    merge: bool = False,
) -> Entered:
    """Write a new entry. One of the same name that was retired stands again, with what is given.

    Args:
        connection: the caller's transaction.
        caller: who enters it.
        kind: what it is.
        parents: the ids of what it belongs to.
        fields: what was entered.
        merge: whether an entry of the same name that stands is changed instead of refused.

    Raises:
        Conflict: NAME_TAKEN.
    """
    if not merge and "building_id" in parents:
        registry.hold(connection, parents["building_id"])
    former = registry.same_name(connection, kind, parents, fields)
    if former is None:
        entry_id = new_id()
        registry.insert(connection, kind, entry_id, parents, fields)
        _tell(connection, caller, kind, entry_id, "entered", fields, in_graph=not merge)
        return Entered(entry_id, "added")
    entry_id = former[kind.key]
    if former["retired_at"] is None and not merge:
        name = fields[kind.natural[-1]]
        raise Conflict(
            f"There is a {kind.name} {name} already; nothing was entered.",
            hint="Change that one, or give the new one another name.",
            code="NAME_TAKEN",
            errors=[{"field": kind.natural[-1], "message": "is the name of another"}],
        )
    if former["retired_at"] is None and _is_same(former, fields):
        return Entered(entry_id, "unchanged")
    registry.update(connection, kind, entry_id, fields)
    _tell(connection, caller, kind, entry_id, "changed", fields, in_graph=not merge)
    return Entered(entry_id, "changed")


def change(
    connection: Connection, caller: Principal, kind: Kind, entry_id: uuid.UUID, fields: Mapping[str, Any]
) -> Entered:
    """Replace what was entered.

    Raises:
        NotFound: there is none such.
        Conflict: RETIRED, or NAME_TAKEN by another.
    """
    former = _held(connection, kind, entry_id)
    if former["retired_at"] is not None:
        raise Conflict(
            f"The {kind.name} is retired; nothing was changed.",
            hint="Put it back first: POST .../restore.",
            code="RETIRED",
        )
    alike = registry.same_name(connection, kind, former, fields)
    if alike is not None and alike[kind.key] != entry_id:
        raise Conflict(
            f"Another {kind.name} has the name {fields[kind.natural[-1]]}; nothing was changed.",
            code="NAME_TAKEN",
            errors=[{"field": kind.natural[-1], "message": "is the name of another"}],
        )
    if _is_same(former, fields):
        return Entered(entry_id, "unchanged")
    registry.update(connection, kind, entry_id, fields)
    if kind is FLOOR:
        registry.rename_in_zones(connection, entry_id)
    _tell(connection, caller, kind, entry_id, "changed", fields)
    return Entered(entry_id, "changed")


def retire(connection: Connection, caller: Principal, kind: Kind, entry_id: uuid.UUID, at: datetime | None) -> Entered:
    """Take an entry out of what is generated from now on, or with None put it back.

    Raises:
        NotFound: there is none such.
    """
    former = _held(connection, kind, entry_id)
    if (former["retired_at"] is None) == (at is None):
        return Entered(entry_id, "unchanged")
    registry.retire(connection, kind, entry_id, at)
    _tell(connection, caller, kind, entry_id, "restored" if at is None else "retired", {})
    return Entered(entry_id, "restored" if at is None else "retired")


def _held(connection: Connection, kind: Kind, entry_id: uuid.UUID) -> dict[str, Any]:
    """An entry as it stands, once nobody else works on its building."""
    if kind is not BUILDING:
        registry.hold(connection, registry.entry(connection, kind, entry_id, lock=False)["building_id"])
    return registry.entry(connection, kind, entry_id)


def covered_floors(connection: Connection, building_id: uuid.UUID, stair_id: uuid.UUID, levels: list[str]) -> Any:
    """The two lists of a zone, of the same floors of its stair.

    Raises:
        Invalid: UNKNOWN_FLOOR, a level that the stair does not have.
    """
    floors = load_floors(connection, building_id, stair_id)
    unknown = sorted(set(levels) - set(floors))
    if unknown or len(levels) != len(set(levels)):
        what = f"The stair has no floor {unknown[0]}" if unknown else "A floor is named twice"
        raise Invalid(
            f"{what}; nothing was entered.",
            hint=f"It has: {', '.join(floors)}.",
            code="UNKNOWN_FLOOR",
            errors=[{"field": "floors_covered", "message": what}],
        )
    return {"floors_covered": tuple(levels), "floor_ids_covered": [floors[level] for level in levels]}


def load_floors(connection: Connection, building_id: uuid.UUID, stair_id: uuid.UUID) -> dict[str, uuid.UUID]:
    """The standing floors of a stair by level, lowest first."""
    found = registry.load_registry(connection, building_id)
    return {one.floor_level: one.floor_id for one in found.floors_of(stair_id)}


def zone_named(connection: Connection, building_id: uuid.UUID, stair_id: uuid.UUID, zone_name: str | None) -> Any:
    """The id of a stair's zone by its name; None for none.

    Raises:
        Invalid: UNKNOWN_ZONE.
    """
    if zone_name is None:
        return None
    zones = registry.load_registry(connection, building_id).zones
    for zone in zones:
        if (zone.stair_id, zone.zone_name) == (stair_id, zone_name):
            return zone.zone_id
    raise Invalid(
        f"The stair has no zone {zone_name}; nothing was entered.",
        code="UNKNOWN_ZONE",
        errors=[{"field": "zone_name", "message": "is no zone of the stair"}],
    )


def _is_same(former: Mapping[str, Any], fields: Mapping[str, Any]) -> bool:
    return all(_plain(former[name]) == _plain(value) for name, value in fields.items())


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _tell(
    connection: Connection,
    caller: Principal,
    kind: Kind,
    entry_id: uuid.UUID,
    verb: str,
    fields: Mapping[str, Any],
    *,
    in_graph: bool = True,
) -> None:
    record(
        connection,
        f"stairs.{kind.name}.{verb}",
        actor_id=caller.id,
        actor_role=caller.actor_role,
        entity_type=f"stairs.{kind.name}",
        entity_id=str(entry_id),
        payload={name: str(value) for name, value in fields.items() if value is not None},
    )
    if in_graph:
        enqueue(connection, ("stairs", "stairs"), metadata={"entry": kind.name, "verb": verb})
