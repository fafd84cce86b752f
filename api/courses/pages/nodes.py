"""One node of a syllabus by a form: the course itself, a module, or a lesson. Each change is the next revision."""

from collections.abc import Mapping
from typing import Any, get_args

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
from domain.courses.authoring.rules.nodes import as_typed, at, field_of, kind_of, place_of, rows_of, with_node
from domain.courses.authoring.store import items
from domain.courses.authoring.store.items import Item
from domain.courses.authoring.suggest.drafts import lay, page_of
from domain.courses.content.syllabus import SyllabusLesson, Verb
from domain.kernel.errors import CountersignError, NotFound

router = APIRouter(include_in_schema=False, dependencies=[allow(roles=AUTHORS)])
LONGEST = 4000
VERBS = [(one, one) for one in get_args(Verb)]
DEPTHS = [(one, one) for one in get_args(SyllabusLesson.model_fields["depth"].annotation)]
NAMES = {"course": "The course", "module": "Module", "lesson": "Lesson"}


@router.get("/admin/courses/{syllabus_id}/nodes/{node_id}")
def node(page: PageDep, syllabus_id: str, node_id: str) -> Response:
    """The node as it stands in the newest revision."""
    item, content = _newest(page, syllabus_id)
    own = at(content, _place(content, node_id))
    return _show(page, item, content, node_id, as_typed(own, kind_of(node_id)))


@router.post("/admin/courses/{syllabus_id}/nodes/{node_id}")
def edit(page: PageDep, form: FormDep, syllabus_id: str, node_id: str) -> Response:
    """Keep the node as typed, as the next revision; every wrong field is told at the field."""
    item, content = _newest(page, syllabus_id)
    place, kind = _place(content, node_id), kind_of(node_id)
    values = {name: typed(form, name, LONGEST) for name in as_typed(at(content, place), kind)}
    author = Author(page.principal.id, page.principal.actor_role)
    try:
        with page.connection.begin_nested():
            seen = whole_revision(typed(form, "revision", 10))
            made = drafts.revise(page.connection, author, item.item_id, seen, with_node(content, place, kind, values))
            lay(page.connection, made, actor_role=page.principal.actor_role)
    except CountersignError as error:
        return _show(page, item, content, node_id, values, error)
    return RedirectResponse(f"{page_of(item)}?done=edited", 303)


def _newest(page: Page, syllabus_id: str) -> tuple[Item, dict[str, Any]]:
    item = items.load_item(page.connection, syllabus_id, ("SYLLABUS",))
    return item, dict(items.load_revision(page.connection, item.item_id, item.revision).content)


def _place(content: dict[str, Any], node_id: str) -> tuple[str | int, ...]:
    place = place_of(content, node_id)
    if place is None:
        raise NotFound("The course has no such module or lesson.", hint="Go back and choose one of its tree.")
    return place


def _show(
    page: Page,
    item: Item,
    content: dict[str, Any],
    node_id: str,
    values: Mapping[str, str],
    error: CountersignError | None = None,
) -> Response:
    place, kind = _place(content, node_id), kind_of(node_id)
    own = at(content, place)
    at_fields: dict[str, str] = {}
    elsewhere: list[str] = []
    for entry in error.errors if error else ():
        name = field_of(str(entry["field"]), place)
        if name is not None and name in values:
            at_fields.setdefault(name, sentence(str(entry["message"])))
        else:
            elsewhere.append(str(entry["message"]))
    return page.show(
        "courses/node.html",
        error.status if error else 200,
        item=item,
        page_of_item=page_of(item),
        kind=kind,
        kind_name=NAMES[kind],
        node_id=node_id,
        title=own["title"],
        form=Typed(values, at_fields),
        rows=rows_of(own, kind),
        outcomes=content["outcomes"],
        verbs=VERBS,
        depths=DEPTHS,
        total=content["totalMinutes"],
        error=error,
        elsewhere=elsewhere,
    )
