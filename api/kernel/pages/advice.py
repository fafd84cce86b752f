"""Advice as pages: what machines suggest, with its numbers and evidence, and what accepted advice asks people to do."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import RedirectResponse, Response

from api.deps import RequestId
from api.forms import FormDep, typed
from api.kernel.acting import acting_on
from api.kernel.advice import DECIDES, LOOKS, READS, SUGGESTIONS, WORK, WORKS, decide_suggestion, rows_of
from api.pages import Page, PageDep
from api.paging import LONGEST_CURSOR
from api.paging import Page as Part
from domain.kernel.advice import suggestions, work
from domain.kernel.clock import utc_now
from domain.kernel.errors import CountersignError, Invalid, NotFound
from domain.kernel.signed import Decision

router = APIRouter(include_in_schema=False)
__all__ = ["READS", "router", "show_suggestions"]
PER_PAGE = 50
VERBS = {"accept": Decision.APPROVED, "dismiss": Decision.REFUSED}
NOTICES = {
    "accept": "Accepted. Your countersignature stands under it.",
    "dismiss": "Dismissed; the reason stands with it.",
    "found": "Noted. It counts in how good this advice is.",
}


@dataclass(frozen=True)
class Refused:
    """A decision that was not taken, and why."""

    id: UUID
    error: CountersignError


Short = Annotated[str, Query(max_length=100)]
After = Annotated[str | None, Query(max_length=LONGEST_CURSOR)]


@router.get("/advice", dependencies=[LOOKS])
def advice(
    page: PageDep,
    room: Short = "",
    status: Short = "OPEN",
    severity: Short = "",
    scope: Short = "",
    after: After = None,
    done: Short = "",
) -> Response:
    """What machines suggest in every room."""
    wanted = suggestions.Wanted(room or None, status or None, severity or None, scope or None)
    return show_suggestions(page, "/advice", wanted, after=after, done=done)


@router.post("/advice/suggestions/{suggestion_id}/{verb}", dependencies=[DECIDES])
def decided(page: PageDep, form: FormDep, call: RequestId, suggestion_id: str, verb: str) -> Response:
    """Accept or dismiss, then back to the list; without a reason where one is needed, back to the form."""
    return decide_from_form(page, "/advice", typed(form, "reason", 2000), call, suggestion_id, verb)


@router.get("/advice/work-items", dependencies=[LOOKS])
def work_items(page: PageDep, status: Short = "OPEN", after: After = None, done: Short = "") -> Response:
    """What somebody is to look at, and how good the advice was."""
    part = Part(PER_PAGE, after)
    place = WORK.after(part)
    found = work.listed(
        page.connection,
        work.Wanted(status=status or None),
        beyond=place.condition,
        order=place.order,
        values=dict(place.values),
        limit=PER_PAGE + 1,
    )
    rows = found[:PER_PAGE]
    return page.show(
        "kernel/work_items.html",
        rows=rows,
        shown=status,
        outcomes=work.OUTCOMES,
        precision=work.precision(page.connection),
        next_cursor=WORK.write(rows[-1]) if len(found) > PER_PAGE else None,
        may_close=bool(
            page.principal.roles & {"OPERATOR", "TECHNICIAN", "REVIEWER", "MANAGER", "ADMIN", "TENANT_OWNER"}
        ),
        now=utc_now(),
        notice=NOTICES.get(done),
    )


@router.post("/advice/work-items/{work_item_id}/outcome", dependencies=[WORKS])
def outcome_of(page: PageDep, form: FormDep, work_item_id: str) -> Response:
    """Say what was found, then back to the list."""
    outcome, said = typed(form, "outcome", 20), typed(form, "note", 2000)
    work.close(page.connection, page.principal, id_of(work_item_id), outcome, said or None, utc_now())
    return RedirectResponse("/advice/work-items?done=found", 303)


def show_suggestions(
    page: Page,
    here: str,
    wanted: suggestions.Wanted,
    *,
    after: str | None,
    done: str,
    jobs_of: Callable[[list[UUID]], dict[UUID, UUID]] | None = None,
    refused: Refused | None = None,
) -> Response:
    """The list with its filters; unknown words in the address find nothing instead of failing.

    With a decision that was refused: the suggestion alone, its form open and the error at its field.
    """
    one = [suggestions.one(page.connection, refused.id)] if refused else []
    found = one or rows_of(page.connection, wanted, Part(PER_PAGE, after))
    rows = found[:PER_PAGE]
    filters = _filters(here, wanted)
    return page.show(
        "kernel/suggestions.html",
        422 if refused else 200,
        here=here,
        refused=refused,
        rows=rows,
        total=suggestions.open_count(page.connection, wanted.room),
        wanted=replace(wanted, status=wanted.status or ""),
        filters=filters,
        kept={name: chosen for name, _, _, chosen in filters},
        next_cursor=SUGGESTIONS.write(rows[-1]) if len(found) > PER_PAGE else None,
        may_decide=bool(page.principal.roles & {"REVIEWER", "MANAGER", "ADMIN", "TENANT_OWNER"}),
        jobs=jobs_of([row["suggestion_id"] for row in rows]) if jobs_of else {},
        may_ask=bool(page.principal.roles & {"REVIEWER", "ADMIN", "TENANT_OWNER"}),
        now=utc_now(),
        notice=NOTICES.get(done),
    )


def _filters(here: str, wanted: suggestions.Wanted) -> list[tuple[str, str, Sequence[str], str]]:
    """Name, label, choices and what is chosen, for the form above the list."""
    scopes = ("COURSE", "MODULE", "LESSON", "QUIZ") if wanted.room == "courses" else ()
    found: list[tuple[str, str, Sequence[str], str]] = [
        ("status", "Status", ("OPEN", "ACCEPTED", "DISMISSED"), wanted.status or ""),
        ("severity", "Severity", ("HIGH", "MEDIUM", "LOW"), wanted.severity or ""),
    ]
    if here == "/advice":
        found.insert(0, ("room", "Room", ("grid", "stairs", "courses"), wanted.room or ""))
    if scopes:
        found.append(("scope", "Scope", scopes, wanted.scope or ""))
    return found


def decide_from_form(page: Page, here: str, reason: str, call: str, suggestion_id: str, verb: str) -> Response:
    """One decision from the page at `here`, then back to it.

    Raises:
        NotFound: no such verb or suggestion.
    """
    if verb not in VERBS:
        raise NotFound("There is nothing at this address.")
    asked = id_of(suggestion_id)
    if verb == "dismiss" and not reason:
        error = Invalid("Nothing was dismissed: the reason is missing.", hint="Write why.")
        room = suggestions.one(page.connection, asked)["room"]
        return show_suggestions(
            page, here, suggestions.Wanted(room, "OPEN"), after=None, done="", refused=Refused(asked, error)
        )
    decide_suggestion(acting_on(page, call), asked, VERBS[verb], reason or None)
    return RedirectResponse(f"{here}?done={verb}", 303)


def id_of(given: str) -> UUID:
    """An id in an address.

    Raises:
        NotFound: it is none.
    """
    try:
        return UUID(given)
    except ValueError as cause:
        raise NotFound("There is nothing under that id.") from cause
