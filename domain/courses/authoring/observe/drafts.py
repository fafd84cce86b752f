"""Drafts: each change is a new revision, and what was approved is never changed.

A person's edit, a reopened part, what the worker drafted and what a regeneration brought all come in by `add`.
"""

import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from domain.courses.authoring.rules.fit import revised_syllabus_problems
from domain.courses.authoring.rules.package import Frozen
from domain.courses.authoring.rules.shapes import MOST_PROBLEMS, part_problems, read_content, slot_of
from domain.courses.authoring.rules.warnings import content_warnings
from domain.courses.authoring.store import items, jobs
from domain.courses.authoring.store.assembly import approved_syllabus
from domain.courses.authoring.store.items import Item, NewRevision
from domain.courses.content.hashes import content_hash, content_text
from domain.courses.content.request import SyllabusRequest
from domain.courses.content.syllabus import Syllabus
from domain.courses.content.text import Document
from domain.kernel.errors import Conflict, Invalid, Stale
from domain.kernel.gaps import note


@dataclass(frozen=True)
class Author:
    """Who drafts: a person or a service, as the ledger names it."""

    id: str
    role: str


@dataclass(frozen=True)
class Draft:
    """One version to be added.

    Attributes:
        kind: SYLLABUS, LESSON, QUIZ or PROJECT.
        origin: GENERATED, EDITED, REOPENED or REGENERATION.
        syllabus: the approved syllabus that a part belongs to; None for a syllabus.
        reason: why an approved part is opened again or adopted.
    """

    kind: str
    syllabus_id: str
    content: Document
    origin: str
    syllabus: Frozen[Syllabus] | None = None
    job_id: uuid.UUID | None = None
    reason: str | None = None


def revise(connection: Connection, author: Author, item_id: str, seen: int, written: Any) -> Item:
    """Keep an edit as the next revision; one that changes nothing answers what stands.

    Args:
        connection: the caller's transaction.
        author: who wrote it.
        item_id: the part.
        seen: the revision that the author started from (`If-Match`).
        written: the content, as JSON.

    Raises:
        NotFound: the tenant has no such part.
        Invalid: CONTENT_INVALID, CONTENT_DOES_NOT_FIT.
        Stale: a newer revision stands.
        Conflict: ALREADY_APPROVED.
    """
    item = items.load_item(connection, item_id)
    content = read_content(item.kind, written)
    syllabus = None if item.kind == "SYLLABUS" else approved_syllabus(connection, item.syllabus_id)
    check_fit(connection, item, content, syllabus)
    items.hold(connection, item.kind, item_id)
    item = items.load_item(connection, item_id)
    if seen != item.revision:
        raise Stale(
            f"Revision {item.revision} is the newest, you started from {seen}; nothing was kept.",
            hint="Read the newest revision and make the change there.",
            code="STALE_REVISION",
        )
    if item.status == "APPROVED":
        raise Conflict(
            f"Revision {item.revision} of {item_id} is approved and does not change; nothing was kept.",
            hint="Open it again with a reason; that makes a new draft.",
            code="ALREADY_APPROVED",
        )
    if content_hash(content_text(content)) != item.content_hash:
        add(connection, author, Draft(item.kind, item.syllabus_id, content, "EDITED", syllabus))
    return items.load_item(connection, item_id)


def reopen(connection: Connection, author: Author, item_id: str, reason: str) -> Item:
    """Open an approved part again as a new draft with the same content, so that its next version can be written.

    Raises:
        NotFound: the tenant has no such part.
        Conflict: NOT_APPROVED, its newest revision is a draft already.
    """
    item = items.load_item(connection, item_id)
    items.hold(connection, item.kind, item_id)
    item = items.load_item(connection, item_id)
    if item.status != "APPROVED":
        raise Conflict(
            f"The newest revision of {item_id} is {item.status.lower()}; nothing was opened.",
            hint="Edit the draft that stands.",
            code="NOT_APPROVED",
        )
    standing = items.load_revision(connection, item_id, item.revision)
    content = read_content(item.kind, standing.content)
    syllabus = None if item.kind == "SYLLABUS" else approved_syllabus(connection, item.syllabus_id)
    add(connection, author, Draft(item.kind, item.syllabus_id, content, "REOPENED", syllabus, reason=reason))
    return items.load_item(connection, item_id)


def add(connection: Connection, author: Author, draft: Draft) -> tuple[str, int]:
    """Add the next revision of a part, making the part where it is new; answers its id and number.

    The caller has checked that it fits. Nothing is approved by it, and what was approved stays approved.
    """
    slot = slot_of(draft.content)
    item_id = items.item_id_of(draft.kind, draft.syllabus_id, slot)
    items.hold(connection, draft.kind, item_id)
    items.create_item(connection, draft.kind, draft.syllabus_id, slot, author.id)
    written = content_text(draft.content)
    plan = draft.syllabus
    new = NewRevision(
        origin=draft.origin,
        content_text=written,
        content_hash=content_hash(written),
        created_by=author.id,
        warnings=warnings_of(draft.content, plan.content if plan else None),
        syllabus_revision=plan.revision if plan else None,
        syllabus_hash=plan.content_hash if plan else None,
        generation_job_id=draft.job_id,
        reason=draft.reason,
    )
    number = items.add_revision(connection, item_id, new)
    _tell(connection, author, draft, item_id, number, new.content_hash)
    return item_id, number


def check_fit(connection: Connection, item: Item, content: Document, syllabus: Frozen[Syllabus] | None) -> None:
    """Hold content against what it is made for: a syllabus against its request, a part against its syllabus.

    Raises:
        Invalid: CONTENT_DOES_NOT_FIT.
    """
    problems = []
    if isinstance(content, Syllabus):
        asked = jobs.request_of(connection, item.syllabus_id)
        problems = revised_syllabus_problems(content, SyllabusRequest.model_validate(asked)) if asked else []
    elif syllabus is not None:
        problems = part_problems(content, syllabus.content, item.syllabus_id)
        if slot_of(content) != item.slot:
            problems.append(f"it belongs to {slot_of(content)}, not to {item.slot}")
    if problems:
        raise Invalid(
            f"The {item.kind.lower()} does not fit what it is made for; nothing was kept.",
            hint="Correct what `errors` names; structure is changed in the syllabus.",
            code="CONTENT_DOES_NOT_FIT",
            errors=[{"field": "content", "message": problem} for problem in problems[:MOST_PROBLEMS]],
        )


def warnings_of(content: Document, syllabus: Syllabus | None) -> list[Any]:
    """What a reviewer should look at; a syllabus has none of its own."""
    return [] if syllabus is None else list(content_warnings(content, syllabus))  # type: ignore[arg-type]


def _tell(connection: Connection, author: Author, draft: Draft, item_id: str, number: int, digest: str) -> None:
    what = "SYLLABUS" if draft.kind == "SYLLABUS" else "CONTENT"
    note(
        connection,
        f"{what}_{'GENERATED' if draft.origin == 'GENERATED' else 'REVISED'}",
        actor_id=author.id,
        actor_role=author.role,
        entity_type=f"course_{draft.kind.lower()}",
        entity_id=item_id,
        payload={
            "revision": number,
            "contentHash": digest,
            "origin": draft.origin,
            "reason": draft.reason,
            "jobId": str(draft.job_id) if draft.job_id else None,
        },
    )
