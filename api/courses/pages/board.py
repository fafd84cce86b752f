"""The list of courses and one course: its tree, what waits, coverage, versions, and what would be published."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import RedirectResponse, Response

from api.courses import acting
from api.courses.access import STAFF
from api.courses.answers import items_told, versions_told
from api.courses.packages import preview_told
from api.courses.schemas import ItemTold
from api.deps import RequestId, allow
from api.forms import FormDep, typed
from api.kernel.acting import acting_on
from api.pages import Page, PageDep
from domain.courses.authoring.observe.drafts import Author
from domain.courses.authoring.observe.requests import ask_for_parts
from domain.courses.authoring.rules.coverage import coverage_matrix
from domain.courses.authoring.store import items, jobs, packages
from domain.courses.authoring.store.chain import item_of
from domain.courses.authoring.store.items import Item
from domain.courses.authoring.suggest.packages import Preview, preview
from domain.courses.content.syllabus import Module, Syllabus, SyllabusLesson
from domain.kernel.errors import CountersignError, Invalid, NotFound
from domain.kernel.principal import Role

router = APIRouter(include_in_schema=False, dependencies=[allow(roles=STAFF)])
SIGNERS = frozenset({Role.REVIEWER, Role.ADMIN})
AUTHORS = frozenset({Role.AUTHOR, Role.REVIEWER, Role.ADMIN})
STATES = {
    "DRAFT": ("watch", "waits for a reviewer"),
    "APPROVED": ("ok", "approved"),
    "REJECTED": ("alarm", "rejected"),
    "PUBLISHED": ("ok", "published"),
    "ARCHIVED": ("unknown", "retired"),
}
NOTICES = {
    "published": "Published. Nothing about this version can change any more.",
    "same": "Exactly this is published already; no version was used up.",
    "restored": "Restored as the newest version.",
    "retired": "Retired. Whoever is enrolled in it keeps it.",
    "asked": "Asked for. The drafts appear here when the worker has made them; reload the page.",
}
PER_PAGE = 100
KINDS = {"lessons": "LESSON", "quizzes": "QUIZ", "projects": "PROJECT"}


@dataclass(frozen=True)
class Leaf:
    """One planned part: what stands of it, if anything does."""

    kind: str
    title: str
    minutes: int | None
    item: ItemTold | None


@dataclass(frozen=True)
class Branch:
    """One module with its planned parts in order."""

    module: Module
    leaves: tuple[Leaf, ...]

    def lacks(self, kind: str) -> bool:
        """Whether a planned part of this kind is not there yet."""
        return any(leaf.kind == kind and leaf.item is None for leaf in self.leaves)


@router.get("/admin/courses")
def courses(
    page: PageDep,
    after: Annotated[str | None, Query(max_length=64)] = None,
    asked: Annotated[str, Query(max_length=64)] = "",
) -> Response:
    """Every course, its newest version and how its syllabus stands."""
    found = items.listed(page.connection, PER_PAGE + 1, kinds=("SYLLABUS",), after=after)
    shown = found[:PER_PAGE]
    published = {one.syllabus_id: one for one in packages.latest(page.connection, PER_PAGE, after)}
    recent = [one for one in jobs.listed(page.connection, PER_PAGE) if one.kind == "SYLLABUS"]
    return page.show(
        "courses/list.html",
        drafting=[one for one in recent if one.finished_at is None],
        failed=[one for one in recent if one.status == "FAILED" and one.syllabus_id == asked],
        notice=NOTICES["asked"] if asked and any(one.syllabus_id == asked for one in recent) else None,
        courses=items_told(page.connection, shown),
        published=published,
        states=STATES,
        next_course=shown[-1].item_id if len(found) > PER_PAGE else None,
        may_draft=bool(page.principal.roles & AUTHORS),
    )


@router.get("/admin/courses/{syllabus_id}")
def course(page: PageDep, syllabus_id: str, done: Annotated[str, Query(max_length=20)] = "") -> Response:
    """The whole course at a glance, what waits first."""
    return _show(page, syllabus_id, notice=NOTICES.get(done))


@router.post("/admin/courses/{syllabus_id}/publish")
def publish(page: PageDep, form: FormDep, call: RequestId, syllabus_id: str) -> Response:
    """Publish what the page showed; a refusal comes back on it."""
    try:
        with page.connection.begin_nested():
            act = acting_on(page, call)
            _, is_new = acting.publish(
                act, syllabus_id, typed(form, "content_hash", 64), typed(form, "note", 2000) or None
            )
    except CountersignError as error:
        return _show(page, syllabus_id, error=error)
    return RedirectResponse(f"/admin/courses/{syllabus_id}?done={'published' if is_new else 'same'}", 303)


@router.post("/admin/courses/{syllabus_id}/restore")
def restore(page: PageDep, form: FormDep, call: RequestId, syllabus_id: str) -> Response:
    """Put an earlier version's content in force again."""
    try:
        with page.connection.begin_nested():
            reason = typed(form, "reason", 2000)
            if len(reason) < 3:
                raise Invalid("A restoration has a reason; nothing was restored.", hint="Write why.")
            acting.restore(acting_on(page, call), syllabus_id, _number(typed(form, "version", 10)), reason)
    except CountersignError as error:
        return _show(page, syllabus_id, error=error)
    return RedirectResponse(f"/admin/courses/{syllabus_id}?done=restored", 303)


@router.post("/admin/courses/{syllabus_id}/retire/{package_id}")
def retire(page: PageDep, form: FormDep, call: RequestId, syllabus_id: str, package_id: UUID) -> Response:
    """Take a version out of the catalogue."""
    try:
        with page.connection.begin_nested():
            reason = typed(form, "reason", 2000)
            if len(reason) < 3:
                raise Invalid("A retirement has a reason; nothing was retired.", hint="Write why.")
            acting.retire(acting_on(page, call), package_id, reason)
    except CountersignError as error:
        return _show(page, syllabus_id, error=error)
    return RedirectResponse(f"/admin/courses/{syllabus_id}?done=retired", 303)


@router.post("/admin/courses/{syllabus_id}/generate", dependencies=[allow(roles=AUTHORS)])
def generate(page: PageDep, form: FormDep, syllabus_id: str) -> Response:
    """Ask for the drafts of one module; the worker makes them."""
    author = Author(page.principal.id, page.principal.actor_role)
    try:
        with page.connection.begin_nested():
            kind = KINDS.get(typed(form, "what", 20))
            if kind is None:
                raise Invalid("The form does not say what to draft.", hint="Reload the page and press again.")
            ask_for_parts(page.connection, author, syllabus_id, kind, typed(form, "module", 10))
    except CountersignError as error:
        return _show(page, syllabus_id, error=error)
    return RedirectResponse(f"/admin/courses/{syllabus_id}?done=asked", 303)


def _number(typed_in: str) -> int:
    if not typed_in.isdecimal():
        raise NotFound("There is no such version.")
    return int(typed_in)


def _show(page: Page, syllabus_id: str, error: CountersignError | None = None, notice: str | None = None) -> Response:
    item = items.load_item(page.connection, syllabus_id, ("SYLLABUS",))
    parts = items.of_course(page.connection, syllabus_id)
    told = {one.id: one for one in items_told(page.connection, parts)}
    number = item.approved_revision or item.revision
    syllabus = Syllabus.model_validate(items.load_revision(page.connection, syllabus_id, number).content)
    versions = versions_told(page.connection, packages.versions_of(page.connection, syllabus_id))
    return page.show(
        "courses/course.html",
        error.status if error else 200,
        item=told[syllabus_id],
        syllabus=syllabus,
        shown_revision=number,
        branches=_branches(syllabus, parts, told),
        coverage=coverage_matrix(syllabus),
        waiting=[one for one in told.values() if one.status == "DRAFT" and one.content_hash != one.approved_hash],
        warned=[one for one in told.values() if one.warnings],
        versions=versions,
        working=[one for one in jobs.listed(page.connection, 20, syllabus_id=syllabus_id) if one.finished_at is None],
        failed=_last_failed(page, syllabus_id),
        states=STATES,
        may_sign=bool(page.principal.roles & SIGNERS),
        may_draft=bool(page.principal.roles & AUTHORS),
        error=error,
        notice=notice,
        **_preview(page, item),
    )


def _preview(page: Page, item: Item) -> dict[str, Any]:
    """What would be published now, or why nothing could be."""
    if item.approved_revision is None:
        return {"preview": None, "not_ready": None, "news": []}
    try:
        found = preview(page.connection, item.item_id)
    except CountersignError as error:
        return {"preview": None, "not_ready": error, "news": []}
    return {"preview": preview_told(item.item_id, found), "not_ready": None, "news": _news(page, item.item_id, found)}


def _news(page: Page, syllabus_id: str, found: Preview) -> list[dict[str, Any]]:
    """Which parts differ from the newest version: what a publisher would let learners see anew."""
    if found.built is None or found.latest is None:
        return []
    before = packages.parsed(packages.content_text_of(page.connection, found.latest.package_id)).manifest
    known = {(one.kind, one.id): one for one in before}
    after = {(one.kind, one.id): one for one in found.built.package.manifest}
    told: list[dict[str, Any]] = []
    for key, one in after.items():
        former = known.get(key)
        if former is None or former.content_hash != one.content_hash:
            entry: dict[str, Any] = {"kind": one.kind, "id": one.id}
            item_id = item_of(syllabus_id, entry)
            told.append(entry | {"item": item_id, "revision": one.revision, "former": former and former.revision})
    gone = [{"kind": kind, "id": own, "item": None} for kind, own in known if (kind, own) not in after]
    return told + gone


def _last_failed(page: Page, syllabus_id: str) -> Any:
    newest = jobs.listed(page.connection, 1, syllabus_id=syllabus_id)
    return newest[0] if newest and newest[0].status == "FAILED" else None


def _branches(syllabus: Syllabus, parts: Sequence[Item], told: dict[str, ItemTold]) -> list[Branch]:
    standing = {(one.kind, one.slot): told[one.item_id] for one in parts}
    return [Branch(module, tuple(_leaves(module, standing))) for module in syllabus.modules]


def _leaves(module: Module, standing: dict[tuple[str, str], ItemTold]) -> list[Leaf]:
    leaves = []
    for lesson in module.lessons:
        leaves += _of_lesson(lesson, standing)
    if any(lesson.hook("project") for lesson in module.lessons):
        found = standing.get(("PROJECT", module.id))
        leaves.append(Leaf("PROJECT", (found and found.title) or f"Project of {module.title}", None, found))
    return leaves


def _of_lesson(lesson: SyllabusLesson, standing: dict[tuple[str, str], ItemTold]) -> list[Leaf]:
    found = [Leaf("LESSON", lesson.title, lesson.estimated_minutes, standing.get(("LESSON", lesson.id)))]
    if lesson.hook("quiz"):
        found.append(Leaf("QUIZ", f"Quiz: {lesson.title}", None, standing.get(("QUIZ", lesson.id))))
    return found
