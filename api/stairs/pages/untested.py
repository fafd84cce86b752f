"""What a technician says of a test that has no result, from its page: it needs no script and no phone."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from api.deps import allow
from api.forms import FormDep, typed
from api.pages import Page, PageDep
from api.stairs.access import READS
from api.stairs.pages.proof import LONGEST_REASON, TEST, given, path_of, show_test
from api.stairs.sessions import TESTS
from domain.kernel.clock import utc_now
from domain.kernel.errors import CountersignError
from domain.stairs.observe import untested

router = APIRouter(include_in_schema=False, dependencies=[allow(roles=READS)])


@router.post(TEST + "/fail", dependencies=[TESTS])
def not_carried_out(page: PageDep, form: FormDep, session_id: UUID, instance_id: UUID) -> Response:
    """Say that it could not be carried out; it waits for another try."""
    return _said(
        page, session_id, instance_id, untested.not_carried_out, "failed", typed(form, "reason", LONGEST_REASON)
    )


@router.post(TEST + "/skip", dependencies=[TESTS])
def left_out(page: PageDep, form: FormDep, session_id: UUID, instance_id: UUID) -> Response:
    """Leave it out for good, with its reason."""
    return _said(page, session_id, instance_id, untested.left_out, "skipped", typed(form, "reason", LONGEST_REASON))


@router.post(TEST + "/retry", dependencies=[TESTS])
def taken_up(page: PageDep, _: FormDep, session_id: UUID, instance_id: UUID) -> Response:
    """Put it back among those to do."""
    return _said(page, session_id, instance_id, untested.taken_up, "pending")


def _said(
    page: Page,
    session_id: UUID,
    instance_id: UUID,
    act: Callable[..., dict[str, Any]],
    done: str,
    reason: str | None = None,
) -> Response:
    try:
        with page.connection.begin_nested():
            told = {} if reason is None else {"reason": given(reason)}
            act(page.connection, page.principal, session_id, instance_id, now=utc_now(), **told)
    except CountersignError as error:
        return show_test(page, session_id, instance_id, error=error, reason=reason or "")
    return RedirectResponse(f"{path_of(session_id, instance_id)}?done={done}", 303)
