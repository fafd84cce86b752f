"""Observe: where each measured point is going, and when it would cross its limit. No verdict (R-16)."""

import re
import uuid
from datetime import date, datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Connection

from domain.stairs.rules.advice.figures import PointTrend
from domain.stairs.rules.physics.leakage_index import ENGINE_VERSION as LEAKAGE_VERSION
from domain.stairs.rules.physics.leakage_index import Found, leakage_course
from domain.stairs.rules.physics.readings import Observation
from domain.stairs.rules.trend import ENGINE_VERSION, Forecast, Result, forecast
from domain.stairs.store import observations
from domain.stairs.store.observations import About

UNITS = {"pressure_differential": "Pa", "air_velocity": "m/s", "door_opening_force": "N"}
# Where the register does not say, in the measurement's unit.
USUAL_ACCURACY = {"pressure_differential": 1.0, "air_velocity": 0.05, "door_opening_force": 2.0}


def trends(connection: Connection, building_id: uuid.UUID) -> list[dict[str, Any]]:
    """Every measured point of a building with its results and its forecast, where there is one."""
    rows = observations.history(connection, building_id)
    names = ("stair_id", "stair_name", "measurement_type", "point", "configuration")
    made = []
    for key, own in groupby(rows, key=lambda row: tuple(row[name] for name in names)):
        results = list(own)
        told = _forecast(results)
        made.append(
            dict(zip(names, key, strict=True))
            | {
                "floor_level": results[-1]["floor_level"],
                "unit": UNITS[results[-1]["measurement_type"]],
                "results": [{"on": row["tested_on"], "value": row["value"]} for row in results],
                "minimum": _number(results[-1]["effective_min"]),
                "maximum": _number(results[-1]["effective_max"]),
                "forecast": told if isinstance(told, Forecast) else None,
                "silent": None if isinstance(told, Forecast) else told.reason,
            }
        )
    return made


def note_trends(connection: Connection, building_id: uuid.UUID, now: datetime) -> int:
    """Write the forecasts of a building down as observations; answer how many are new."""
    new = 0
    for one in trends(connection, building_id):
        told = one["forecast"]
        if told is None:
            continue
        until = f" at the earliest {told.earliest_on}" + (f", at the latest {told.latest_on}" if told.latest_on else "")
        found = Observation(
            "TREND_TO_LIMIT",
            f"{one['point']} of {one['stair_name']} ({one['configuration']}) changes by {told.slope_a_year:+.2f}"
            f" {one['unit']} a year and would reach {told.limit:g} {one['unit']} about {told.crosses_on},{until}.",
            {
                "point": one["point"],
                "measurement_type": one["measurement_type"],
                "configuration": one["configuration"],
                "slope_a_year": round(told.slope_a_year, 4),
                "limit": told.limit,
                "crosses_on": told.crosses_on.isoformat(),
                "earliest_on": told.earliest_on.isoformat(),
                "latest_on": None if told.latest_on is None else told.latest_on.isoformat(),
                "results": len(one["results"]),
            },
        )
        about = About(building_id, one["stair_id"], None)
        new += observations.keep(connection, about, [found], engine_version=ENGINE_VERSION, now=now)
    return new


def note_leakage(connection: Connection, building_id: uuid.UUID, now: datetime) -> int:
    """Write down how the leakage of a building's stairs changes over its visits; answer how many findings are new."""
    new = 0
    rows = observations.leakages(connection, building_id)
    for (stair_id, stair_name), own in groupby(rows, key=lambda row: (row["stair_id"], row["stair_name"])):
        told = leakage_course(stair_name, [Found(row["planned_for"], row["total_m2"]) for row in own])
        if told is not None:
            about = About(building_id, stair_id, None)
            new += observations.keep(connection, about, [told], engine_version=LEAKAGE_VERSION, now=now)
    return new


def _forecast(rows: list[dict[str, Any]]) -> Any:
    kind = rows[-1]["measurement_type"]
    return forecast(
        [Result(row["tested_on"], float(row["value"])) for row in rows],
        minimum=_number(rows[-1]["effective_min"]),
        maximum=_number(rows[-1]["effective_max"]),
        accuracy=_accuracy(rows[-1]["accuracy"]) or USUAL_ACCURACY[kind],
        is_share=kind != "door_opening_force",
    )


def _accuracy(stated: str | None) -> float | None:
    """The first number of what the maker states, where it is no percentage."""
    found = re.search(r"\d+(?:\.\d+)?", stated or "")
    return float(found[0]) if found and "%" not in (stated or "") else None


def _number(text: str | None) -> float | None:
    return None if text is None else float(text)


def points_of(connection: Connection, building_id: uuid.UUID) -> list[PointTrend]:
    """Every measured point of a building with its results and forecast, as the signal rules look at it."""
    return [
        PointTrend(
            f"{one['stair_id']}/{one['measurement_type']}/{one['point']}/{one['configuration']}",
            f"{one['point']} of {one['stair_name']} ({one['configuration']})",
            one["unit"],
            [(_day(result["on"]), float(result["value"])) for result in one["results"]],
            one["forecast"],
        )
        for one in trends(connection, building_id)
    ]


def _day(value: Any) -> date:
    return value if isinstance(value, date) else date.fromisoformat(str(value))
