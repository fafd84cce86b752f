"""Stored parts, jobs and versions as they are answered."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection

from api.courses.schemas import ItemTold, JobTold, PartTold, RevisionTold, VersionTold
from domain.courses.authoring.rules.gates import OF_KIND
from domain.courses.authoring.store import items
from domain.courses.authoring.store.items import Item, Revision
from domain.courses.authoring.store.jobs import Job
from domain.courses.authoring.store.packages import Published
from domain.courses.authoring.store.proposals import newest_for
from domain.courses.authoring.suggest.drafts import page_of
from domain.kernel import queue


def items_told(connection: Connection, found: Collection[Item]) -> list[ItemTold]:
    """Parts with the names of those who wrote and decided."""
    people = {str(person) for one in found for person in (one.created_by, one.decided_by) if person}
    names = queue.names_of(connection, people)
    return [ItemTold.model_validate(_item(one, names)) for one in found]


def part_told(connection: Connection, item: Item, revision: int | None = None) -> PartTold:
    """A part with the content of its newest revision, or of another one."""
    shown = items.load_revision(connection, item.item_id, revision or item.revision)
    told = items_told(connection, [item])[0].model_dump()
    told |= {"content": shown.content, "warned": shown.warnings, "proposal_id": waiting_proposal(connection, item)}
    if revision is not None and revision != item.revision:
        mine = _revision(shown, queue.names_of(connection, _people([shown])), item)
        told |= {name: mine[name] for name in mine.keys() & told.keys()}
        told |= {"status": shown.decision or "DRAFT", "warnings": len(shown.warnings), "proposal_id": None}
    return PartTold.model_validate(told)


def waiting_proposal(connection: Connection, item: Item) -> Any:
    """The id of the proposal of the newest revision, where it waits."""
    found = newest_for(connection, OF_KIND[item.kind], item.subject, item.content_hash)
    return found.proposal_id if found is not None and found.is_waiting else None


def revisions_told(connection: Connection, item: Item, found: Collection[Revision]) -> list[RevisionTold]:
    """Revisions with names; an undecided one that is not the newest is superseded."""
    names = queue.names_of(connection, _people(found))
    return [RevisionTold.model_validate(_revision(one, names, item)) for one in found]


def job_told(job: Job) -> JobTold:
    """A job, without the worker's token."""
    made = job.made or {}
    return JobTold.model_validate(
        {name: getattr(job, name) for name in JobTold.model_fields if hasattr(job, name)}
        | {
            "items": made.get("items", []),
            "skipped": made.get("skipped", []),
            "url": f"/api/admin/generation-jobs/{job.job_id}",
        }
    )


def versions_told(connection: Connection, found: Collection[Published], **more: Any) -> list[VersionTold]:
    """Versions with the names of those who published them."""
    names = queue.names_of(connection, {str(one.published_by) for one in found})
    return [
        VersionTold.model_validate(
            {name: getattr(one, name) for name in VersionTold.model_fields if hasattr(one, name)}
            | {"byte_size": one.size_bytes, "published_by_name": names.get(str(one.published_by)), **more}
        )
        for one in found
    ]


def _item(one: Item, names: dict[str, str]) -> dict[str, Any]:
    return {name: getattr(one, name) for name in ItemTold.model_fields if hasattr(one, name)} | {
        "id": one.item_id,
        "created_by_name": names.get(one.created_by),
        "decided_by_name": names.get(str(one.decided_by)) if one.decided_by else None,
        "page": page_of(one),
    }


def _revision(one: Revision, names: dict[str, str], item: Item) -> dict[str, Any]:
    undecided = "DRAFT" if one.revision == item.revision else "SUPERSEDED"
    return {name: getattr(one, name) for name in RevisionTold.model_fields if hasattr(one, name)} | {
        "status": one.decision or undecided,
        "created_by_name": names.get(one.created_by),
        "decided_by_name": names.get(str(one.decided_by)) if one.decided_by else None,
    }


def _people(found: Collection[Revision]) -> set[str]:
    return {str(person) for one in found for person in (one.created_by, one.decided_by) if person}
