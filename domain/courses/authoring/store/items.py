"""Parts of courses and their revisions: what was drafted, by whom, and how it stands."""

import json
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, text

from domain.courses.authoring.rules.gates import OF_KIND
from domain.courses.authoring.rules.warnings import Warned
from domain.kernel.errors import NotFound
from domain.kernel.proposals import Subject, lock_subject

_MINE = "tenant_id = NULLIF(current_setting('app.tenant', true), '')"
_SUFFIX = {"LESSON": "", "QUIZ": "q", "PROJECT": "p"}


@dataclass(frozen=True)
class Item:
    """One part of a course as it stands. Grain: one item.

    Attributes:
        item_id: the course's id for its syllabus, else course, place and kind: `demo.m01l01q`.
        slot: its place in the syllabus; `syllabus`, a lesson's id, or a module's for a project.
        revision: the newest one, and `content_hash`, `origin`, `created_by` and `created_at` are its.
        status: DRAFT, APPROVED or REJECTED, of the newest revision.
        approved_revision: the newest approved one, from which packages are built.
    """

    item_id: str
    kind: str
    syllabus_id: str
    slot: str
    revision: int
    content_hash: str
    origin: str
    title: str | None
    warnings: int
    syllabus_revision: int | None
    syllabus_hash: str | None
    created_by: str
    created_at: datetime
    status: str
    decided_by: uuid.UUID | None
    decided_at: datetime | None
    note: str | None
    approved_revision: int | None
    approved_hash: str | None
    approved_by_signature: uuid.UUID | None

    @property
    def subject(self) -> Subject:
        """What proposals about it name."""
        return subject_of(self.kind, self.item_id)


@dataclass(frozen=True)
class Revision:
    """One version of one part, for ever. Grain: item and revision."""

    item_id: str
    revision: int
    origin: str
    based_on: int | None
    content_text: str
    content_hash: str
    content: dict[str, Any]
    warnings: list[dict[str, str]]
    syllabus_revision: int | None
    syllabus_hash: str | None
    generation_job_id: uuid.UUID | None
    reason: str | None
    created_by: str
    created_at: datetime
    decision: str | None
    decided_by: uuid.UUID | None
    decided_at: datetime | None
    note: str | None
    countersignature_id: uuid.UUID | None


@dataclass(frozen=True)
class NewRevision:
    """What is added as the next version of a part."""

    origin: str
    content_text: str
    content_hash: str
    created_by: str
    warnings: Sequence[Warned] = ()
    syllabus_revision: int | None = None
    syllabus_hash: str | None = None
    generation_job_id: uuid.UUID | None = None
    reason: str | None = None


_ITEM = ", ".join(Item.__dataclass_fields__)
_DECIDED = ("decision", "decided_by", "decided_at", "note", "countersignature_id")
_REVISION = ", ".join(
    f"{'d' if name in _DECIDED else 'r'}.{name}" for name in Revision.__dataclass_fields__ if name != "content"
)


def item_id_of(kind: str, syllabus_id: str, slot: str) -> str:
    """The id of the part of this kind at this place."""
    return syllabus_id if kind == "SYLLABUS" else f"{syllabus_id}.{slot}{_SUFFIX[kind]}"


def subject_of(kind: str, item_id: str) -> Subject:
    """What proposals about a part name."""
    return Subject(f"course_{kind.lower()}", item_id)


def hold(connection: Connection, kind: str, item_id: str) -> None:
    """Let nobody else add a revision of the part, propose or decide on it until this transaction ends."""
    lock_subject(connection, OF_KIND[kind].kind, subject_of(kind, item_id))


def load_item(connection: Connection, item_id: str, kinds: Collection[str] = tuple(OF_KIND)) -> Item:
    """One part.

    Raises:
        NotFound: the tenant has no such part of these kinds.
    """
    found = find_item(connection, item_id)
    if found is None or found.kind not in kinds:
        raise NotFound(f"There is no {_named(kinds)} {item_id}.", hint="The lists name what there is.")
    return found


def find_item(connection: Connection, item_id: str) -> Item | None:
    """One part, or None."""
    row = connection.execute(
        text(f"SELECT {_ITEM} FROM v_content_items WHERE {_MINE} AND item_id = :id"), {"id": item_id}
    ).one_or_none()
    return None if row is None else _item(row)


def of_course(connection: Connection, syllabus_id: str) -> list[Item]:
    """Every part of a course, by kind and place."""
    rows = connection.execute(
        text(
            f"SELECT {_ITEM} FROM v_content_items WHERE {_MINE} AND syllabus_id = :id"
            ' ORDER BY kind COLLATE "C", slot COLLATE "C"'
        ),
        {"id": syllabus_id},
    )
    return [_item(row) for row in rows]


def listed(
    connection: Connection,
    limit: int,
    *,
    kinds: Collection[str] = tuple(OF_KIND),
    status: str | None = None,
    syllabus_id: str | None = None,
    after: str | None = None,
) -> list[Item]:
    """Parts by id, from behind `after` on, at most `limit`. Grain: part, as its newest revision stands.

    Args:
        connection: bound to the tenant.
        limit: how many at most.
        kinds: SYLLABUS, LESSON, QUIZ, PROJECT.
        status: of the newest revision.
        syllabus_id: of one course.
        after: the id behind which the page begins.
    """
    rows = connection.execute(
        text(
            f"SELECT {_ITEM} FROM v_content_items WHERE {_MINE} AND kind = ANY(:kinds)"
            " AND (CAST(:status AS text) IS NULL OR status = :status)"
            " AND (CAST(:course AS text) IS NULL OR syllabus_id = :course)"
            ' AND (CAST(:after AS text) IS NULL OR item_id COLLATE "C" > :after)'
            ' ORDER BY item_id COLLATE "C" LIMIT :n'
        ),
        {"kinds": sorted(kinds), "status": status, "course": syllabus_id, "after": after, "n": limit},
    )
    return [_item(row) for row in rows]


def revisions_of(connection: Connection, item_id: str) -> list[Revision]:
    """Every revision of a part, the newest first."""
    rows = connection.execute(_revisions("r.item_id = :id ORDER BY r.revision DESC"), {"id": item_id})
    return [_revision(row) for row in rows]


def load_revision(connection: Connection, item_id: str, revision: int) -> Revision:
    """One revision.

    Raises:
        NotFound: the part has no such revision.
    """
    rows = _numbered(connection, [(item_id, revision)])
    if not rows:
        raise NotFound(f"{item_id} has no revision {revision}.", hint="Its list of revisions names them.")
    return rows[0]


def approved_of(connection: Connection, items: Collection[Item]) -> list[Revision]:
    """The newest approved revision of each of the parts that has one, by part."""
    wanted = [(one.item_id, one.approved_revision) for one in items if one.approved_revision is not None]
    return _numbered(connection, wanted)


def hands_in(connection: Connection, item_id: str, approved_revision: int | None) -> list[str]:
    """Who wrote the revisions since the newest approved one: all of them had a hand in what is proposed now."""
    return list(
        connection.execute(
            text(
                f"SELECT DISTINCT created_by FROM content_revisions WHERE {_MINE} AND item_id = :id"
                " AND revision > :approved ORDER BY created_by"
            ),
            {"id": item_id, "approved": approved_revision or 0},
        ).scalars()
    )


def create_item(connection: Connection, kind: str, syllabus_id: str, slot: str, created_by: str) -> str:
    """Make the part where it is not there yet; answers its id."""
    item_id = item_id_of(kind, syllabus_id, slot)
    connection.execute(
        text(
            "INSERT INTO content_items (item_id, kind, syllabus_id, slot, created_by)"
            " VALUES (:id, :kind, :course, :slot, :by) ON CONFLICT DO NOTHING"
        ),
        {"id": item_id, "kind": kind, "course": syllabus_id, "slot": slot, "by": created_by},
    )
    return item_id


def add_revision(connection: Connection, item_id: str, new: NewRevision) -> int:
    """Add the next revision of a part that the caller holds; answers its number."""
    warnings = [vars(one) for one in new.warnings]
    number: int = connection.execute(
        text(
            "INSERT INTO content_revisions (item_id, revision, origin, based_on, content_text, content_hash, warnings,"
            " syllabus_revision, syllabus_hash, generation_job_id, reason, created_by)"
            " SELECT :item_id, coalesce(max(revision), 0) + 1, :origin, max(revision), :content_text, :content_hash,"
            " CAST(:warnings AS jsonb), :syllabus_revision, :syllabus_hash, :generation_job_id, :reason, :created_by"
            f" FROM content_revisions WHERE {_MINE} AND item_id = :item_id RETURNING revision"
        ),
        vars(new) | {"item_id": item_id, "warnings": json.dumps(warnings)},
    ).scalar_one()
    return number


def _numbered(connection: Connection, wanted: Collection[tuple[str, int | None]]) -> list[Revision]:
    rows = connection.execute(
        _revisions(
            "(r.item_id, r.revision) IN (SELECT * FROM unnest(CAST(:ids AS text[]), CAST(:numbers AS integer[])))"
            ' ORDER BY r.item_id COLLATE "C"'
        ),
        {"ids": [one for one, _ in wanted], "numbers": [number for _, number in wanted]},
    )
    return [_revision(row) for row in rows]


def _revisions(condition: str) -> Any:
    return text(
        f"SELECT {_REVISION} FROM content_revisions AS r LEFT JOIN content_decisions AS d"
        " ON d.tenant_id = r.tenant_id AND d.item_id = r.item_id AND d.revision = r.revision"
        f" WHERE r.{_MINE} AND {condition}"
    )


def _item(row: Row[Any]) -> Item:
    return Item(**row._mapping)


def _revision(row: Row[Any]) -> Revision:
    # Parsed from the text that is signed, not from the database's own reading of it.
    return Revision(**row._mapping, content=json.loads(row.content_text))


def _named(kinds: Collection[str]) -> str:
    return "or ".join(f"{kind.lower()} " for kind in kinds).strip()
