"""Observe: hold a session's measurements against physics. What is noticed sets no verdict (R-16)."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Connection

from domain.stairs.rules.physics.crosscheck import crosscheck
from domain.stairs.rules.physics.door import Leaf
from domain.stairs.rules.physics.leakage_index import ENGINE_VERSION as LEAKAGE_VERSION
from domain.stairs.rules.physics.leakage_index import leakage_index
from domain.stairs.rules.physics.readings import (
    ENGINE_VERSION,
    DoorReading,
    DoorwayReading,
    FloorReading,
    StairReadings,
)
from domain.stairs.store import observations, sessions
from domain.stairs.store.observations import About

# From the handle to the latch edge where the register does not say, metres.
USUAL_HANDLE_M = 0.07
Rows = Sequence[Mapping[str, Any]]


def cross_check(connection: Connection, session_id: uuid.UUID, now: datetime) -> int:
    """Notice what cannot be true together in a session's stairs, and how leaky they are.

    Answers how many findings are new.

    Raises:
        NotFound: no such session.
    """
    session = sessions.load(connection, session_id)
    new = 0
    rows = observations.measured(connection, session_id)
    for stair_id, own in groupby(rows, key=lambda row: row["stair_id"]):
        readings = readings_of(list(own), observations.fan_capacity(connection, stair_id))
        about = About(session.building_id, stair_id, session_id)
        for found, version in (
            (crosscheck(readings), ENGINE_VERSION),
            (leakage_index(readings), LEAKAGE_VERSION),
        ):
            new += observations.keep(connection, about, found, engine_version=version, now=now)
    return new


def readings_of(rows: Rows, fan_m3_s: float | None) -> StairReadings:
    """One stair's measurements as physics looks at them."""
    floors = {row["floor_level"]: row for row in rows if row["floor_level"] is not None}
    ordered = sorted(floors.values(), key=lambda row: (row["floor_number"], row["floor_level"]))
    limits = [row["max_threshold"] for row in rows if row["measurement_type"] == "door_opening_force"]
    return StairReadings(
        stair_name=str(rows[0]["stair_name"]),
        floors=tuple(
            FloorReading(
                row["floor_level"],
                row["floor_number"],
                float(row["height_m"] if row["height_m"] is not None else row["floor_number"]),
                _pressure(rows, row["floor_level"], "all_closed"),
                _pressure(rows, row["floor_level"], "evac_doors_open"),
            )
            for row in ordered
        ),
        doors=tuple(_doors(rows)),
        doorways=tuple(_doorways(rows)),
        fan_m3_s=fan_m3_s,
        force_limit_n=next((float(one) for one in limits if one is not None), None),
    )


def _pressure(rows: Rows, floor_level: str, configuration: str) -> float | None:
    return _first(
        float(row["value"])
        for row in rows
        if row["measurement_type"] == "pressure_differential"
        and (row["floor_level"], row["door_configuration"]) == (floor_level, configuration)
    )


def _doors(rows: Rows) -> Iterable[DoorReading]:
    forces = [row for row in rows if row["measurement_type"] == "door_opening_force"]
    for name in sorted({row["door_identifier"] for row in forces}):
        own = [row for row in forces if row["door_identifier"] == name]
        if own[0]["door_width_m"] is None or own[0]["door_height_m"] is None:
            continue
        offset = own[0]["handle_offset_m"]
        leaf = Leaf(
            float(own[0]["door_width_m"]),
            float(own[0]["door_height_m"]),
            USUAL_HANDLE_M if offset is None else float(offset),
        )
        yield DoorReading(
            name,
            own[0]["floor_level"],
            leaf,
            _first(float(row["value"]) for row in own if row["pressurization_active"]),
            _first(float(row["value"]) for row in own if row["pressurization_active"] is False),
            _pressure(rows, own[0]["floor_level"], "all_closed"),
        )


def _doorways(rows: Rows) -> Iterable[DoorwayReading]:
    for row in rows:
        if row["measurement_type"] != "air_velocity" or row["doorway_width_m"] is None:
            continue
        if row["doorway_height_m"] is not None:
            area = float(row["doorway_width_m"]) * float(row["doorway_height_m"])
            yield DoorwayReading(row["doorway_identifier"], area, float(row["value"]))


def _first(values: Iterable[float]) -> float | None:
    return next(iter(values), None)
