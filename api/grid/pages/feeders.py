"""One feeder: its loss over time, where the energy went, and the rows beneath."""

from datetime import timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from fastapi.responses import Response

from api.grid.pages.access import LOOKS
from api.grid.pages.freshness import freshness
from api.pages import PageDep
from domain.grid.metering.charts.energy import delivered_and_metered, waterfall
from domain.grid.metering.charts.loss import finding, loss_over_time
from domain.grid.metering.charts.outcomes import before_during_after
from domain.grid.metering.rules.series import headline, hourly
from domain.grid.metering.store import meters, series
from domain.kernel.charts.words import moment_text
from domain.kernel.errors import NotFound

router = APIRouter(include_in_schema=False, dependencies=[LOOKS])
HOURS = {"24h": 24, "48h": 48, "7d": 168}
TOP_METERS = 5


@router.get("/grid/feeders/{feeder_id}")
def feeder(page: PageDep, feeder_id: str, window: Annotated[Literal["24h", "48h", "7d"], Query()] = "24h") -> Response:
    """The feeder over a window that ends with its data.

    Raises:
        NotFound: the tenant has no such feeder.
    """
    connection, zone = page.connection, page.tenant.zone
    found = series.feeder(connection, feeder_id)
    if found is None:
        raise NotFound("There is no feeder with this id.", hint="Grid health lists the feeders.")
    end = series.data_through(connection)
    start = end - timedelta(hours=HOURS[window]) if end else None
    points = series.feeder_intervals(connection, feeder_id, start, end) if end and start else []
    if not points or end is None or start is None:
        return page.show("grid/feeder_empty.html", feeder=found, window=window)
    shown = hourly(points) if window == "7d" else points
    events = series.events_on_feeder(connection, feeder_id, start, end)
    source = f"Countersign, tenant {page.tenant.tenant_id}, data through {moment_text(end, zone)}"
    outcomes = [o for o in headline(series.event_outcomes(connection, 40)) if o.feeder_id == feeder_id][:4]
    charts = [
        loss_over_time(feeder_id, shown, events, zone, source),
        delivered_and_metered(feeder_id, shown, events, zone, source),
        waterfall(feeder_id, points, zone, source),
        *([before_during_after(outcomes, zone, source)] if outcomes else []),
    ]
    on = meters.scored_on(connection)
    return page.show(
        "grid/feeder.html",
        charts=charts,
        feeder=found,
        finding=finding(feeder_id, points, events),
        window=window,
        end=end,
        fresh=freshness(connection, end),
        scored_on=on,
        suspicious=meters.suspicious(connection, on, feeder=feeder_id, limit=TOP_METERS) if on else [],
    )
