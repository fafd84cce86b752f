"""The form of a new course: the seven inputs of an author. What it asks for is drafted by the worker."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response
from pydantic import ValidationError

from api.courses.pages.board import AUTHORS
from api.deps import allow
from api.forms import FormDep, typed
from api.kernel.pages.filled import sentence
from api.pages import Page, PageDep
from domain.courses.authoring.observe.drafts import Author
from domain.courses.authoring.observe.requests import ask_for_syllabus
from domain.courses.content.request import KnownConstraint, Level, SyllabusRequest, TeachingStyle
from domain.kernel.errors import CountersignError

router = APIRouter(include_in_schema=False, dependencies=[allow(roles=AUTHORS)])
LONGEST = 2000
DEFAULTS = {
    "courseTitle": "",
    "targetAudience": "",
    "skillLevel": "beginner",
    "timeBudgetMinutes": "240",
    "teachingStyle": "practical",
    "language": "en",
    "seed": "0",
    "more": "",
}
CONSTRAINTS = {
    "ExamFocused": "towards an examination",
    "ProjectBased": "around projects",
    "Practical": "practical throughout",
    "NoVideo": "without video",
    "Accessible": "for readers with disabilities",
}


@dataclass(frozen=True)
class Typed:
    """What was typed, and what is wrong with it."""

    values: Mapping[str, str]
    errors: Mapping[str, str]


@router.get("/admin/new-course")
def new_course(page: PageDep) -> Response:
    """The empty form."""
    return _show(page, dict(DEFAULTS), set())


@router.post("/admin/new-course")
def ask(page: PageDep, form: FormDep) -> Response:
    """Ask for the draft of the course's map; every wrong field is told at the field and keeps what was typed."""
    values = {name: typed(form, name, LONGEST) if name in form else usual for name, usual in DEFAULTS.items()}
    ticked = {one for one in form.getlist("constraints") if isinstance(one, str) and one in get_args(KnownConstraint)}
    try:
        request = SyllabusRequest.model_validate(_as_sent(values, ticked))
    except ValidationError as error:
        return _show(page, values, ticked, 422, errors=_told(error))
    author = Author(page.principal.id, page.principal.actor_role)
    try:
        with page.connection.begin_nested():
            job = ask_for_syllabus(page.connection, author, request)
    except CountersignError as error:
        return _show(page, values, ticked, error.status, error=error)
    return RedirectResponse(f"/admin/courses?asked={job.syllabus_id}", 303)


def _as_sent(values: Mapping[str, str], ticked: set[str]) -> dict[str, Any]:
    """The form as the endpoint takes it: numbers where they can be read as such, one free constraint a line."""
    sent: dict[str, Any] = {name: value for name, value in values.items() if name != "more"}
    for name in ("timeBudgetMinutes", "seed"):
        sent[name] = int(values[name]) if values[name].isdecimal() else values[name]
    own = [line.strip() for line in values["more"].splitlines() if line.strip()]
    return sent | {"constraints": [*(one for one in CONSTRAINTS if one in ticked), *own]}


def _told(error: ValidationError) -> dict[str, str]:
    """The words for each field; what is wrong with a constraint stands at the free ones."""
    found: dict[str, str] = {}
    for one in error.errors():
        name = str(one["loc"][0]) if one["loc"] else "courseTitle"
        found.setdefault("more" if name == "constraints" else name, sentence(str(one["msg"])))
    return found


def _words(values: tuple[str, ...]) -> list[tuple[str, str]]:
    return [(one, one.replace("_", " ")) for one in values]


def _show(
    page: Page,
    values: Mapping[str, str],
    ticked: set[str],
    status: int = 200,
    errors: Mapping[str, str] | None = None,
    error: CountersignError | None = None,
) -> Response:
    return page.show(
        "courses/new.html",
        status,
        form=Typed(values, errors or {}),
        ticked=ticked,
        levels=_words(get_args(Level)),
        styles=_words(get_args(TeachingStyle)),
        constraints=CONSTRAINTS,
        error=error,
    )
