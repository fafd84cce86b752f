"""Suspicious meters, and one meter with what speaks for and against it. Advice, never an accusation."""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import Connection

from api.forms import FormDep, typed
from api.grid.pages.access import LOOKS, PROPOSES, may_propose
from api.grid.pages.freshness import freshness
from api.pages import Page, PageDep
from domain.grid.metering.charts.meter_hours import carpet, voltage_against_energy
from domain.grid.metering.charts.meters import REASONS, meter_days, reasons_by_meter
from domain.grid.metering.charts.voltage import VoltagePoint, voltage_over_time
from domain.grid.metering.rules.flags import MEANINGS, Flag
from domain.grid.metering.rules.inspection import content_of, list_csv
from domain.grid.metering.rules.meter_hours import habit_of
from domain.grid.metering.rules.series import SuspiciousMeter
from domain.grid.metering.store import meters as store
from domain.grid.metering.store import scenarios, series
from domain.grid.metering.suggest import SUSPICIOUS_SCORE, propose_inspection
from domain.kernel.advice import work
from domain.kernel.advice.interval import Share, share
from domain.kernel.charts.chart import Chart
from domain.kernel.charts.words import moment_text
from domain.kernel.errors import NotFound

router = APIRouter(include_in_schema=False, dependencies=[LOOKS])
SIGNAL = "METER_SUSPICION"
PAGE_ROWS = 50
# Of a file: more than anybody looks at.
MOST_ROWS = 10_000
TOP = 10
READS_SHOWN = timedelta(hours=48)
# Of the carpet; days before the judged ones from which a meter's habit is learnt; and neighbours that are asked.
CARPET_DAYS, HABIT_DAYS, MOST_PEERS = 28, 14, 9
DEFAULT_WINDOW_DAYS = 7
MOST_FEEDERS = 500
SCORE = re.compile(r"\d{1,3}(\.\d{1,3})?")


@dataclass(frozen=True)
class Asked:
    """Which scored meters the address asks for; all feeders and reasons where it names none."""

    feeder: Annotated[str, Query(max_length=200)] = ""
    reason: Annotated[str, Query(max_length=40)] = ""
    score: Annotated[float, Query(ge=0, le=100)] = 20

    def among(self, connection: Connection, on: date, limit: int, after_rank: int = 0) -> list[SuspiciousMeter]:
        """They, in order of rank."""
        feeder, reason = self.feeder or None, self.reason or None
        return store.suspicious(
            connection, on, feeder=feeder, reason=reason, least=self.score, after_rank=after_rank, limit=limit
        )


AskedDep = Annotated[Asked, Depends()]


@router.get("/grid/meters")
def suspicious_meters(
    page: PageDep, asked: AskedDep, after: Annotated[int, Query(ge=0, le=10_000_000)] = 0
) -> Response:
    """The latest scoring in order of rank, by feeder, reason and least score; fifty to a page."""
    on = store.scored_on(page.connection)
    if on is None:
        return page.show("grid/meters_empty.html")
    found = asked.among(page.connection, on, PAGE_ROWS + 1, after)
    rows, more = found[:PAGE_ROWS], len(found) > PAGE_ROWS
    source = f"Countersign, tenant {page.tenant.tenant_id}, scored for {on:%a} {on.day} {on:%b} {on.year}"
    charts = [reasons_by_meter(rows[:TOP], f"{on:%a} {on.day} {on:%b}", source)] if rows else []
    return page.show(
        "grid/meters.html",
        charts=charts,
        rows=rows,
        scored_on=on,
        feeders=scenarios.feeder_names(page.connection, MOST_FEEDERS),
        reasons={code: name for code, (name, _) in REASONS.items()},
        filters=asked,
        after=after,
        next_after=rows[-1].rank if more else None,
        may_propose=may_propose(page.principal),
        hits=_hits(page),
        most=min(TOP, len(rows)),
        fresh=freshness(page.connection, series.data_through(page.connection)),
    )


def _hits(page: Page) -> Share:
    """How often a suspicious meter that somebody looked at was what it seemed."""
    told = [row for row in work.precision(page.connection, "grid") if row["signal_type"] == SIGNAL]
    whole = [row for row in told if row["reason"] == "*"]
    return share(sum(row["found"] for row in whole), sum(row["closed_items"] for row in whole))


@router.get("/grid/meters.csv")
def as_csv(page: PageDep, asked: AskedDep) -> Response:
    """All that the filters show, in order of rank; the columns of the crew's list.

    Raises:
        NotFound: nothing has been scored.
    """
    on = store.scored_on(page.connection)
    if on is None:
        raise NotFound("No meters have been scored yet.", hint="They are, once a whole local day of reads has arrived.")
    named = {"Content-Disposition": f'attachment; filename="suspicious-meters-{on}.csv"'}
    found = asked.among(page.connection, on, MOST_ROWS)
    return Response(list_csv(content_of(on, found)), media_type="text/csv; charset=utf-8", headers=named)


@router.post("/grid/meters/inspect", dependencies=[PROPOSES])
def inspect(page: PageDep, form: FormDep) -> Response:
    """Propose the meters that the filters show, the first ten, for inspection; the proposal's page opens.

    Raises:
        NotFound: no meter fits.
    """
    least = typed(form, "score", 10)
    found = propose_inspection(
        page.connection,
        proposed_by=page.principal.id,
        actor_role=page.principal.actor_role,
        most=TOP,
        least_score=float(least) if SCORE.fullmatch(least) else SUSPICIOUS_SCORE,
        feeder_id=typed(form, "feeder", 200) or None,
    )
    return RedirectResponse(f"/countersign/{found.proposal_id}", 303)


@router.get("/grid/meters/{meter_id}")
def meter(page: PageDep, meter_id: str) -> Response:
    """One meter: days beside the expected, voltage beside its neighbours, reasons, peers, reads and flags.

    Raises:
        NotFound: the tenant has no such meter.
    """
    known = store.meter(page.connection, meter_id)
    if known is None:
        raise NotFound("There is no meter with this id.", hint="The list of suspicious meters links to each.")
    scored = store.suspicion_of(page.connection, meter_id)
    last_day = store.last_day(page.connection, meter_id)
    if last_day is None:
        return page.show("grid/meter_empty.html", meter=known)
    window_days = scored["window_days"] if scored else DEFAULT_WINDOW_DAYS
    peers = store.peers(page.connection, meter_id, known["transformer_id"], last_day)
    judged_on = scored["local_date"] if scored else None
    charts, reads = _charts(page, known, window_days, [peer["meter_id"] for peer in peers], judged_on)
    return page.show(
        "grid/meter.html",
        charts=charts,
        meter=known,
        fresh=freshness(page.connection, reads[-1]["read_at"] if reads else None),
        scored=scored,
        reason_names={code: name for code, (name, _) in REASONS.items()},
        peers=peers,
        last_day=last_day,
        reads=[read | {"flags": flag_names(read["quality_flags"])} for read in reversed(reads)],
        versions=store.versions(page.connection, meter_id),
    )


def _charts(
    page: Page, known: dict[str, Any], window_days: int, peer_ids: list[str], judged_on: date | None
) -> tuple[list[Chart], list[dict[str, Any]]]:
    meter_id, feeder_id, zone = known["meter_id"], known["feeder_id"], page.tenant.zone
    last_day = store.last_day(page.connection, meter_id)
    end = None if last_day is None else store.last_read_at(page.connection, meter_id, last_day)
    if last_day is None or end is None:
        return [], []
    source = f"Countersign, tenant {page.tenant.tenant_id}, data through {moment_text(end, zone)}"
    days = store.days(page.connection, meter_id, feeder_id, last_day, window_days)
    events = series.events_on_feeder(page.connection, feeder_id, end - timedelta(days=36), end)
    reads = store.reads(page.connection, meter_id, peer_ids, end - READS_SHOWN, end)
    names = ("read_at", "interval_minutes", "kwh", "voltage", "peer_voltage")
    points = [VoltagePoint(*(read[name] for name in names)) for read in reads]
    charts = [meter_days(meter_id, days, events, zone, source)]
    charts += [voltage_over_time(meter_id, points, events, zone, source)] if points else []
    charts += _hours(page, meter_id, (judged_on or last_day, window_days), peer_ids[:MOST_PEERS], end, source)
    return charts, reads


def _hours(
    page: Page, meter_id: str, window: tuple[date, int], peer_ids: list[str], end: datetime, source: str
) -> list[Chart]:
    """The carpet, and the voltage of the scored days against their reads where the days before say what is usual."""
    zone, (last, days) = page.tenant.zone, window
    judged_to = datetime.combine(last + timedelta(days=1), time(), zone)
    judged_from = judged_to - timedelta(days=days)
    hours = store.hours(page.connection, meter_id, peer_ids, end, CARPET_DAYS, judged_from - timedelta(days=HABIT_DAYS))
    judged = [one for one in hours if judged_from <= one.hour < judged_to]
    habit = habit_of([one for one in hours if one.hour < judged_from])
    charts = [carpet(meter_id, hours, zone, source)] if hours else []
    if habit is not None and any(one.apart is not None for one in judged):
        charts.insert(0, voltage_against_energy(meter_id, judged, habit, zone, source))
    return charts


def flag_names(bits: int) -> list[str]:
    """What the quality flags of a read mean, without that of a plain actual read."""
    return [meaning.meaning for flag, meaning in MEANINGS.items() if flag & bits and flag is not Flag.ACTUAL]
