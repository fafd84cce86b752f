"""The registry in the database: read whole, or changed by one entry. What is retired stays, and is not read."""

import json
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from domain.kernel.errors import NotFound
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
from domain.stairs.store.registry_kinds import (
    BUILDING,
    DOOR,
    DOORWAY,
    EQUIPMENT,
    FLOOR,
    JSON_COLUMNS,
    STAIR,
    ZONE,
    Kind,
)

_MINE = "tenant_id = current_setting('app.tenant')"
# Rows that only point to the building, such as results and faults, can still be written meanwhile.
LOCK = " FOR NO KEY UPDATE"


def load_registry(connection: Connection, building_id: uuid.UUID, *, lock: bool = False) -> Registry:
    """Everything that stands in a building; with `lock` nobody else changes it until this transaction ends.

    Raises:
        NotFound: the tenant has no such building.
    """
    building = load_building(connection, building_id, lock=lock)
    stairs = tuple(Stair(**_picked(row, STAIR)) for row in _rows(connection, STAIR, building_id))
    standing = {one.stair_id for one in stairs}
    floors = tuple(
        Floor(stair_id=row["stair_id"], **_picked(row, FLOOR))
        for row in _rows(connection, FLOOR, building_id)
        if row["stair_id"] in standing
    )
    here = {one.floor_id for one in floors}
    return Registry(
        building,
        stairs,
        floors,
        doors=tuple(
            Door(stair_id=row["stair_id"], floor_id=row["floor_id"], **_picked(row, DOOR))
            for row in _rows(connection, DOOR, building_id)
            if row["floor_id"] in here
        ),
        doorways=tuple(
            Doorway(stair_id=row["stair_id"], floor_id=row["floor_id"], **_picked(row, DOORWAY))
            for row in _rows(connection, DOORWAY, building_id)
            if row["floor_id"] in here
        ),
        zones=tuple(_zone(row) for row in _rows(connection, ZONE, building_id) if row["stair_id"] in standing),
        equipment=tuple(
            _equipment(row) for row in _rows(connection, EQUIPMENT, building_id) if row["stair_id"] in standing
        ),
        **_definitions(connection, building_id, standing),
    )


def load_building(connection: Connection, building_id: uuid.UUID, *, lock: bool = False) -> Building:
    """One building, retired or not.

    Raises:
        NotFound: the tenant has no such building.
    """
    row = (
        connection.execute(
            text(f"SELECT * FROM buildings WHERE {_MINE} AND id = :id{LOCK if lock else ''}"),
            {"id": building_id},
        )
        .mappings()
        .one_or_none()
    )
    if row is None:
        raise NotFound(f"There is no building {building_id}.", hint="GET /api/v1/buildings lists them.")
    return Building(building_id=row["id"], **{name: row[name] for name in BUILDING.columns})


def _rows(connection: Connection, kind: Kind, building_id: uuid.UUID) -> list[Mapping[str, Any]]:
    found = connection.execute(
        text(
            f"SELECT * FROM {kind.table} WHERE {_MINE} AND building_id = :id AND retired_at IS NULL ORDER BY {kind.key}"
        ),
        {"id": building_id},
    )
    return [dict(row) for row in found.mappings()]


def _picked(row: Mapping[str, Any], kind: Kind) -> dict[str, Any]:
    return {name: row[name] for name in (kind.key, *kind.columns)}


def _zone(row: Mapping[str, Any]) -> Zone:
    told = _picked(row, ZONE)
    lists = {name: tuple(told[name]) for name in ("floors_covered", "floor_ids_covered")}
    return Zone(stair_id=row["stair_id"], **told | lists)


def _equipment(row: Mapping[str, Any]) -> Equipment:
    told = _picked(row, EQUIPMENT)
    return Equipment(stair_id=row["stair_id"], **told | {"specifications": told["specifications"] or {}})


def _definitions(connection: Connection, building_id: uuid.UUID, stairs: set[uuid.UUID]) -> dict[str, Any]:
    """Scenarios and interface definitions that a person put in force, of zones and stairs that stand."""
    scenarios = connection.execute(
        text(
            "SELECT s.scenario_id, s.stair_id, s.zone_id, s.scenario_name, s.scenario_type, s.trigger_device_id,"
            " s.trigger_device_type, s.expected_sequence, s.version, s.active FROM ce_scenarios AS s"
            " JOIN zones AS z ON z.tenant_id = s.tenant_id AND z.zone_id = s.zone_id AND z.retired_at IS NULL"
            " WHERE s.tenant_id = current_setting('app.tenant') AND s.building_id = :id AND s.active"
            " ORDER BY s.scenario_id"
        ),
        {"id": building_id},
    )
    definitions = connection.execute(
        text(
            "SELECT definition_id, stair_id, interface_type, location_id, location_name, test_action, expected_result,"
            f" response_time_s, active FROM interface_test_definitions WHERE {_MINE} AND building_id = :id AND active"
            " ORDER BY definition_id"
        ),
        {"id": building_id},
    )
    return {
        "scenarios": tuple(
            Scenario(**dict(row) | {"expected_sequence": sequence_of(row["expected_sequence"])})
            for row in scenarios.mappings()
            if row["stair_id"] in stairs
        ),
        "definitions": tuple(
            InterfaceDefinition(**dict(row)) for row in definitions.mappings() if row["stair_id"] in stairs
        ),
    }


def entry(connection: Connection, kind: Kind, entry_id: uuid.UUID, *, lock: bool = True) -> dict[str, Any]:
    """One entry as it stands, retired or not; with `lock` held until the transaction ends.

    Raises:
        NotFound: the tenant has none such.
    """
    row = (
        connection.execute(
            text(f"SELECT * FROM {kind.table} WHERE {_MINE} AND {kind.key} = :id{' FOR UPDATE' if lock else ''}"),
            {"id": entry_id},
        )
        .mappings()
        .one_or_none()
    )
    if row is None:
        raise NotFound(f"There is no {kind.name} {entry_id}.", hint="GET /api/v1/buildings/{building_id} shows all.")
    return {name: value for name, value in row.items() if name != "tenant_id"}


def retired_of(
    connection: Connection, kind: Kind, parent: str = "", parent_id: uuid.UUID | None = None
) -> list[tuple[uuid.UUID, str]]:
    """Id and name of what was retired, of a kind and within one entry; by name."""
    name = kind.natural[-1]
    within = f" AND {parent} = :within" if parent else ""
    found = connection.execute(
        text(
            f"SELECT {kind.key}, {name} FROM {kind.table} WHERE {_MINE} AND retired_at IS NOT NULL{within}"
            f' ORDER BY {name} COLLATE "C", {kind.key}'
        ),
        {"within": parent_id} if parent else {},
    )
    return [(row[0], row[1]) for row in found]


def building_names(connection: Connection) -> dict[uuid.UUID, str]:
    """The names of the buildings that stand, by id."""
    found = connection.execute(
        text(f'SELECT id, name FROM buildings WHERE {_MINE} AND retired_at IS NULL ORDER BY name COLLATE "C", id')
    )
    return {row.id: row.name for row in found}


def parents_of(connection: Connection, kind: Kind, entry_id: uuid.UUID) -> dict[str, Any]:
    """The ids that whatever is entered below an entry belongs to: building, stair, floor, as far as they go.

    Raises:
        NotFound: the tenant has none such, or it is retired.
    """
    found = entry(connection, kind, entry_id)
    if found["retired_at"] is not None:
        raise NotFound(f"The {kind.name} {entry_id} is retired; nothing was entered.", hint="Put it back first.")
    own = {("building_id" if kind is BUILDING else kind.key): entry_id}
    return {name: found[name] for name in kind.parents} | own


def list_buildings(
    connection: Connection, condition: str, order: str, values: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """A page of the buildings that stand."""
    found = connection.execute(
        text(
            "SELECT id, name, address, timezone, jurisdiction, classification FROM buildings"
            f" WHERE {_MINE} AND retired_at IS NULL AND {condition} ORDER BY {order} LIMIT :n"
        ),
        dict(values),
    )
    return [dict(row) for row in found.mappings()]


def hold(connection: Connection, building_id: uuid.UUID) -> None:
    """Let nobody else change or sign anything about the building until this transaction ends."""
    connection.execute(text(f"SELECT 1 FROM buildings WHERE {_MINE} AND id = :id{LOCK}"), {"id": building_id})


def rename_in_zones(connection: Connection, floor_id: uuid.UUID) -> None:
    """Let the zones over a floor call it as it is called now: their two lists name the same floors."""
    connection.execute(
        text(
            "UPDATE zones AS z SET floors_covered = (SELECT jsonb_agg(f.floor_level ORDER BY covered.place)"
            "   FROM unnest(z.floor_ids_covered) WITH ORDINALITY AS covered (floor_id, place)"
            "   JOIN floors AS f ON f.tenant_id = z.tenant_id AND f.floor_id = covered.floor_id)"
            " WHERE z.tenant_id = current_setting('app.tenant') AND :floor = ANY (z.floor_ids_covered)"
        ),
        {"floor": floor_id},
    )


def same_name(
    connection: Connection, kind: Kind, parents: Mapping[str, Any], fields: Mapping[str, Any]
) -> dict[str, Any] | None:
    """The entry of the same parent with the same name, retired or not; None where there is none."""
    wanted = {name: {**parents, **fields}[name] for name in {*kind.natural, *kind.parents[:1]}}
    condition = " AND ".join(f"{name} = :{name}" for name in sorted(wanted))
    row = connection.execute(text(f"SELECT * FROM {kind.table} WHERE {_MINE} AND {condition}"), wanted).mappings()
    found = row.one_or_none()
    return None if found is None else {name: value for name, value in found.items() if name != "tenant_id"}


def insert(
    connection: Connection, kind: Kind, entry_id: uuid.UUID, parents: Mapping[str, Any], fields: Mapping[str, Any]
) -> None:
    """Write a new entry."""
    values = {kind.key: entry_id, **{name: parents[name] for name in kind.parents}, **_stored(kind, fields)}
    names, marks = ", ".join(values), ", ".join(_mark(name) for name in values)
    connection.execute(text(f"INSERT INTO {kind.table} ({names}) VALUES ({marks})"), values)


def update(connection: Connection, kind: Kind, entry_id: uuid.UUID, fields: Mapping[str, Any]) -> None:
    """Replace what people entered of an entry; a retired one stands again. `fields` not named stay as they are."""
    values = _stored(kind, fields)
    settings = ", ".join(f"{name} = {_mark(name)}" for name in values)
    connection.execute(
        text(f"UPDATE {kind.table} SET {settings}, retired_at = NULL WHERE {_MINE} AND {kind.key} = :entry_id"),
        {**values, "entry_id": entry_id},
    )


def retire(connection: Connection, kind: Kind, entry_id: uuid.UUID, at: datetime | None) -> None:
    """Take an entry out of what is tested from now on, or with None put it back; nothing is deleted."""
    connection.execute(
        text(f"UPDATE {kind.table} SET retired_at = :at WHERE {_MINE} AND {kind.key} = :id"), {"id": entry_id, "at": at}
    )


def _stored(kind: Kind, fields: Mapping[str, Any]) -> dict[str, Any]:
    values = {name: fields[name] for name in kind.columns if name in fields}
    return {
        name: json.dumps(list(value) if isinstance(value, tuple) else value) if name in JSON_COLUMNS else value
        for name, value in values.items()
    }


def _mark(name: str) -> str:
    return f"CAST(:{name} AS jsonb)" if name in JSON_COLUMNS else f":{name}"
