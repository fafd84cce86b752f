"""The one page for whoever pays: does it work, what is it worth, and how few steps lie behind each number."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from api.grid.pages.access import LOOKS
from api.grid.pages.freshness import freshness
from api.pages import Page, PageDep
from domain.grid.metering.charts.feeders import loss_by_feeder
from domain.grid.metering.charts.outcomes import before_during_after
from domain.grid.metering.rules.series import headline
from domain.grid.metering.store import kpi, series
from domain.grid.outages.charts.restoration import restoration_curve
from domain.grid.outages.rules.summary import ReplaySummary
from domain.grid.outages.store import outages, replays
from domain.grid.outages.store.replays import Replay
from domain.grid.outages.suggest.report import summary_of
from domain.kernel.administration.energy_price import EnergyPrice
from domain.kernel.administration.tenants import tenant_row
from domain.kernel.charts.chart import Chart
from domain.kernel.charts.words import number, percent

router = APIRouter(include_in_schema=False, dependencies=[LOOKS])
OUTCOMES = 3
# Complete days that the sum of money covers at most.
MONTH = 30


@router.get("/grid/summary")
def summary(page: PageDep) -> Response:
    """The numbers, what an event did against what it had to do, and what the last replay says would have been saved."""
    end = series.data_through(page.connection)
    days = [day for day in kpi.overview_days(page.connection, MONTH + 1) if not day["is_partial"]][:MONTH]
    day = days[0] if days else None
    price = tenant_row(page.connection).energy_price
    worth = worth_of(days, price)
    sums = outages.standing(page.connection)
    newest = replays.newest(page.connection)
    told = None if newest is None else summary_of(newest)
    outcomes = headline(series.event_outcomes(page.connection, OUTCOMES))[:OUTCOMES]
    return page.show(
        "grid/summary.html",
        charts=_charts(page, day, outcomes, told),
        finding=_finding(day, sums),
        figures=_figures(day, sums, told, worth),
        worth=worth,
        priced=price is not None,
        day=day,
        end=end,
        fresh=freshness(page.connection, end),
        outcomes=outcomes,
        replay=newest,
        told=told,
        case=_first_option(told),
        signed_files=_files(newest),
    )


@dataclass(frozen=True)
class Worth:
    """What the energy that nothing explains is worth, at the price that the tenant stated.

    Attributes:
        kwh: beyond technical loss, over `days` complete local days from `since` to `through`; never below nothing.
    """

    kwh: float
    days: int
    since: date
    through: date
    price: EnergyPrice

    @property
    def told(self) -> str:
        """The sum with its currency, to whole units."""
        return f"{self.price.currency} {number(self.kwh * self.price.per_kwh)}"


def worth_of(days: Sequence[dict[str, Any]], price: EnergyPrice | None) -> Worth | None:
    """The sum over the days; None where nobody stated a price, or no complete day says how much is not explained."""
    known = [day for day in days if day["ntl_pct"] is not None]
    if price is None or not known:
        return None
    kwh = math.fsum(day["ntl_pct"] * day["delivered_kwh"] / 100 for day in known)
    when = [day["local_date"] for day in known]
    return Worth(max(kwh, 0.0), len(known), min(when), max(when), price)


def _first_option(told: ReplaySummary | None) -> Any:
    cases = [] if told is None else told.counterfactual
    return next((one for one in cases if one.case == "as_recommended"), None)


def _files(newest: Replay | None) -> list[tuple[str, str]]:
    """Edition and ending of what can be downloaded, the signed edition before the draft."""
    if newest is None:
        return []
    edition = next((one for one in ("signed", "draft") if one in newest.report_blob_ref), None)
    return [] if edition is None else [(edition, one) for one in sorted(newest.report_blob_ref[edition]["files"])]


def _finding(day: dict[str, Any] | None, sums: outages.Standing) -> str:
    supply = (
        f"{number(sums.customers_out)} customers are without supply"
        if sums.customers_out
        else "nobody is known to be without supply"
    )
    if day is None or day["loss_pct_adj"] is None:
        return supply[0].upper() + supply[1:]
    return f"{percent(day['loss_pct_adj'])} of the energy delivered was lost, and {supply}"


def _figures(
    day: dict[str, Any] | None, sums: outages.Standing, told: ReplaySummary | None, worth: Worth | None
) -> list[tuple[str, str, str, str]]:
    """Name, value, what it covers, and the page that it is made from; at most six."""
    found = []
    if day is not None:
        on = f"{day['local_date']:%a} {day['local_date'].day} {day['local_date']:%b}"
        lost = None if day["ntl_pct"] is None else day["ntl_pct"] * day["delivered_kwh"] / 100
        found += [
            ("Energy lost", percent(day["loss_pct_adj"]), on, "/grid"),
            ("Not explained", f"{number(lost)} kWh", f"{on}, beyond technical loss", "/grid/meters"),
            ("Reads arrived", percent(day["coverage_pct"]), on, "/grid/reads")
            if worth is None
            else (
                "Not explained, worth",
                worth.told,
                f"{number(worth.kwh)} kWh of {worth.days} day{'s' if worth.days > 1 else ''}, stated price",
                "#worth",
            ),
        ]
    found.append(("Customers without supply", number(sums.customers_out), "now", "/grid/outages"))
    if told is not None:
        found.append(
            ("SAIDI", f"{number(told.reliability.saidi_min, 1)} min", "last replay", f"/grid/replays/{told.replay_id}")
        )
        case = _first_option(told)
        if case is not None:
            where = f"/grid/replays/{told.replay_id}"
            found.append(
                (
                    "Had advice been followed",
                    number(case.delta_cmi),
                    "customer-minutes; first option, last replay",
                    where,
                )
            )
    return found


def _charts(page: Page, day: dict[str, Any] | None, outcomes: Any, told: ReplaySummary | None) -> list[Chart]:
    zone = page.tenant.zone
    source = f"Countersign, tenant {page.tenant.tenant_id}"
    drawn: list[Chart] = []
    if outcomes:
        drawn.append(before_during_after(outcomes, zone, source))
    elif day is not None:
        feeders = series.feeder_day_losses(page.connection, day["local_date"])
        through = f"{day['local_date']:%a} {day['local_date'].day} {day['local_date']:%b}"
        drawn += [loss_by_feeder(feeders, through, source=source)] if feeders else []
    if told is not None and told.curve:
        drawn.append(restoration_curve(told))
    return drawn
