"""What people do on an outage's page: ask for advice, mark it as considered, report how the work goes on."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from api.deps import allow
from api.forms import FormDep, typed
from api.grid.pages.access import OPERATORS
from api.grid.pages.outage import REPORTED, TYPED, show
from api.grid.pages.outage_board import DECIDES
from api.pages import Page, PageDep
from domain.grid.outages.observe.progress import note_progress
from domain.grid.outages.store import advice, outages, runs
from domain.grid.outages.suggest.crews import recommend
from domain.grid.outages.suggest.made import Advice
from domain.grid.outages.suggest.options import generate
from domain.grid.outages.suggest.rank import rank
from domain.grid.outages.suggest.replay import replay
from domain.kernel.canonical import new_id
from domain.kernel.clock import utc_now
from domain.kernel.errors import CountersignError, Invalid, NotFound
from domain.kernel.events import record
from domain.kernel.principal import Role
from domain.kernel.redaction import redact

router = APIRouter(include_in_schema=False)
ADVISES = allow(roles=OPERATORS | {Role.MANAGER, Role.REVIEWER})
KINDS = {"zone", "option", "crew", "etr"}
MAKERS: dict[str, Callable[..., Advice]] = {"zones": rank, "options": generate, "crews": recommend}
ACTIONS = {"accepted", "modified", "rejected"}
Step = Literal["zones", "options", "crews", "replay"]


@router.post("/grid/outages/{outage_id}/ask/{step}", dependencies=[ADVISES])
def ask_for(page: PageDep, _: FormDep, outage_id: UUID, step: Step) -> Response:
    """Have the step made on what is known by now; the same question again is the same run."""
    outage = outages.load(page.connection, outage_id)
    given: dict[str, Any] = {"now": utc_now(), "requested_by": page.principal.id}
    asked = (page.connection, page.principal.tenant_id, outage_id)
    try:
        with page.connection.begin_nested():
            if step == "replay":
                made = replay(*asked, **given)
                return RedirectResponse(f"/grid/replays/{made.replay.replay_id}", 303)
            MAKERS[step](*asked, **given)
    except CountersignError as error:
        return show(page, outage, error.status, error=error)
    return RedirectResponse(f"/grid/outages/{outage_id}?done={step}#{step}", 303)


@router.post("/grid/outages/{outage_id}/considered", dependencies=[DECIDES])
def considered(page: PageDep, form: FormDep, outage_id: UUID) -> Response:
    """Keep what became of a recommendation, under the run that gave it.

    Raises:
        NotFound: the run is not of this outage.
        Invalid: no such kind of recommendation, or no such answer.
    """
    run = runs.load(page.connection, _uuid(typed(form, "run_id", 40)))
    if run.outage_id != outage_id:
        raise NotFound("The run is not of this outage.", hint="Go back and reload the page.")
    kind, action = typed(form, "rec_type", 20), typed(form, "action", 20)
    if kind not in KINDS or action not in ACTIONS:
        raise Invalid("Nothing was kept.", hint="Go back and choose one of the three answers.")
    row: dict[str, Any] = {
        "rec_type": kind,
        "rec_id": typed(form, "rec_id", 200),
        "action": action,
        "reason_code": None,
    }
    row |= {"note": typed(form, "note", 2000) or None, "run_id": run.run_id}
    advice.feedback(page.connection, redact(row) | {"feedback_id": new_id(), "actor_id": page.principal.id})
    record(
        page.connection,
        "grid.feedback.given",
        actor_id=page.principal.id,
        actor_role=page.principal.actor_role,
        entity_type=kind,
        entity_id=str(row["rec_id"]),
        outage_id=str(outage_id),
        run_id=run.run_id,
        payload={"action": action},
    )
    return RedirectResponse(f"/grid/outages/{outage_id}?done=considered#{kind}s", 303)


@router.post("/grid/outages/{outage_id}/progress", dependencies=[DECIDES])
def report(page: PageDep, form: FormDep, outage_id: UUID) -> Response:
    """Write down what the control room reports; a wrong field comes back with what was typed."""
    outage = outages.load(page.connection, outage_id)
    values = {name: typed(form, name, 200) for name in TYPED}
    try:
        with page.connection.begin_nested():
            note_progress(
                page.connection,
                outage_id,
                _told(page, values),
                now=utc_now(),
                actor_id=page.principal.id,
                actor_role=page.principal.actor_role,
            )
    except CountersignError as error:
        return show(page, outage, error.status, error=error, values=values)
    return RedirectResponse(f"/grid/outages/{outage_id}?done=reported", 303)


def _told(page: Page, values: dict[str, str]) -> dict[str, Any]:
    told: dict[str, Any] = {name: values[name] or None for name in ("cause", "true_device_id", "true_zone_id")}
    if values["what"] in REPORTED:
        told[values["what"]] = _instant(page, values["at"])
    return told


def _instant(page: Page, text: str) -> datetime:
    """A local time as the browser's field writes it; now where none was given."""
    if not text:
        return utc_now()
    try:
        return datetime.fromisoformat(text).replace(tzinfo=page.tenant.zone).astimezone(UTC)
    except (ValueError, OverflowError) as cause:
        raise Invalid("The time was not understood; nothing was reported.", hint="Write 2026-11-20T21:24.") from cause


def _uuid(given: str) -> UUID:
    try:
        return UUID(given)
    except ValueError as cause:
        raise NotFound("There is no such run.", hint="Go back and reload the page.") from cause
