"""Forms of the crew board: a crew is registered, brought up to date, and what it reports by radio is written down."""

from typing import Annotated, get_args

from fastapi import APIRouter, Query
from fastapi.responses import RedirectResponse, Response
from starlette.datastructures import FormData

from api.forms import FormDep
from api.grid.outages import crews as doors
from api.grid.outages.crews import DESK, CrewBody, CrewId, Doing, Skill, StatusBody
from api.grid.outages.schemas import Name
from api.grid.pages.crew_board import SKILLS, STATUS
from api.kernel.pages.filled import Filled
from api.pages import Page, PageDep
from domain.grid.outages.store import crews
from domain.grid.outages.store.crews import CrewNow
from domain.kernel.clock import utc_now
from domain.kernel.errors import NotFound

router = APIRouter(include_in_schema=False, dependencies=[DESK])
CREW = {
    "name": "",
    "depot": "",
    "lat": "",
    "lon": "",
    "shift_start": "",
    "shift_end": "",
    "vehicle": "",
    "members": "2",
    "parts": "",
}
REPORT = {"status": "", "current_job": "", "hours_worked": "", "lat": "", "lon": "", "note": ""}
NOTICES = {
    "stored": "The crew is stored. It is weighed when crews are recommended.",
    "reported": "The report is written down. The newest one holds when crews are recommended.",
}


class NewCrew(CrewBody):
    """A crew with the id that it is called by."""

    crew_id: Name


@router.get("/grid/crews/new")
def empty_form(page: PageDep) -> Response:
    """An empty form."""
    return _show_new(page, Filled({"crew_id": "", **CREW}), set())


@router.post("/grid/crews")
def register(page: PageDep, form: FormDep) -> Response:
    """Register a crew and go to it; one that stands is not replaced from here."""
    filled, skills = Filled.read(form, {"crew_id": "", **CREW}), _skills(form)
    if filled.values["crew_id"] in crews.names(page.connection):
        filled.errors["crew_id"] = "A crew has this id already; change that one."
    told = filled.shaped(NewCrew, skills=sorted(skills), parts=_parts(filled))
    if told is None or filled.errors:
        return _show_new(page, filled, skills)
    body = CrewBody.model_validate(told.model_dump(exclude={"crew_id"}))
    doors.put_crew(told.crew_id, body, page.connection, page.principal)
    return _back(told.crew_id, "stored")


@router.get("/grid/crews/{crew_id}")
def one(page: PageDep, crew_id: CrewId, done: Annotated[str, Query(max_length=20)] = "") -> Response:
    """What a crew is and what it last reported, each in a form."""
    return _show(page, crew_id, notice=NOTICES.get(done))


@router.post("/grid/crews/{crew_id}")
def change(page: PageDep, form: FormDep, crew_id: CrewId) -> Response:
    """Bring a crew up to date; what it reported stays."""
    _named(page, crew_id)
    filled, skills = Filled.read(form, CREW), _skills(form)
    told = filled.shaped(CrewBody, skills=sorted(skills), parts=_parts(filled))
    if told is None:
        return _show(page, crew_id, crew=filled, skills=skills)
    doors.put_crew(crew_id, told, page.connection, page.principal)
    return _back(crew_id, "stored")


@router.post("/grid/crews/{crew_id}/report")
def report(page: PageDep, form: FormDep, crew_id: CrewId) -> Response:
    """Write down what a crew reports, as of now."""
    _named(page, crew_id)
    filled = Filled.read(form, REPORT)
    told = filled.shaped(StatusBody)
    if told is None:
        return _show(page, crew_id, said=filled)
    doors.report_status(crew_id, told, page.connection)
    return _back(crew_id, "reported")


def _named(page: Page, crew_id: str) -> CrewNow:
    """The crew as it stands.

    Raises:
        NotFound: there is none of that id.
    """
    for one in crews.as_of(page.connection, utc_now()):
        if one.crew_id == crew_id:
            return one
    raise NotFound(f"There is no crew {crew_id}.", hint="The crew board lists them.")


def _skills(form: FormData) -> set[str]:
    return {str(one) for one in form.getlist("skills") if one in get_args(Skill)}


def _parts(filled: Filled) -> list[str]:
    return [part.strip() for part in filled.values["parts"].split(",") if part.strip()]


def _back(crew_id: str, done: str) -> Response:
    return RedirectResponse(f"/grid/crews/{crew_id}?done={done}", 303)


def _show_new(page: Page, filled: Filled, skills: set[str]) -> Response:
    return page.show("grid/crew_new.html", filled.status, form=filled, ticked=skills, skills=SKILLS)


def _show(
    page: Page,
    crew_id: str,
    *,
    crew: Filled | None = None,
    skills: set[str] | None = None,
    said: Filled | None = None,
    notice: str | None = None,
) -> Response:
    now = _named(page, crew_id)
    entered = {name: getattr(now, name) for name in CREW} | {
        "parts": ", ".join(now.parts),
        "shift_start": f"{now.shift_start:%H:%M}",
        "shift_end": f"{now.shift_end:%H:%M}",
    }
    last = {name: getattr(now, name) for name in REPORT if name != "note"} | {"note": ""}
    return page.show(
        "grid/crew.html",
        (crew or said or Filled({})).status,
        notice=notice,
        crew=now,
        form=crew or Filled(_texts(entered)),
        said=said or Filled(_texts(last)),
        ticked=set(now.skills) if skills is None else skills,
        skills=SKILLS,
        states=[(one, STATUS[one][1]) for one in get_args(Doing)],
        state=STATUS.get(now.status, ("unknown", now.status)),
    )


def _texts(values: dict[str, object]) -> dict[str, str]:
    return {name: "" if value is None else str(value) for name, value in values.items()}
