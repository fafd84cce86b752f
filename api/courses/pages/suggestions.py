"""The review of suggestions for courses: badge, n, interval, evidence, accept, dismiss."""

from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import Response

from api.courses.suggestions import DECIDES, LOOKS, of_course
from api.deps import RequestId
from api.forms import FormDep, typed
from api.kernel.pages.advice import After, Short, decide_from_form, id_of, show_suggestions
from api.pages import PageDep
from domain.courses.regeneration.store import jobs
from domain.kernel.advice import suggestions

router = APIRouter(include_in_schema=False)
HERE = "/admin/suggestions"
Course = Annotated[str, Query(alias="courseId", max_length=100)]


@router.get(HERE, dependencies=[LOOKS])
def waiting(
    page: PageDep,
    status: Short = "OPEN",
    severity: Short = "",
    scope: Short = "",
    course_id: Course = "",
    after: After = None,
    done: Short = "",
) -> Response:
    """Suggestions for courses, the newest first."""
    wanted = suggestions.Wanted("courses", status or None, severity or None, scope or None, course_id=course_id or None)
    return show_suggestions(
        page, HERE, wanted, after=after, done=done, jobs_of=partial(jobs.by_suggestions, page.connection)
    )


@router.post(HERE + "/{suggestion_id}/{verb}", dependencies=[DECIDES])
def decided(page: PageDep, form: FormDep, call: RequestId, suggestion_id: str, verb: str) -> Response:
    """Accept or dismiss, then back to the list; without a reason where one is needed, back to the form."""
    asked: UUID = id_of(suggestion_id)
    of_course(suggestions.one(page.connection, asked))
    return decide_from_form(page, HERE, typed(form, "reason", 2000), call, suggestion_id, verb)
