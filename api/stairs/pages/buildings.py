"""Buildings as pages: what stands in each, how many tests that asks for, and how many are published."""

from datetime import date, timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import Response

from api.deps import allow
from api.pages import Page, PageDep
from api.stairs.access import READS
from api.stairs.pages.laying import ENTERERS, ENTRY_NOTICES, NOTICES, PROPOSERS
from api.stairs.pages.reports import EXPORTERS, report_lines
from domain.kernel.clock import utc_now
from domain.stairs.charts.section import stair_section
from domain.stairs.rules.counts import StairSize, expected_counts, stair_sizes
from domain.stairs.rules.decimal_text import plain_number
from domain.stairs.rules.due import months_after
from domain.stairs.rules.gates import BASELINES, DEFINITIONS, TEMPLATES
from domain.stairs.rules.registry import Registry
from domain.stairs.rules.report_gates import REPORT
from domain.stairs.rules.vocabulary import FREQUENCIES
from domain.stairs.store import baselines, templates
from domain.stairs.store.faults import open_by_floor
from domain.stairs.store.registry import building_names, load_registry, retired_of
from domain.stairs.store.registry_kinds import BUILDING
from domain.stairs.store.ruleset import load_overrides, load_schedule
from domain.stairs.store.waiting_proposals import waiting

router = APIRouter(include_in_schema=False, dependencies=[allow(roles=READS)])
MEASURED = (
    ("pressure", "Pressure differentials, all doors closed", "floors"),
    ("velocity", "Air velocities", "doorways"),
    ("door_force", "Door opening forces, fans on", "doors"),
)
WAITING = [TEMPLATES.kind, BASELINES.kind, DEFINITIONS.kind, REPORT.kind]
# The setting of each kind that is counted: one value for each point.
COUNTED = {"pressure": "all_closed", "velocity": None, "door_force": True}


@router.get("/stairs/buildings")
def listed(page: PageDep) -> Response:
    """By name; without any, how to begin."""
    names = building_names(page.connection)
    if not names:
        return page.show("stairs/buildings_empty.html", may_enter=bool(page.principal.roles & ENTERERS))
    schedule = load_schedule(page.connection)
    rows = [
        _line(page, one, name, schedule) for one, name in sorted(names.items(), key=lambda pair: (pair[1], pair[0]))
    ]
    behind = sum(row["published"] != row["expected"] for row in rows)
    many = "One building stands" if len(rows) == 1 else f"{len(rows)} buildings stand"
    told = "all of their yearly tests are published" if not behind else f"{behind} without all yearly tests published"
    return page.show(
        "stairs/buildings.html",
        rows=rows,
        finding=f"{many} in the registry, {told}.",
        may_enter=bool(page.principal.roles & ENTERERS),
        retired=retired_of(page.connection, BUILDING),
    )


def _line(page: Page, building_id: UUID, name: str, schedule: Any) -> dict[str, Any]:
    sizes = stair_sizes(load_registry(page.connection, building_id))
    expected = expected_counts(sizes, schedule, "annual")["total"]
    published = len(templates.published(page.connection, building_id, "annual"))
    floors = sum(one.floors for one in sizes)
    return {
        "id": building_id,
        "name": name,
        "stairs": len(sizes),
        "floors": floors,
        "expected": expected,
        "published": published,
    }


@router.get("/stairs/buildings/{building_id}")
def one(building_id: UUID, page: PageDep, done: Annotated[str, Query(max_length=20)] = "") -> Response:
    """What stands, what it asks for, what is published, and what waits."""
    registry = load_registry(page.connection, building_id)
    schedule = load_schedule(page.connection)
    routines = [
        {
            "frequency": frequency,
            "name": frequency.replace("_", "-"),
            "expected": expected_counts(stair_sizes(registry), schedule, frequency)["total"],
            "published": len(templates.published(page.connection, building_id, frequency)),
        }
        for frequency in FREQUENCIES
    ]
    found = open_by_floor(page.connection, building_id)
    drawn = [stair_section(registry, stair, found) for stair in registry.in_order()]
    charts = [one for one in drawn if one is not None]
    return page.show(
        "stairs/building.html",
        charts=charts,
        notice=NOTICES.get(done, ENTRY_NOTICES.get(done)),
        sections=[one.name for one in charts],
        building=registry.building,
        stairs=_stairs(registry),
        routines=routines,
        values=_values(page, registry),
        proposals=waiting(page.connection, WAITING, str(building_id)),
        year=_last_year(page),
        may_enter=bool(page.principal.roles & ENTERERS),
        may_propose=bool(page.principal.roles & PROPOSERS),
        relaxed=len(load_overrides(page.connection, building_id)),
        may_export=bool(page.principal.roles & EXPORTERS),
        reports=report_lines(page, building_id=building_id),
        finding=_finding(registry.building.name, routines),
    )


def _last_year(page: Page) -> tuple[date, date]:
    """The twelve months that end today, which a logbook is asked for most."""
    today = utc_now().astimezone(page.tenant.zone).date()
    return months_after(today, -12) + timedelta(days=1), today


def _stairs(registry: Registry) -> list[dict[str, Any]]:
    zones = {stair.stair_id: 0 for stair in registry.stairs}
    for zone in registry.zones:
        zones[zone.stair_id] += 1
    sizes: list[StairSize] = stair_sizes(registry)
    return [
        {
            "stair": stair,
            "size": size,
            "setpoint": None if stair.design_setpoint_pa is None else plain_number(stair.design_setpoint_pa),
            "zones": zones[stair.stair_id],
            "scenarios": sum(size.scenarios.values()),
            "definitions": sum(size.definitions.values()),
        }
        for stair, size in zip(registry.in_order(), sizes, strict=True)
    ]


def _values(page: Page, registry: Registry) -> list[dict[str, Any]]:
    """How many points of each kind have a commissioned value."""
    told = []
    for kind, words, things in MEASURED:
        table = baselines.TABLES[kind]
        points = {getattr(one, table.point) for one in getattr(registry, things)}
        rows = baselines.rows(page.connection, registry.building.building_id, kind)
        known = {row[table.point] for row in rows if COUNTED[kind] in {None, row[table.setting]}}
        told.append({"words": words, "known": len(points & known), "points": len(points)})
    return told


def _finding(name: str, routines: list[dict[str, Any]]) -> str:
    """One sentence over the building."""
    behind = [one["name"] for one in routines if one["published"] != one["expected"]]
    if not behind:
        return f"Each routine of {name} has the tests that its registry asks for."
    return f"The published {' and '.join(behind)} tests of {name} are not those that its registry asks for."
