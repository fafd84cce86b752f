"""Countersign: a person's approval or rejection of one revision of a part, for ever."""

from sqlalchemy import Connection

from domain.courses.authoring.rules.shapes import part_problems, read_content
from domain.courses.authoring.store import items, packages
from domain.courses.authoring.store.assembly import approved_syllabus
from domain.courses.authoring.store.decisions import add_decision
from domain.courses.authoring.store.items import Item
from domain.kernel.errors import Conflict
from domain.kernel.events import record
from domain.kernel.lineage import enqueue
from domain.kernel.proposals import Proposal
from domain.kernel.signed import Countersignature


def approve(connection: Connection, signed: Countersignature, proposal: Proposal) -> None:
    """Record the approval of the revision that was seen, in the signing transaction.

    Raises:
        Conflict: HASH_MISMATCH, a newer revision stands or it was decided; SYLLABUS_NOT_APPROVED or
            CONTENT_DOES_NOT_FIT, the syllabus that it was drafted from is no longer the approved one.
    """
    item = _undecided(connection, signed, proposal)
    _check_fit(connection, item)
    _decide(connection, signed, item, "APPROVED")


def reject(connection: Connection, signed: Countersignature, proposal: Proposal) -> None:
    """Record the rejection; the author writes the next revision."""
    _decide(connection, signed, _undecided(connection, signed, proposal), "REJECTED")


def hash_now(connection: Connection, proposal: Proposal) -> str | None:
    """The hash of the newest revision."""
    found = items.find_item(connection, proposal.subject.id)
    return None if found is None else found.content_hash


def _undecided(connection: Connection, signed: Countersignature, proposal: Proposal) -> Item:
    item = items.load_item(connection, proposal.subject.id)
    # What is approved and what is published of a course change one after the other.
    packages.hold_course(connection, item.syllabus_id)
    item = items.load_item(connection, proposal.subject.id)
    if item.status != "DRAFT" or item.content_hash != signed.content_hash:
        raise Conflict(
            f"Revision {item.revision} of {item.item_id} is not what was proposed; nothing was signed.",
            hint="Reload the page, read the newest revision and then decide.",
            code="HASH_MISMATCH",
        )
    return item


def _check_fit(connection: Connection, item: Item) -> None:
    if item.kind == "SYLLABUS":
        return
    plan = approved_syllabus(connection, item.syllabus_id)
    newest = items.load_revision(connection, item.item_id, item.revision)
    problems = part_problems(read_content(item.kind, newest.content), plan.content, item.syllabus_id)
    if problems:
        raise Conflict(
            f"The {item.kind.lower()} no longer fits the approved syllabus; nothing was signed.",
            hint="Reject it, so that it is written anew for the syllabus that is approved now.",
            code="CONTENT_DOES_NOT_FIT",
            errors=[{"field": "content", "message": problem} for problem in problems[:20]],
        )


def _decide(connection: Connection, signed: Countersignature, item: Item, decision: str) -> None:
    add_decision(connection, signed, item.item_id, item.revision, decision, signed.reason)
    what = "SYLLABUS" if item.kind == "SYLLABUS" else "CONTENT"
    record(
        connection,
        f"{what}_{decision}",
        **signed.actor,
        entity_type=item.subject.type,
        entity_id=item.item_id,
        payload={
            "revision": item.revision,
            "contentHash": signed.content_hash,
            "countersignature_id": str(signed.countersignature_id),
            "reason": signed.reason,
        },
    )
    enqueue(connection, ("courses", "content_decisions"), metadata={decision.lower(): 1, "kind": item.kind})
