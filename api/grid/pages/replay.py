"""A replay: the outage told from its first sign to the last customer, with what the advice would have changed."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import RedirectResponse, Response

from api.deps import allow
from api.forms import FormDep
from api.grid.pages.access import LOOKS, OPERATORS
from api.pages import Page, PageDep
from domain.grid.outages.charts.options import option_comparison
from domain.grid.outages.charts.restoration import restoration_curve
from domain.grid.outages.charts.timeline import timeline_strip
from domain.grid.outages.charts.zone_map import network_figure
from domain.grid.outages.charts.zones import zone_bars
from domain.grid.outages.rebuild import rebuild_advice
from domain.grid.outages.rules.summary import ReplaySummary
from domain.grid.outages.store import editions, replays
from domain.grid.outages.store.replays import Replay
from domain.grid.outages.suggest.report import export, summary_of
from domain.kernel.charts.chart import Chart
from domain.kernel.clock import utc_now
from domain.kernel.errors import CountersignError, NotFound
from domain.kernel.objects.chosen import open_store
from domain.kernel.principal import Role
from domain.kernel.verify import Check

router = APIRouter(include_in_schema=False)
EXPORTERS = OPERATORS | {Role.MANAGER, Role.REVIEWER}
EXPORTS = allow(roles=EXPORTERS)
CASES = {
    "as_recommended": "The first option, followed",
    "second_option": "The second option, followed",
    "ideal": "The best for the zone, known at once",
}


@router.get("/grid/replays/{replay_id}", dependencies=[LOOKS])
def replay_page(page: PageDep, replay_id: UUID) -> Response:
    """What is told of it, and the report's editions."""
    return _show(page, replays.load(page.connection, replay_id))


@router.get("/grid/replays/{replay_id}/report", dependencies=[LOOKS])
def report_file(
    page: PageDep,
    replay_id: UUID,
    edition: Annotated[str, Query(max_length=10)] = "signed",
    form: Annotated[str, Query(max_length=10)] = "pdf",
) -> Response:
    """A file of the report, by a link that is signed now."""
    found = replays.load(page.connection, replay_id)
    told = found.report_blob_ref.get(edition, {}).get("files", {}).get(form)
    if told is None:
        raise NotFound("There is no such file of the report.", hint="The replay's page names those that there are.")
    target = editions.target_of(found, edition, form, told)
    return RedirectResponse(open_store().link(page.principal.tenant_id, target, utc_now()).url, 303)


@router.post("/grid/replays/{replay_id}/export", dependencies=[EXPORTS])
def export_draft(page: PageDep, _: FormDep, replay_id: UUID) -> Response:
    """Write the draft edition and go to the proposal that a person signs for the signed one."""
    try:
        with page.connection.begin_nested():
            made = export(
                page.connection,
                open_store(),
                page.principal.tenant_id,
                replay_id,
                now=utc_now(),
                requested_by=page.principal.id,
            )
    except CountersignError as error:
        return _show(page, replays.load(page.connection, replay_id), error.status, error=error)
    return RedirectResponse(f"/countersign/{made.proposal.proposal_id}", 303)


@router.post("/grid/replays/{replay_id}/verify", dependencies=[LOOKS])
def verify(page: PageDep, _: FormDep, replay_id: UUID) -> Response:
    """Make the replay again from the rows as they are now, and compare every hash. Nothing is kept."""
    found = replays.load(page.connection, replay_id)
    return _show(page, found, checks=rebuild_advice(page.connection, found.run_id))


def _show(
    page: Page,
    found: Replay,
    status: int = 200,
    error: CountersignError | None = None,
    checks: list[Check] | None = None,
) -> Response:
    summary = summary_of(found)
    charts = _charts(summary)
    return page.show(
        "grid/replay.html",
        status,
        charts=charts,
        row=found,
        summary=summary,
        map_name=next((one.name for one in charts if one.name in {"zone-map", "one-line"}), ""),
        figures=_figures(summary),
        cases=CASES,
        may_export=bool(page.principal.roles & EXPORTERS),
        error=error,
        checks=checks,
        is_same=checks is not None and all(one.is_equal is not False for one in checks),
    )


def _charts(summary: ReplaySummary) -> list[Chart]:
    drawn = [restoration_curve(summary) if summary.curve else None, timeline_strip(summary), network_figure(summary)]
    drawn += [zone_bars(summary)] if summary.zones else []
    drawn += [option_comparison(summary)] if summary.options or summary.rejected_options else []
    return [one for one in drawn if one is not None]


def _figures(summary: ReplaySummary) -> list[tuple[str, Any, int, str, str]]:
    """Name, value, decimals, unit and what it covers; at most six."""
    told, metrics = summary.reliability, summary.metrics
    best = next((one for one in summary.counterfactual if one.case == "as_recommended"), None)
    return [
        (
            "Customers out at the peak",
            summary.outage.customers_out_peak,
            0,
            "",
            f"of {summary.outage.customers_served:,}",
        ),
        ("Until all were back", metrics["restoration_min"], 0, "min", "from the first sign"),
        ("Customer-minutes", told.cmi, 0, "", "interrupted"),
        ("SAIDI", told.saidi_min, 1, "min", "of this outage"),
        ("SAIFI", told.saifi, 3, "", "of this outage"),
        (
            "Had the first option been followed",
            None if best is None else best.delta_cmi,
            0,
            "",
            "customer-minutes, change",
        ),
    ]
