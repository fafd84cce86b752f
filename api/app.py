"""The application: routers of every room behind one gate, one watch, one way of telling errors."""

import asyncio
from importlib.metadata import version
from uuid import uuid4

from asgi_correlation_id import CorrelationIdMiddleware
from fastapi import APIRouter, FastAPI

from api import search
from api.courses import delivery_routers as delivery
from api.courses import events as learner_events
from api.courses import loop_routers as loop
from api.courses import routers as courses
from api.doors import Found
from api.draining import Drain, Draining
from api.errors import add_error_handlers
from api.gate import Gate
from api.grid import inspections
from api.grid import reads as meter_files
from api.grid import routes as ami
from api.grid.outages import advice as outage_advice
from api.grid.outages import canonical, crews, lists, promotion
from api.grid.outages import signals as outage_signals
from api.grid.outages import storm_mode as outage_storm_mode
from api.grid.pages import (
    crew_board,
    crew_forms,
    events,
    feeders,
    meters,
    network,
    outage,
    outage_acts,
    outage_board,
    provisional,
    reads,
    replay,
    storm_mode,
    summary,
)
from api.grid.pages import health as grid_health
from api.idempotency import Idempotency
from api.kernel import (
    admin,
    advice,
    advice_rules,
    artifacts,
    countersign,
    health,
    ledger,
    lent,
    lineage,
    proposed_content,
    sign_in,
    sign_in_organisation,
)
from api.kernel.pages import admin_health, admin_keys, admin_people, admin_tenants, advice_rule_forms, me, queue
from api.kernel.pages import advice as advice_pages
from api.kernel.pages import advice_rules as advice_rules_pages
from api.kernel.pages import artifacts as artifact_pages
from api.kernel.pages import ledger as ledger_pages
from api.kernel.pages import lent as lent_pages
from api.kernel.pages import verify as verify_pages
from api.openapi import describe
from api.page_errors import PageErrors
from api.pages import mount_static
from api.stairs import routers as stairs
from api.stairs.pages import (
    amending,
    board,
    buildings,
    definition_forms,
    instrument_forms,
    laying,
    proof,
    registry_forms,
    rule_forms,
    rules,
    runner,
    schedule_forms,
    session,
    trends,
    untested,
)
from api.stairs.pages import faults as fault_pages
from api.stairs.pages import instruments as instrument_pages
from api.stairs.pages import reports as report_pages
from api.watch import REQUEST_ID, Watch

DESCRIPTION = "Machines observe and suggest; nothing takes effect until a person countersigns."
# Requests that may hold a transaction at once: fewer than the pool's connections, so that a request which holds one
# never waits behind those that wait for one.
SESSIONS = 10


def routers() -> list[APIRouter]:
    """The routers of every room, in the order in which their routes are tried."""
    events_of_learners = [learner_events.router, learner_events.pages, learner_events.public]
    kernel = [health, countersign, proposed_content, lent, ledger, artifacts, lineage, admin, advice, advice_rules]
    home = [
        sign_in,
        sign_in_organisation,
        queue,
        advice_pages,
        advice_rules_pages,
        advice_rule_forms,
        me,
        lent_pages,
        ledger_pages,
        artifact_pages,
        verify_pages,
        admin_people,
        admin_keys,
        admin_tenants,
        admin_health,
    ]
    grid = [ami, meter_files, inspections, grid_health, feeders, meters, events, reads, network]
    control_room = [outage_board, provisional, storm_mode, outage, outage_acts, replay, crew_board, crew_forms, summary]
    outages = [outage_signals, outage_storm_mode, promotion, canonical, outage_advice, crews, lists]
    visits = [board, runner, session, proof, untested, report_pages, fault_pages, laying, buildings, trends, amending]
    entering = [rules, rule_forms, schedule_forms, instrument_forms, instrument_pages, registry_forms, definition_forms]
    every = [*kernel, *home, *grid, *control_room, *outages, stairs, *visits, *entering, courses, delivery, loop]
    return events_of_learners + [one.router for one in every] + [courses.pages, loop.pages, search.router]


def create_app(*more: APIRouter) -> FastAPI:
    """Build the application; `more` routers come after the rooms' own."""
    app = FastAPI(
        title="Countersign",
        version=version("countersign"),
        description=DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.sessions = asyncio.Semaphore(SESSIONS)
    app.state.drain = Drain()
    app.router.routes.append(Found())
    for router in [*routers(), *more]:
        app.include_router(router)
    mount_static(app)
    add_error_handlers(app)
    app.openapi = lambda: describe(app)  # type: ignore[method-assign]
    # The last added is the outermost: id, page errors, watch, draining, gate,
    # idempotency, routes.
    app.add_middleware(Idempotency)
    app.add_middleware(Gate, application=app)
    app.add_middleware(Draining, drain=app.state.drain)
    app.add_middleware(Watch)
    app.add_middleware(PageErrors)
    app.add_middleware(
        CorrelationIdMiddleware,
        header_name="X-Request-ID",
        generator=lambda: uuid4().hex,
        validator=lambda given: REQUEST_ID.fullmatch(given) is not None,
    )
    return app
