"""The board of sessions: what was visited, how far it is, and what waits for whom."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import RedirectResponse, Response

from api.deps import allow
from api.forms import FormDep, typed
from api.pages import Page, PageDep
from api.paging import LONGEST_CURSOR
from api.stairs.access import READS
from api.stairs.sessions import ORDER
from domain.kernel.clock import utc_now
from domain.kernel.errors import CountersignError, Invalid
from domain.kernel.principal import Role
from domain.stairs.observe.sessions import create_session
from domain.stairs.rules.vocabulary import FREQUENCIES
from domain.stairs.store import faults, instances, sessions
from domain.stairs.store.registry import building_names

router = APIRouter(include_in_schema=False, dependencies=[allow(roles=READS)])
SHOWN = 50
PLANNERS = frozenset({Role.TECHNICIAN, Role.MANAGER, Role.REVIEWER, Role.ADMIN, Role.TENANT_OWNER})
PLANS = allow(roles=PLANNERS)
TYPED = ("building_id", "frequency", "planned_for")
STATES = {
    "draft": ("plain", "planned"),
    "active": ("watch", "being walked"),
    "returned": ("watch", "returned"),
    "submitted": ("watch", "waits for review"),
    "approved": ("ok", "approved"),
    "void": ("unknown", "void"),
}
URGENCY = {
    "overdue": ("alarm", "overdue"),
    "never": ("watch", "no approved visit"),
    "soon": ("watch", "due within 30 days"),
    "later": ("ok", "later"),
}


@router.get("/stairs")
def board(
    page: PageDep,
    status: Annotated[str, Query(max_length=20)] = "",
    after: Annotated[str | None, Query(max_length=LONGEST_CURSOR)] = None,
) -> Response:
    """The newest first; the finding says what stands open."""
    return _show(page, status, after)


@router.post("/stairs", dependencies=[PLANS])
def plan(page: PageDep, form: FormDep) -> Response:
    """Plan a visit and go to it; a wrong field comes back with what was typed."""
    values = {name: typed(form, name, 40) for name in TYPED}
    try:
        with page.connection.begin_nested():
            made = create_session(page.connection, page.principal, **_visit(values))
    except CountersignError as error:
        return _show(page, "", None, error, values)
    return RedirectResponse(f"/stairs/sessions/{made.session.id}", 303)


def _visit(values: dict[str, str]) -> dict[str, Any]:
    """What was typed, as the domain takes it.

    Raises:
        Invalid: a field that is not one of the form's, or no day.
    """
    try:
        visit = {"building_id": UUID(values["building_id"]), "planned_for": date.fromisoformat(values["planned_for"])}
    except ValueError as cause:
        raise Invalid("No visit was planned.", hint="Choose a building and the day of the visit.") from cause
    if values["frequency"] not in FREQUENCIES:
        raise Invalid("No visit was planned.", hint="Choose one of the routines.")
    return visit | {"frequency": values["frequency"], "technician_id": None}


def _show(
    page: Page,
    status: str,
    after: str | None,
    error: CountersignError | None = None,
    values: dict[str, str] | None = None,
) -> Response:
    wanted = [status] if status in STATES else []
    before: Any = None if after is None else tuple(ORDER.read(after))
    found = sessions.listed(page.connection, SHOWN + 1, statuses=wanted, before=before)
    names = sorted(building_names(page.connection).items(), key=lambda pair: (pair[1], str(pair[0])))
    form: dict[str, Any] = {
        "may_plan": bool(page.principal.roles & PLANNERS),
        "buildings": names,
        "frequencies": FREQUENCIES,
        "values": dict.fromkeys(TYPED, "") | (values or {}),
        "error": error,
    }
    code = 200 if error is None else error.status
    if not found and not wanted and after is None:
        return page.show("stairs/board_empty.html", code, **form)
    open_faults = faults.listed(page.connection, SHOWN, status="open")
    last = {"planned_for": found[SHOWN - 1].planned_for, "id": found[SHOWN - 1].id} if len(found) > SHOWN else {}
    return page.show(
        "stairs/board.html",
        code,
        rows=[_row(page, one) for one in found[:SHOWN]],
        next_cursor=ORDER.write(last) if last else None,
        faults=open_faults,
        finding=_finding(found[:SHOWN], open_faults),
        states=STATES,
        chosen=status,
        due=_due(page) if not wanted and after is None else [],
        **form,
    )


def _row(page: Page, one: sessions.Session) -> dict[str, Any]:
    badge, word = STATES[one.status]
    return {
        "session": one,
        "progress": instances.progress(page.connection, one.id),
        "badge": badge,
        "word": word,
        "frequency": one.frequency.replace("_", "-"),
    }


def _due(page: Page) -> list[dict[str, Any]]:
    """The routines of all buildings, what is overdue first."""
    today = utc_now().astimezone(page.tenant.zone).date()
    order = list(URGENCY)
    found = [(one, one.state_on(today)) for one in sessions.routines(page.connection)]
    found.sort(key=lambda pair: (order.index(pair[1]), pair[0].due_on or date.min))
    return [{"routine": one, "badge": URGENCY[state][0], "word": URGENCY[state][1]} for one, state in found]


def _finding(found: list[sessions.Session], open_faults: list[dict[str, Any]]) -> str:
    waiting = sum(one.status == "submitted" for one in found)
    critical = sum(one["severity"] == "critical" for one in open_faults)
    faulty = {0: "No fault is open", 1: "One fault is open"}.get(
        len(open_faults), f"{len(open_faults)} faults are open"
    )
    if critical:
        many = "both" if critical == len(open_faults) == 2 else f"{critical} of them"
        faulty += ", a critical one" if len(open_faults) == 1 else f", {many} critical"
    waits = {0: "", 1: "; one session waits for review"}.get(waiting, f"; {waiting} sessions wait for review")
    return f"{faulty}{waits}."
