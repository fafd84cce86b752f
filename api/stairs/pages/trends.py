"""Where each measured point of a building is going, and when it would reach its limit. It changes no verdict."""

import re
from dataclasses import replace
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import Response

from api.deps import allow
from api.page_words import on
from api.pages import PageDep
from api.stairs.access import READS
from api.stairs.pages.proof_words import KINDS, STATES_OF_STAIR
from domain.kernel.charts.chart import Chart
from domain.stairs.charts.trend import WHY, trend
from domain.stairs.observe.trend import trends
from domain.stairs.rules.trend import Result, Silent
from domain.stairs.store.registry import load_building

router = APIRouter(include_in_schema=False, dependencies=[allow(roles=READS)])
DRAWN = 6
# A line needs two ends: of one day there is nothing to draw.
LEAST_DAYS = 2
TOO_LITTLE = {"TOO_FEW", "TOO_SHORT"}
STATES = STATES_OF_STAIR | {"active": "fans on", "inactive": "fans off"}


@router.get("/stairs/buildings/{building_id}/trends")
def trends_page(
    building_id: UUID, page: PageDep, kind: Annotated[str, Query(max_length=40)] = "", first: int = 0
) -> Response:
    """The points that head for a limit first; those measured on two days and more are drawn, six at a time."""
    building = load_building(page.connection, building_id)
    rows = [row for row in trends(page.connection, building_id) if kind in {"", row["measurement_type"]}]
    rows.sort(key=lambda row: (_crosses(row), *map(by_number, (row["stair_name"], row["point"], row["configuration"]))))
    lines = [row for row in rows if len({one["on"] for one in row["results"]}) >= LEAST_DAYS]
    start = min(max(first, 0) // DRAWN * DRAWN, max(len(lines) - 1, 0))
    shown = lines[start : start + DRAWN]
    charts = [one for place, row in enumerate(shown) if (one := _chart(row, place)) is not None]
    heading = [row for row in rows if row["forecast"] is not None]
    return page.show(
        "stairs/trends.html",
        charts=charts,
        names=[chart.name for chart in charts],
        building=building,
        rows=rows[:500],
        total=len(rows),
        is_told=bool(heading),
        finding=_finding(building.name, rows, heading),
        kinds=KINDS,
        kind=kind if kind in KINDS else "",
        first=start,
        more=start + DRAWN < len(lines),
        drawn_at_once=DRAWN,
        where=_where,
        is_past=_is_past,
        silent=WHY,
    )


def _crosses(row: dict[str, Any]) -> str:
    """What is past its limit first, then by the date that is foretold."""
    return "9999" if row["forecast"] is None else "" if _is_past(row) else str(row["forecast"].crosses_on)


def by_number(name: str | None) -> list[tuple[int, str]]:
    """A key by which level 2 comes before level 10."""
    return [(int(one), "") if one.isdecimal() else (0, one) for one in re.split(r"(\d+)", name or "")]


def _where(row: dict[str, Any]) -> str:
    told = row["configuration"] or ""
    return ", ".join(filter(None, (row["stair_name"], row["point"], STATES.get(told, told.replace("_", " ")))))


def _chart(row: dict[str, Any], place: int) -> Chart | None:
    found = row["forecast"] or Silent(row["silent"])
    results = [Result(one["on"], float(one["value"])) for one in row["results"]]
    drawn = trend(_where(row), row["unit"], results, found, minimum=row["minimum"], maximum=row["maximum"])
    return None if drawn is None else replace(drawn, name=f"trend-{place + 1}")


def _finding(name: str, rows: list[dict[str, Any]], heading: list[dict[str, Any]]) -> str:
    if not rows:
        return f"Nothing has been measured in {name} yet"
    if not heading and all(row["silent"] in TOO_LITTLE for row in rows):
        many = "the one point" if len(rows) == 1 else f"any of the {len(rows)} points"
        return f"No direction can be told yet at {many} of {name}"
    if not heading:
        return f"None of {len(rows)} points of {name} heads for a limit"
    first = heading[0]
    if _is_past(first):
        many = "One point is" if (count := sum(map(_is_past, heading))) == 1 else f"{count} points are"
        return f"{many} past a limit and going further; the first is {_where(first)}"
    many = "One point heads" if len(heading) == 1 else f"{len(heading)} points head"
    return f"{many} for a limit; {_where(first)} would reach it first, about {on(first['forecast'].crosses_on)}"


def _is_past(row: dict[str, Any]) -> bool:
    return row["forecast"] is not None and row["forecast"].is_past(float(row["results"][-1]["value"]))
