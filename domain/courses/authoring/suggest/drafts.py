"""Suggest: the newest draft of a part, laid before reviewers under the hash of its content."""

from sqlalchemy import Connection

from domain.courses.authoring.rules.gates import OF_KIND
from domain.courses.authoring.store import items
from domain.courses.authoring.store.items import Item, Revision
from domain.kernel.proposals import Proposal, propose
from domain.kernel.signed import approval_of

MOST_WARNINGS_SHOWN = 20


def lay(connection: Connection, item: Item, *, actor_role: str = "MACHINE") -> Proposal | None:
    """Propose the newest revision of a part; None where nothing of it waits: it is decided, or what is approved anyway.

    Proposing what waits already answers the proposal that stands.
    """
    if item.status != "DRAFT" or item.content_hash == item.approved_hash:
        return None
    gate = OF_KIND[item.kind]
    newest = items.load_revision(connection, item.item_id, item.revision)
    # Text that was approved before and replaced since needs a signature of its own, beside the former one.
    former = approval_of(connection, gate.kind, item.subject.type, item.subject.id, item.content_hash)
    return propose(
        connection,
        gate,
        item.subject,
        hashed=item.content_hash,
        summary=f"{gate.title} {told(item)}, revision {item.revision}",
        proposed_by=item.created_by,
        actor_role=actor_role,
        authors=items.hands_in(connection, item.item_id, item.approved_revision),
        evidence=_evidence(item, newest),
        severity=1 if newest.warnings else 0,
        page_url=page_of(item),
        supersedes=None if former is None else former.countersignature_id,
    )


def told(item: Item) -> str:
    """A part as a sentence names it."""
    of = "" if item.kind == "SYLLABUS" else f" of {item.syllabus_id}"
    return f"'{item.title}'{of}" if item.title else f"{item.slot}{of}"


def page_of(item: Item) -> str:
    """The page of a part."""
    return f"/admin/courses/{item.syllabus_id}/parts/{item.item_id}"


def _evidence(item: Item, newest: Revision) -> dict[str, object]:
    return {
        "course": item.syllabus_id,
        "part": item.slot,
        "revision": item.revision,
        "origin": item.origin,
        "reason": newest.reason,
        "last approved revision": item.approved_revision,
        "warnings": [one["message"] for one in newest.warnings[:MOST_WARNINGS_SHOWN]],
    }
