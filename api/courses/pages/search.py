"""Search by id: a course, a part of one, a regeneration job or a retry intent has its page."""

import uuid

from api.courses.access import STAFF
from api.courses.regenerating import ADMINS
from api.page_words import segment
from api.pages import Page
from domain.courses.authoring.store import items
from domain.courses.regeneration.store import intents, jobs
from domain.kernel.errors import NotFound

READERS = ADMINS | {"AUDITOR"}
LONGEST_ID = 64


def place_of(page: Page, wanted: str) -> str | None:
    """The page of what has it; None where nothing has that this reader may see."""
    if page.principal.roles & STAFF and len(wanted) <= LONGEST_ID:
        item = items.find_item(page.connection, wanted)
        if item is not None and item.item_id == item.syllabus_id:
            return f"/admin/courses/{segment(item.syllabus_id)}"
        if item is not None:
            return f"/admin/courses/{segment(item.syllabus_id)}/parts/{segment(item.item_id)}"
    return _in_the_loop(page, wanted) if page.principal.roles & READERS else None


def _in_the_loop(page: Page, wanted: str) -> str | None:
    try:
        own = uuid.UUID(wanted)
    except ValueError:
        return None
    for load, path in ((jobs.load, "/admin/regeneration-jobs"), (intents.load, "/admin/retry-intents")):
        try:
            load(page.connection, own)
        except NotFound:
            continue
        return f"{path}/{own}"
    return None
