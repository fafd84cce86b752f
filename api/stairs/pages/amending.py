"""The form that corrects an approved visit: which of its tests are repeated, on which day, and why."""

from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from api.forms import LongFormDep
from api.kernel.pages.filled import Filled
from api.pages import Page, PageDep
from api.stairs.pages.proof_words import KINDS, VERDICTS, where
from api.stairs.schemas import Amendment
from api.stairs.sessions import AMENDS
from domain.kernel.clock import utc_now
from domain.stairs.observe import sessions as visits
from domain.stairs.store import sessions
from domain.stairs.suggest.session_report import session_report

router = APIRouter(include_in_schema=False, dependencies=[AMENDS])
FIELDS = {"planned_for": "", "reason": ""}
BOXES = "instance_ids"


@router.get("/stairs/sessions/{session_id}/amend")
def to_correct(page: PageDep, session_id: UUID) -> Response:
    """Every test of the visit with its verdict; what does not comply is ticked."""
    session = sessions.load(page.connection, session_id)
    today = utc_now().astimezone(ZoneInfo(session.timezone)).date()
    return _show(page, session_id, Filled(FIELDS | {"planned_for": str(today)}), None)


@router.post("/stairs/sessions/{session_id}/amend")
def correct(page: PageDep, form: LongFormDep, session_id: UUID) -> Response:
    """Plan the correction and go to it; a wrong field comes back with what was typed and ticked."""
    filled = Filled.read(form, FIELDS)
    ticked = [one for one in form.getlist(BOXES) if isinstance(one, str)]
    if not ticked:
        filled.errors[BOXES] = "Tick at least one test."
    told = filled.shaped(Amendment, instance_ids=ticked)
    if told is not None:
        with filled.telling(), page.connection.begin_nested():
            made = visits.amend(page.connection, page.principal, session_id, **told.model_dump())
            return RedirectResponse(f"/stairs/sessions/{made.session.id}?done=amends", 303)
    return _show(page, session_id, filled, set(ticked))


def _show(page: Page, session_id: UUID, filled: Filled, ticked: set[str] | None) -> Response:
    """The form; a visit that cannot be corrected shows itself instead, with the visit that corrects it."""
    session = sessions.load(page.connection, session_id)
    is_open = session.status == "approved" and sessions.amendment_of(page.connection, session_id) is None
    if not is_open and filled.refusal is None:
        return RedirectResponse(f"/stairs/sessions/{session_id}", 303)
    tests = session_report(page.connection, session_id).instances
    failing = {one.instance_id for one in tests if one.verdict == "non_compliant"}
    return page.show(
        "stairs/amend.html",
        filled.status,
        session=session,
        form=filled,
        kinds=KINDS,
        badges=VERDICTS,
        tests=[(one, where(one)) for one in tests],
        ticked=failing if ticked is None else ticked,
    )
