"""One session as a reviewer reads it: finding, what does not comply, pressure by floor, every test with its proof."""

from dataclasses import replace
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response

from api.deps import allow
from api.pages import PageDep
from api.stairs.access import READS
from api.stairs.pages.board import STATES
from domain.kernel.charts.chart import Chart
from domain.stairs.report.figures import force_figure, pressure_figure, sequence_figures
from domain.stairs.report.sections.proof import CEILING, ceilings
from domain.stairs.rules.report_content import InstancePart, SessionReport
from domain.stairs.store import sessions, submissions
from domain.stairs.suggest.session_report import session_report

router = APIRouter(include_in_schema=False, dependencies=[allow(roles=READS)])
KINDS = {
    "pressure_differential": "Pressure",
    "air_velocity": "Air velocity",
    "door_opening_force": "Door opening force",
    "cause_and_effect_logic": "Cause and effect",
    "interface_test": "Interface",
}

STATES_OF_STAIR = {
    "evac_doors_open": "evacuation doors open",
    "pressurisation_active": "fans on",
    "pressurisation_off": "fans off",
}


@router.get("/stairs/sessions/{session_id}")
def session_page(session_id: UUID, page: PageDep) -> Response:
    """What the report of the session will say, before it is one."""
    session = sessions.load(page.connection, session_id)
    told = session_report(page.connection, session_id)
    charts = _charts(told)
    return page.show(
        "stairs/session.html",
        charts=charts,
        names=[chart.name for chart in charts],
        session=session,
        report=told,
        finding=_finding(told),
        state=STATES[session.status],
        kinds=KINDS,
        is_tested=any(one.verdict is not None for one in told.instances),
        tests=[(one, _where(one)) for one in told.instances],
        noticed=[one.text for one in told.observations if one.code != CEILING],
        ceilings=ceilings(told.observations),
        conflicts=submissions.conflicts(page.connection, session_id),
    )


def _where(one: InstancePart) -> str:
    """The place and its state, as one would say it at the door."""
    told = one.configuration or ""
    parts = (one.stair, one.floor_level, one.place, STATES_OF_STAIR.get(told, told.replace("_", " ")))
    return ", ".join(part for part in parts if part)


def _charts(told: SessionReport) -> list[Chart]:
    stairs = sorted({one.stair for one in told.counted})
    drawn = []
    for place, stair in enumerate(stairs, start=1):
        own = [one for one in told.counted if one.stair == stair]
        if not any(one.measured is not None for one in own):
            continue
        figures = (pressure_figure(stair, own), force_figure(stair, own))
        drawn += [replace(chart, name=f"{chart.name}-{place}") for chart in figures if chart is not None]
    sequences = sequence_figures(told.counted)
    return [*drawn, *(replace(one, name=f"{one.name}-{place}") for place, one in enumerate(sequences, start=1))]


def _finding(told: SessionReport) -> str:
    failed, undecided = len(told.having("non_compliant")), len(told.having("indeterminate"))
    tested = sum(one.verdict is not None for one in told.counted)
    if not tested:
        return f"None of {len(told.counted)} tests has a result yet."
    if not failed and not undecided:
        return f"All {tested} tests with a verdict comply."
    open_ones = f"; {undecided} {'is' if undecided == 1 else 'are'} not decided" if undecided else ""
    return f"{failed} of {tested} tests {'does' if failed == 1 else 'do'} not comply{open_ones}."
