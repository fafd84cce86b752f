"""One outage as the control room works on it: how it stands, where the fault may be, what could be done, by whom."""

from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response

from api.grid.pages.access import LOOKS
from api.grid.pages.crew_board import SKILLS
from api.grid.pages.outage_board import STATUS, may_decide
from api.pages import Page, PageDep
from domain.grid.outages.charts.options import option_comparison, type_name
from domain.grid.outages.charts.restoration import restoration_curve
from domain.grid.outages.charts.zone_map import network_figure
from domain.grid.outages.rules.summary import ReplaySummary
from domain.grid.outages.store import advice, outages, replays, runs, signals
from domain.grid.outages.store.outages import ENDED, Outage
from domain.grid.outages.suggest.so_far import so_far
from domain.kernel.charts.chart import Chart
from domain.kernel.charts.words import number
from domain.kernel.clock import utc_now
from domain.kernel.errors import CountersignError

router = APIRouter(include_in_schema=False, dependencies=[LOOKS])
STEPS = {
    "RANK": "Zones ranked",
    "OPTIONS": "Options generated",
    "CREWS": "Crews recommended",
    "ETR": "Restoration estimated",
}
REPORTED = {
    "dispatched_at": "A crew was sent",
    "arrived_at": "The crew arrived",
    "isolated_at": "The fault was isolated",
    "fault_found_at": "The fault was found",
    "closed_at": "The work is closed",
}
GIVEN = {"accepted": "considered: accepted", "modified": "considered: changed", "rejected": "considered: rejected"}
TYPED = ("what", "at", "cause", "true_device_id", "true_zone_id")
NOTICES = {
    "zones": "Zones are ranked.",
    "options": "Options are generated.",
    "crews": "Crews are recommended.",
    "considered": "Marked as considered. Nothing was switched or sent.",
    "reported": "Reported.",
}


@router.get("/grid/outages/{outage_id}")
def outage_page(page: PageDep, outage_id: UUID, done: str = "") -> Response:
    """Everything that is known of it, with the advice that people had last."""
    return show(page, outages.load(page.connection, outage_id), notice=NOTICES.get(done))


def show(
    page: Page,
    outage: Outage,
    status: int = 200,
    error: CountersignError | None = None,
    values: dict[str, str] | None = None,
    notice: str | None = None,
) -> Response:
    """The page; after an act that was refused with what was typed."""
    summary = so_far(page.connection, page.principal.tenant_id, outage)
    made = {run.step: run for run in runs.of_outage(page.connection, outage.outage_id) if run.step in STEPS}
    charts = _charts(summary)
    return page.show(
        "grid/outage.html",
        status,
        skills=SKILLS,
        charts=charts,
        notice=notice,
        outage=outage,
        summary=summary,
        finding=_finding(outage, summary),
        figures=_figures(outage, summary, utc_now()),
        known_by=min((run.as_of for run in made.values()), default=None),
        heard=signals.watermark(page.connection),
        map_name=next((one.name for one in charts if one.name in {"zone-map", "one-line"}), ""),
        state=STATUS[outage.status],
        made=made,
        type_name=type_name,
        steps=STEPS,
        considered=_considered(page, [run.run_id for run in made.values()]),
        given=GIVEN,
        retold=replays.of_outage(page.connection, outage.outage_id),
        may_decide=may_decide(page.principal),
        is_over=outage.status in ENDED,
        reported=REPORTED,
        error=error,
        values=dict.fromkeys(TYPED, "") | (values or {}),
        now=utc_now(),
    )


def _charts(summary: ReplaySummary) -> list[Chart]:
    drawn = [network_figure(summary)]
    drawn += [option_comparison(summary)] if summary.options or summary.rejected_options else []
    drawn += [restoration_curve(summary)] if summary.curve else []
    return [one for one in drawn if one is not None]


def _finding(outage: Outage, summary: ReplaySummary) -> str:
    out, peak = summary.metrics["customers_still_out"] or 0, summary.outage.customers_out_peak
    of = f"of {summary.outage.feeder_name}"
    if outage.restored_at is not None:
        return f"All {number(peak)} customers {of} have supply again"
    return f"{number(out)} of {number(peak)} customers {of} are without supply"


def _figures(outage: Outage, summary: ReplaySummary, now: datetime) -> list[tuple[str, str, Any, str]]:
    """Name, kind, value, and what it covers; at most six."""
    told = summary.reliability
    return [
        ("Customers out", "count", summary.metrics["customers_still_out"], "now"),
        ("Critical customers", "count", summary.outage.critical_customers, "among them"),
        (
            "Back by, likely",
            "clock",
            outage.etr_current,
            _over(outage, outage.etr_current, "half of such outages", now),
        ),
        ("Back by, 9 of 10", "clock", outage.etr_p90, _over(outage, outage.etr_p90, "of such outages", now)),
        ("Customer-minutes", "count", told.cmi, "so far"),
        ("SAIDI", "minutes", told.saidi_min, "of this outage, so far"),
    ]


def _over(outage: Outage, estimate: datetime | None, words: str, now: datetime) -> str:
    """What an estimate covers; of one that has gone by, that it has."""
    is_past = estimate is not None and outage.restored_at is None and estimate < now
    return "this time has passed" if is_past else words


def _considered(page: Page, run_ids: list[UUID]) -> dict[str, str]:
    """By recommendation, what people last made of it."""
    return {one["rec_id"]: one["action"] for one in advice.feedback_on(page.connection, run_ids)}
