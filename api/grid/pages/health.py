"""Grid health: is the data healthy, which feeder loses energy, and is it an artefact?"""

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from fastapi.responses import Response

from api.grid.pages.access import LOOKS
from api.grid.pages.freshness import freshness
from api.pages import Page, PageDep
from domain.grid.metering.charts.coverage import coverage_by_hour
from domain.grid.metering.charts.feeders import loss_by_feeder
from domain.grid.metering.charts.outcomes import before_during_after
from domain.grid.metering.rules.findings import health_finding
from domain.grid.metering.rules.series import headline
from domain.grid.metering.store import kpi, meters, series
from domain.kernel.charts.chart import Chart
from domain.kernel.charts.words import moment_text

router = APIRouter(include_in_schema=False, dependencies=[LOOKS])
WINDOWS = {"1h": ("in the last hour", "last hour", 1), "24h": ("in the last 24 hours", "last 24 hours", 24)}
OUTCOMES = 6


@router.get("/grid")
def health(page: PageDep, window: Annotated[Literal["1h", "24h"], Query()] = "1h") -> Response:
    """The finding first, then the numbers, then the evidence."""
    end = series.data_through(page.connection)
    if end is None:
        return page.show("grid/health_empty.html", counts=_registry(page))
    return page.show("grid/health.html", **_content(page, end, window))


def _registry(page: Page) -> dict[str, Any]:
    return kpi.rows(
        page.connection,
        "SELECT (SELECT count(*) FROM feeders WHERE tenant_id = current_setting('app.tenant')) AS feeders,"
        " (SELECT count(*) FROM meters WHERE tenant_id = current_setting('app.tenant') AND is_active) AS meters",
    )[0]


def _content(page: Page, end: datetime, window: str) -> dict[str, Any]:
    sentence, words, hours = WINDOWS[window]
    feeders = series.feeder_losses(page.connection, end - timedelta(hours=hours), end)
    current = kpi.current_loss(page.connection, kpi.latest_matched(page.connection, 4 * hours))
    outcomes = headline(series.event_outcomes(page.connection, OUTCOMES))[:OUTCOMES]
    hours_seen = series.coverage_hours(page.connection, end)
    source = f"Countersign, tenant {page.tenant.tenant_id}, data through {moment_text(end, page.tenant.zone)}"
    through = f"{words}, to {moment_text(end, page.tenant.zone)}"
    charts: list[Chart] = [loss_by_feeder(feeders, through, source=source)] if feeders else []
    charts += [before_during_after(outcomes, page.tenant.zone, source)] if outcomes else []
    charts += [coverage_by_hour(hours_seen, page.tenant.zone, source)] if hours_seen else []
    return {
        "charts": charts,
        "finding": health_finding(feeders, current["loss_pct"] if current else None, sentence),
        "feeders": feeders,
        "figures": _figures(page, current, words),
        "window": window,
        "end": end,
        "fresh": freshness(page.connection, end),
    }


def _figures(page: Page, current: dict[str, Any] | None, words: str) -> list[tuple[str, Any, str, str]]:
    """At most six numbers: name, value, kind of value, and what it covers."""
    days = [day for day in kpi.overview_days(page.connection, 3) if not day["is_partial"]]
    last = days[0] if days else None
    loss = current["loss_pct"] if current else None
    figures: list[tuple[str, Any, str, str]] = [("Loss now", loss, "percent", words)]
    if last is not None:
        on = f"{last['local_date']:%a} {last['local_date'].day} {last['local_date']:%b}"
        unexplained = None if last["ntl_pct"] is None else last["ntl_pct"] * last["delivered_kwh"] / 100
        figures += [
            ("Loss of the day", last["loss_pct_adj"], "percent", on),
            ("Not explained", unexplained, "kwh", f"{on}, beyond technical loss"),
            ("Reads arrived", last["coverage_pct"], "percent", on),
            ("Voltage below range A", last["voltage_below_a_pct"], "percent", f"of reads, {on}"),
            ("Suspicious meters", _suspicious(page, last), "count", f"score 60 or more, {on}"),
        ]
    return figures


def _suspicious(page: Page, day: dict[str, Any]) -> int | None:
    """How many meters are worth a look; None where nobody scored the day: it is no finding that there are none."""
    found: int = day["suspicious_meters"]
    return found if found or meters.is_scored(page.connection, day["local_date"]) else None
