"""Syllabi and the other parts of courses over HTTP: read, edited, reopened, approved, rejected."""

from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Query, Response
from sqlalchemy import Connection

from api.courses import acting
from api.courses.access import DECIDES, LOOKS, WRITES, IfMatch, SigningDep, seen_revision
from api.courses.answers import items_told, part_told, revisions_told
from api.courses.schemas import (
    Approve,
    ChangeTold,
    CoverageRow,
    CoverageTold,
    Decided,
    Difference,
    Items,
    Kind,
    Number,
    PartTold,
    Reject,
    Revisions,
    Status,
    WithReason,
)
from api.deps import CallerDep, TenantSession
from api.errors import Problem
from api.paging import By, Keyset, Page, PageDep
from domain.courses.authoring.observe import drafts
from domain.courses.authoring.observe.drafts import Author
from domain.courses.authoring.rules.coverage import coverage_matrix
from domain.courses.authoring.rules.difference import Change, changes
from domain.courses.authoring.store import items
from domain.courses.authoring.store.items import Item
from domain.courses.authoring.suggest.drafts import lay
from domain.courses.content.syllabus import Syllabus
from domain.kernel.countersign.decide import Answer
from domain.kernel.principal import Principal

PARTS = ("LESSON", "PROJECT", "QUIZ")
EXAMPLE: dict[str, Any] = {"title": "A syllabus, lesson, quiz or project as its JSON Schema describes it"}
Written = Annotated[dict[str, Any], Body(description="The whole content.", examples=[EXAMPLE])]
NAMED: dict[int | str, dict[str, Any]] = {
    428: {"model": Problem, "description": "`If-Match` does not say from which revision the edit starts."}
}
Wanted = Annotated[int | None, Query(ge=1, le=2**31 - 1, description="An earlier revision; the newest if left out.")]


def router_of(prefix: str, kinds: tuple[str, ...], what: str) -> APIRouter:
    """The routes of one sort of parts: the same verbs for syllabi and for everything that hangs on them."""
    router = APIRouter(prefix=prefix)

    def there(item_id: str, connection: TenantSession) -> Item:
        """The part itself; asked for before the body is judged, so that what is not there is 404 whatever was sent."""
        return items.load_item(connection, item_id, kinds)

    item_of = Depends(there)
    _add_reading(router, kinds, what)
    _add_writing(router, item_of, what)
    _add_deciding(router, item_of, what)
    return router


def _add_reading(router: APIRouter, kinds: tuple[str, ...], what: str) -> None:
    """The part with its content, its revisions, and what changed between two."""

    @router.get("/{item_id}", dependencies=[LOOKS], summary=f"One {what} with its content")
    def one(item_id: str, connection: TenantSession, response: Response, revision: Wanted = None) -> PartTold:
        """The ETag is the revision; send it as `If-Match` with an edit."""
        item = items.load_item(connection, item_id, kinds)
        told = part_told(connection, item, revision)
        response.headers["ETag"] = f'"{told.revision}"'
        return told

    @router.get("/{item_id}/revisions", dependencies=[LOOKS], summary=f"Every revision of a {what}")
    def revisions(item_id: str, connection: TenantSession) -> Revisions:
        """The newest first. A draft that a newer one replaced is SUPERSEDED."""
        item = items.load_item(connection, item_id, kinds)
        found = items.revisions_of(connection, item_id)
        return Revisions(id=item_id, revisions=revisions_told(connection, item, found))

    @router.get("/{item_id}/diff", dependencies=[LOOKS], summary=f"What changed between two revisions of a {what}")
    def diff(
        item_id: str,
        connection: TenantSession,
        before: Annotated[Number | None, Query(alias="from", description="[default: the last approved]")] = None,
        after: Annotated[Number | None, Query(alias="to", description="[default: the newest]")] = None,
    ) -> Difference:
        """By JSON pointer; texts word by word. Without an approved revision the first one is compared with."""
        return difference(connection, items.load_item(connection, item_id, kinds), before, after)


def _add_writing(router: APIRouter, item_of: Any, what: str) -> None:
    """The next revision of a draft, and the first of what was approved."""

    @router.put(
        "/{item_id}/draft", dependencies=[WRITES, item_of], responses=NAMED, summary=f"Edit a {what}: the next revision"
    )
    def edit(
        item_id: str,
        written: Written,
        connection: TenantSession,
        caller: CallerDep,
        response: Response,
        if_match: IfMatch = None,
    ) -> PartTold:
        """412 where a newer revision stands, 409 where it is approved. What changes nothing adds no revision."""
        content = written["content"] if set(written) == {"content"} else written
        item = drafts.revise(connection, _author(caller), item_id, seen_revision(if_match), content)
        lay(connection, item, actor_role=caller.actor_role)
        response.headers["ETag"] = f'"{item.revision}"'
        return part_told(connection, item)

    @router.post(
        "/{item_id}/reopen",
        status_code=201,
        dependencies=[WRITES, item_of],
        summary=f"Write the next version of an approved {what}",
    )
    def reopen(
        item_id: str, body: WithReason, connection: TenantSession, caller: CallerDep, response: Response
    ) -> PartTold:
        """A new draft with the same content, to be edited; the approved revision stays as it is."""
        item = drafts.reopen(connection, _author(caller), item_id, body.reason)
        response.headers["ETag"] = f'"{item.revision}"'
        return part_told(connection, item)


def _add_deciding(router: APIRouter, item_of: Any, what: str) -> None:
    """A person's countersignature, or the reason why not."""

    @router.post("/{item_id}/approve", dependencies=[DECIDES], summary=f"Approve a {what}")
    def approve(body: Approve, act: SigningDep, item: Annotated[Item, item_of]) -> Decided:
        """Countersign exactly the revision that was read. Its author may not."""
        return _decided(*acting.approve_part(act, item, body.revision, body.content_hash, body.note))

    @router.post("/{item_id}/reject", dependencies=[DECIDES], summary=f"Reject a {what}")
    def reject(body: Reject, act: SigningDep, item: Annotated[Item, item_of]) -> Decided:
        """With the reason; the author writes the next revision."""
        return _decided(*acting.reject_part(act, item, body.reason, body.revision, body.content_hash))


syllabi = router_of("/api/admin/syllabi", ("SYLLABUS",), "syllabus")
artifacts = router_of("/api/admin/artifacts", PARTS, "lesson, quiz or project")
router = APIRouter()
ORDER = Keyset("course parts", By("item_id", str))
CourseQuery = Annotated[str | None, Query(alias="syllabusId", max_length=64)]


@router.get("/api/admin/syllabi", dependencies=[LOOKS], summary="Syllabi, by course")
def list_syllabi(connection: TenantSession, page: PageDep, status: Status | None = None) -> Items:
    """Each as its newest revision stands."""
    return _listed(connection, page, ("SYLLABUS",), status, None)


@router.get("/api/admin/artifacts", dependencies=[LOOKS], summary="Lessons, quizzes and projects")
def list_artifacts(
    connection: TenantSession,
    page: PageDep,
    kind: Kind | None = None,
    status: Status | None = None,
    syllabus_id: CourseQuery = None,
) -> Items:
    """Of one kind, in one state, of one course, where asked."""
    return _listed(connection, page, (kind,) if kind else PARTS, status, syllabus_id)


@router.get("/api/admin/syllabi/{item_id}/coverage", dependencies=[LOOKS], summary="Which lesson serves which outcome")
def coverage(item_id: str, connection: TenantSession, revision: Wanted = None) -> CoverageTold:
    """The matrix that a reviewer looks at before signing."""
    item = items.load_item(connection, item_id, ("SYLLABUS",))
    shown = items.load_revision(connection, item_id, revision or item.revision)
    syllabus = Syllabus.model_validate(shown.content)
    names = [lesson.id for lesson in syllabus.lessons]
    rows = [
        CoverageRow(
            outcome=row.outcome,
            lessons=row.lessons,
            objectives={name: list(ids) for name, ids in zip(names, row.by_lesson, strict=True) if ids},
        )
        for row in coverage_matrix(syllabus)
    ]
    return CoverageTold(id=item_id, revision=shown.revision, lessons=names, rows=rows)


def difference(connection: Connection, item: Item, before: int | None, after: int | None) -> Difference:
    """What changed; by default from the last approved revision, or the first, to the newest."""
    old = items.load_revision(connection, item.item_id, before or item.approved_revision or 1)
    new = items.load_revision(connection, item.item_id, after or item.revision)
    told = [ChangeTold.model_validate(_change(one)) for one in changes(old.content, new.content)]
    return Difference.model_validate({"id": item.item_id, "from": old.revision, "to": new.revision, "changes": told})


def _change(one: Change) -> dict[str, Any]:
    return {**vars(one), "words": [vars(piece) for piece in one.words]}


def _listed(
    connection: Connection, page: Page, kinds: tuple[str, ...], status: str | None, syllabus_id: str | None
) -> Items:
    after = None if page.cursor is None else str(ORDER.read(page.cursor)[0])
    found = items.listed(connection, page.limit + 1, kinds=kinds, status=status, syllabus_id=syllabus_id, after=after)
    shown = found[: page.limit]
    more = ORDER.write({"item_id": shown[-1].item_id}) if len(found) > page.limit else None
    return Items(items=items_told(connection, shown), next_cursor=more)


def _author(caller: Principal) -> Author:
    return Author(caller.id, caller.actor_role)


def _decided(item: Item, answer: Answer) -> Decided:
    return Decided(
        id=item.item_id,
        kind=item.kind,
        status=item.status,
        revision=item.revision,
        content_hash=answer.countersignature.content_hash,
        countersignature_id=answer.countersignature.countersignature_id,
        already=not answer.is_new,
    )
