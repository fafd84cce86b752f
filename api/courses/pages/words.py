"""A lesson or a quiz by a form: its words, field by field. Each change is the next revision."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from api.courses.pages.board import AUTHORS
from api.courses.pages.new import Typed
from api.courses.pages.parts import whole_revision
from api.deps import allow
from api.forms import FormDep, typed
from api.kernel.pages.filled import sentence
from api.pages import Page, PageDep
from domain.courses.authoring.observe import drafts
from domain.courses.authoring.observe.drafts import Author
from domain.courses.authoring.rules.words import field_at, fields_of, values_of, with_words
from domain.courses.authoring.store import items
from domain.courses.authoring.store.items import Item
from domain.courses.authoring.suggest.drafts import lay, page_of
from domain.kernel.errors import CountersignError, NotFound

router = APIRouter(include_in_schema=False, dependencies=[allow(roles=AUTHORS)])
WRITTEN = ("LESSON", "QUIZ")
# More than any field may hold, so that what is too long is refused and not cut off.
LONGEST = 10_000
OPTIONS = [(str(one), str(one + 1)) for one in range(4)]


@router.get("/admin/courses/{syllabus_id}/words/{item_id}")
def words(page: PageDep, syllabus_id: str, item_id: str) -> Response:
    """The words of the newest revision."""
    item, content = _newest(page, syllabus_id, item_id)
    return _show(page, item, content, values_of(fields_of(item.kind, content), content))


@router.post("/admin/courses/{syllabus_id}/words/{item_id}")
def write(page: PageDep, form: FormDep, syllabus_id: str, item_id: str) -> Response:
    """Keep what was typed as the next revision; every wrong field is told at the field."""
    item, content = _newest(page, syllabus_id, item_id)
    values = {name: typed(form, name, LONGEST) for name in values_of(fields_of(item.kind, content), content)}
    author = Author(page.principal.id, page.principal.actor_role)
    try:
        with page.connection.begin_nested():
            seen = whole_revision(typed(form, "revision", 10))
            written = with_words(item.kind, content, values)
            made = drafts.revise(page.connection, author, item.item_id, seen, written)
            lay(page.connection, made, actor_role=page.principal.actor_role)
    except CountersignError as error:
        return _show(page, item, content, values, error)
    return RedirectResponse(f"{page_of(item)}?done=edited", 303)


def _newest(page: Page, syllabus_id: str, item_id: str) -> tuple[Item, dict[str, Any]]:
    item = items.load_item(page.connection, item_id)
    if item.syllabus_id != syllabus_id or item.kind not in WRITTEN:
        raise NotFound(f"{syllabus_id} has no lesson or quiz {item_id}.", hint="The course's page lists its parts.")
    return item, dict(items.load_revision(page.connection, item.item_id, item.revision).content)


def _show(
    page: Page,
    item: Item,
    content: dict[str, Any],
    values: Mapping[str, str],
    error: CountersignError | None = None,
) -> Response:
    at_fields: dict[str, str] = {}
    elsewhere: list[str] = []
    for entry in error.errors if error else ():
        name = field_at(str(entry["field"]), values)
        if name is None:
            elsewhere.append(str(entry["message"]))
        else:
            at_fields.setdefault(name, sentence(str(entry["message"])))
    return page.show(
        "courses/words.html",
        error.status if error else 200,
        item=item,
        page_of_item=page_of(item),
        title=content.get("title") or f"Quiz of {content.get('lessonId')}",
        groups=fields_of(item.kind, content),
        form=Typed(values, at_fields),
        options=OPTIONS,
        error=error,
        elsewhere=elsewhere,
    )
