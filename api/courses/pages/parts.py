"""One part of a course as a reviewer reads it, with what changed and the two buttons."""

import json
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import RedirectResponse, Response

from api.courses import acting
from api.courses.access import STAFF
from api.courses.answers import part_told, revisions_told
from api.courses.pages.board import AUTHORS, SIGNERS, STATES
from api.courses.parts import difference
from api.courses.schemas import Difference
from api.deps import RequestId, allow, require
from api.forms import FormDep, typed
from api.kernel.acting import acting_on
from api.pages import Page, PageDep
from domain.courses.authoring.observe import drafts
from domain.courses.authoring.observe.drafts import Author
from domain.courses.authoring.rules.gates import OF_KIND
from domain.courses.authoring.rules.shapes import read_content
from domain.courses.authoring.store import items
from domain.courses.authoring.store.items import Item
from domain.courses.authoring.store.proposals import newest_for
from domain.courses.authoring.suggest.drafts import lay, page_of
from domain.kernel.countersign.decide import why_not
from domain.kernel.errors import CountersignError, Invalid, NotFound

router = APIRouter(include_in_schema=False, dependencies=[allow(roles=STAFF)])
NOTICES = {
    "approved": "Approved. It stands so for ever.",
    "rejected": "Rejected; the author reads your reason.",
    "again": "You had decided so already; nothing was done twice.",
    "edited": "Kept as a new revision, which waits for a reviewer.",
    "reopened": "Open to edits. What was approved stays as it is.",
}
LONGEST_CONTENT = 4_000_000


@router.get("/admin/courses/{syllabus_id}/parts/{item_id}")
def part(
    page: PageDep,
    syllabus_id: str,
    item_id: str,
    revision: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
    view: Annotated[str, Query(max_length=20)] = "",
    done: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """Content, warnings, what changed since it was last approved; and the decision, if it waits."""
    return _show(page, _item(page, syllabus_id, item_id), revision=revision, view=view, notice=NOTICES.get(done))


@router.post("/admin/courses/{syllabus_id}/parts/{item_id}/{verb}")
def act_on(page: PageDep, form: FormDep, call: RequestId, syllabus_id: str, item_id: str, verb: str) -> Response:
    """Approve, reject, edit or reopen; a refusal comes back on the same page, with what was typed.

    Raises:
        NotFound: no such verb.
    """
    item = _item(page, syllabus_id, item_id)
    reason = typed(form, "reason", 2001)
    act = acting_on(page, call)
    written = form.get("content")
    try:
        with page.connection.begin_nested():
            if verb == "approve":
                seen, digest = whole_revision(typed(form, "revision", 10)), typed(form, "content_hash", 64)
                _, answer = acting.approve_part(act, item, seen, digest, reason or None)
                done = "approved" if answer.is_new else "again"
            elif verb == "reject":
                _, answer = acting.reject_part(act, item, reason, content_hash=typed(form, "content_hash", 64) or None)
                done = "rejected" if answer.is_new else "again"
            elif verb == "reopen":
                done = _reopened(page, item, reason)
            elif verb == "edit":
                done = _edited(page, item, whole_revision(typed(form, "revision", 10)), written)
            else:
                raise NotFound("There is nothing at this address.")
    except NotFound:
        raise
    except CountersignError as error:
        return _show(page, item, error=error, reason=reason, written=written if isinstance(written, str) else None)
    return RedirectResponse(f"{page_of(item)}?done={done}", 303)


def _item(page: Page, syllabus_id: str, item_id: str) -> Item:
    item = items.load_item(page.connection, item_id)
    if item.syllabus_id != syllabus_id:
        raise NotFound(f"{syllabus_id} has no part {item_id}.")
    return item


def whole_revision(typed_in: str) -> int:
    """The revision that a form says was read.

    Raises:
        Invalid: it does not say.
    """
    if not typed_in.isdecimal():
        raise Invalid("The form does not say which revision was read.", hint="Reload the page and decide again.")
    return int(typed_in)


def _reopened(page: Page, item: Item, reason: str) -> str:
    _must_write(page)
    if len(reason) < 3:
        raise Invalid("A part is opened again for a reason; nothing was opened.", hint="Write why.")
    drafts.reopen(page.connection, Author(page.principal.id, page.principal.actor_role), item.item_id, reason)
    return "reopened"


def _edited(page: Page, item: Item, seen: int, written: object) -> str:
    _must_write(page)
    try:
        content = json.loads(written if isinstance(written, str) and len(written) <= LONGEST_CONTENT else "")
    except (ValueError, RecursionError) as cause:
        raise Invalid("What was typed is not JSON; nothing was kept.", hint=f"{cause}") from cause
    author = Author(page.principal.id, page.principal.actor_role)
    lay(
        page.connection,
        drafts.revise(page.connection, author, item.item_id, seen, content),
        actor_role=page.principal.actor_role,
    )
    return "edited"


def _must_write(page: Page) -> None:
    require(page.principal, AUTHORS)


def _show(
    page: Page,
    item: Item,
    revision: int | None = None,
    error: CountersignError | None = None,
    reason: str = "",
    notice: str | None = None,
    written: str | None = None,
    view: str = "",
) -> Response:
    item = items.load_item(page.connection, item.item_id)
    told = part_told(page.connection, item, revision)
    is_newest = told.revision == item.revision
    proposal = newest_for(page.connection, OF_KIND[item.kind], item.subject, item.content_hash)
    waits = is_newest and proposal is not None and proposal.is_waiting
    refusal = why_not(page.connection, page.principal, OF_KIND[item.kind], proposal) if waits and proposal else None
    changed = _changes(page, item, told.revision)
    beside = view == "beside" and changed is not None and item.approved_revision is not None
    return page.show(
        "courses/part.html",
        error.status if error else 200,
        part=told,
        content=read_content(item.kind, told.content),
        approved=_approved(page, item) if beside else None,
        approved_revision=item.approved_revision,
        raw=written or json.dumps(told.content, indent=1, ensure_ascii=False),
        changes=changed,
        revisions=revisions_told(page.connection, item, items.revisions_of(page.connection, item.item_id)),
        is_newest=is_newest,
        waits=waits,
        refusal=refusal,
        gate=OF_KIND[item.kind],
        states=STATES | {"SUPERSEDED": ("unknown", "superseded")},
        may_sign=bool(page.principal.roles & SIGNERS),
        may_draft=bool(page.principal.roles & AUTHORS),
        error=error,
        reason=reason,
        notice=notice,
    )


def _changes(page: Page, item: Item, shown: int) -> Difference | None:
    """What changed since the last approved revision; None where there is none before this one."""
    if item.approved_revision is None or item.approved_revision >= shown:
        return None
    return difference(page.connection, item, item.approved_revision, shown)


def _approved(page: Page, item: Item) -> Any:
    """The content that stands approved, to be read beside a later one."""
    return read_content(
        item.kind, items.load_revision(page.connection, item.item_id, item.approved_revision or 1).content
    )
