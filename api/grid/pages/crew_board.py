"""The crew board: who is there, on which shift, with what, and the jobs that the joint plan would give them."""

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter
from fastapi.responses import Response

from api.grid.outages.crews import DESK
from api.pages import PageDep
from domain.grid.network.store.geometry import map_edges
from domain.grid.outages.charts.crew_day import CrewJob, CrewRow, crew_day
from domain.grid.outages.charts.crew_map import CrewPlace, crew_map
from domain.grid.outages.store import advice, crews, outages, runs, storm_modes
from domain.grid.outages.store.crews import CrewNow
from domain.grid.outages.store.places import devices_of_outages
from domain.grid.outages.store.runs import Run
from domain.kernel.clock import utc_now

router = APIRouter(include_in_schema=False)
OPEN = ("OPEN", "DISPATCHED", "ARRIVED")
MOST_OUTAGES = 50
AHEAD = timedelta(hours=12)
SKILLS = {
    "line_oh": "overhead lines",
    "line_ug": "underground lines",
    "switching": "switching",
    "bucket": "bucket truck",
    "tree": "trees",
    "meter": "meters",
    "hv": "high voltage",
}
STATUS = {
    "available": ("ok", "available"),
    "assigned": ("watch", "has a job"),
    "enroute": ("watch", "on the way"),
    "onsite": ("watch", "on site"),
    "rest": ("unknown", "rests"),
    "off": ("unknown", "off"),
}


@router.get("/grid/crews", dependencies=[DESK])
def crew_board(page: PageDep) -> Response:
    """Begins at the newest recommendation, or now. Places of crews are personal data: for the desk alone."""
    made = [
        run
        for outage in outages.listed(page.connection, OPEN, MOST_OUTAGES)
        if (run := runs.latest(page.connection, outage.outage_id, "CREWS")) is not None
    ]
    start = max((run.as_of for run in made), default=utc_now()).replace(second=0, microsecond=0)
    there = crews.as_of(page.connection, utc_now())
    jobs = _jobs(page.connection, made)
    rows = [_row(one, start, jobs.get(one.crew_id, []), page.tenant.zone) for one in there]
    charts = (
        crew_day(rows, start, start + AHEAD, page.tenant.zone),
        crew_map(
            _places(page.connection, there, jobs),
            map_edges(page.connection) if there else [],
            is_storm=storm_modes.declared(page.connection, start) is True,
        ),
    )
    planned = sum(bool(row.jobs) for row in rows)
    return page.show(
        "grid/crews.html",
        skills=SKILLS,
        charts=[one for one in charts if one is not None],
        crews=there,
        planned=planned,
        jobs=jobs,
        made=made,
        age=utc_now() - start,
        start=start,
        statuses=STATUS,
    )


def _jobs(connection: Any, made: list[Run]) -> dict[str, list[dict[str, Any]]]:
    """By crew, what the newest plan of each open outage would have it do; on the way to the first arrival."""
    found: dict[str, list[dict[str, Any]]] = {}
    for run in made:
        for row in advice.of_run(connection, "crew_recommendations", run.run_id):
            if row["is_assigned"]:
                told = row | {"outage_id": run.outage_id, "as_of": run.as_of}
                found.setdefault(row["crew_id"], []).append(told)
    return found


def _places(connection: Any, there: list[CrewNow], jobs: dict[str, list[dict[str, Any]]]) -> list[CrewPlace]:
    """Each crew where it last was; a job stands where the device of its outage does."""
    found = devices_of_outages(connection, {job["outage_id"] for own in jobs.values() for job in own})
    return [
        CrewPlace(
            one.name,
            STATUS.get(one.status, ("unknown", one.status))[1],
            one.status == "available",
            (one.lat, one.lon),
            tuple(
                (f"{job['role']} {job['zone_id'] or ''}".strip(), found.get(job["outage_id"]))
                for job in jobs.get(one.crew_id, [])
            ),
        )
        for one in there
    ]


def _row(crew: CrewNow, start: datetime, jobs: list[dict[str, Any]], zone: ZoneInfo) -> CrewRow:
    planned = [
        CrewJob(
            f"{one['role']} {one['zone_id'] or ''}".strip(),
            one["as_of"],
            one["as_of"] + timedelta(minutes=one["eta_min"]),
            one["as_of"] + timedelta(minutes=one["eta_min"] + one["reasons"].get("work_min", 0.0)),
        )
        for one in sorted(jobs, key=lambda one: (one["eta_min"], one["job_id"]))
    ]
    return CrewRow(crew.name, _shifts(crew.shift_start, crew.shift_end, start, zone), tuple(planned))


def _shifts(begins: time, ends: time, start: datetime, zone: ZoneInfo) -> tuple[tuple[datetime, datetime], ...]:
    """The shifts that touch the window, cut to it; one that ends before it begins goes over midnight."""
    found = []
    for day in range(-1, 2):
        on = (start.astimezone(zone) + timedelta(days=day)).date()
        first = datetime.combine(on, begins, zone).astimezone(UTC)
        last = datetime.combine(on + timedelta(days=int(ends <= begins)), ends, zone).astimezone(UTC)
        if first < start + AHEAD and last > start:
            found.append((max(first, start), min(last, start + AHEAD)))
    return tuple(found)
