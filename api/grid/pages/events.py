"""Scenarios: inject one, publish the windows that show it, and see whether it did what it had to."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import RedirectResponse, Response

from api.deps import CallerDep
from api.forms import FormDep, typed
from api.grid.pages.access import LOOKS, OPERATES, may_operate
from api.grid.pages.scenario_form import KINDS, MODES, ScenarioForm
from api.pages import Page, PageDep
from domain.grid.metering.charts.outcomes import before_during_after
from domain.grid.metering.observe.publish import next_window_start, publish
from domain.grid.metering.observe.scenarios import cancel, inject
from domain.grid.metering.rules.emulator import SOURCE
from domain.grid.metering.rules.series import headline
from domain.grid.metering.store import jobs, scenarios, series
from domain.grid.metering.store.watermark import ingest_watermark
from domain.kernel.charts.words import moment_text
from domain.kernel.clock import utc_now
from domain.kernel.errors import Conflict, Invalid
from domain.kernel.settings import settings

router = APIRouter(include_in_schema=False)
PAGE_EVENTS = 20
MOST_FEEDERS = 500
WINDOWS = {"1": 1, "4": 4, "16": 16}
INTERVAL_MIN = 15
NOTICES = {
    "injected": "The event is stored. The windows that are published from now on show it.",
    "cancelled": "The event is cancelled. Windows that are published from now on are free of it.",
    "published": "The next windows are published.",
    "ahead": "Nothing more was published: the demo's clock is a day ahead of the wall clock.",
}


@router.get("/grid/events", dependencies=[LOOKS])
def events(page: PageDep, done: Annotated[str, Query(max_length=20)] = "") -> Response:
    """The events with what they had to do and did, and the form for a new one."""
    return _show(page, ScenarioForm(), notice=NOTICES.get(done))


@router.post("/grid/events", dependencies=[OPERATES])
def inject_event(page: PageDep, form: FormDep) -> Response:
    """Store a scenario; what is wrong comes back at its field, with everything that was typed."""
    filled = ScenarioForm.read(form)
    wish = filled.wish()
    if wish is not None:
        try:
            who = page.principal
            inject(page.tenant.tenant_id, wish, now=utc_now(), actor=who.id, actor_role=who.actor_role)
        except Invalid as error:
            filled.refused(error)
        else:
            return RedirectResponse("/grid/events?done=injected#events", 303)
    return _show(page, filled, 422)


@router.post("/grid/events/{event_id}/cancel", dependencies=[OPERATES])
def cancel_event(event_id: UUID, caller: CallerDep, _: FormDep) -> Response:
    """End a scenario by hand."""
    cancel(caller.tenant_id, str(event_id), now=utc_now(), actor=caller.id, actor_role=caller.actor_role)
    return RedirectResponse("/grid/events?done=cancelled#events", 303)


@router.post("/grid/events/publish", dependencies=[OPERATES])
def publish_windows(caller: CallerDep, form: FormDep) -> Response:
    """Publish the next windows of emulated reads: one, four or sixteen quarter hours."""
    now = utc_now()
    wanted = WINDOWS.get(typed(form, "windows"), 1)
    try:
        with jobs.job(caller.tenant_id, "publish-once", now) as job:
            for _ in range(wanted):
                result = publish(
                    caller.tenant_id,
                    interval_minutes=INTERVAL_MIN,
                    mode=settings().effective_write_mode,
                    now=now,
                    actor=caller.id,
                )
                job.counts, job.window_end = result.counts, result.window[1]
    except Conflict as refusal:
        if refusal.code != "DEMO_CLOCK_AHEAD":
            raise
        return RedirectResponse("/grid/events?done=ahead", 303)
    return RedirectResponse("/grid/events?done=published", 303)


def _show(page: Page, form: ScenarioForm, status: int = 200, notice: str | None = None) -> Response:
    outcomes = series.event_outcomes(page.connection, PAGE_EVENTS)
    end = series.data_through(page.connection)
    source = f"Countersign, tenant {page.tenant.tenant_id}"
    if end is not None:
        source += f", data through {moment_text(end, page.tenant.zone)}"
    shown = headline(outcomes)
    known: dict[str, Any] = {}
    for outcome in outcomes:
        known.setdefault(outcome.event_id, []).append(outcome)
    return page.show(
        "grid/events.html",
        status,
        charts=[before_during_after(shown[:8], page.tenant.zone, source)] if shown else [],
        notice=notice,
        events=scenarios.recent(page.connection, PAGE_EVENTS),
        outcomes=known,
        form=form,
        kinds=KINDS,
        modes=MODES,
        feeders=scenarios.feeder_names(page.connection, MOST_FEEDERS),
        may_inject=may_operate(page.principal) and page.tenant.is_demo,
        next_start=next_window_start(utc_now(), ingest_watermark(page.connection, SOURCE), INTERVAL_MIN),
        end=end,
    )
