"""Artifacts: immutable files by the hash of their bytes. The bytes are written first, the row after.

Keeping the same bytes made from the same things again is a no-op; a file that was damaged is healed by it. Nothing is
ever read back without its hash being checked.
"""

import hashlib
import io
import json
import mimetypes
import tempfile
import uuid
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, BinaryIO

from sqlalchemy import Connection, Row, text

from domain.kernel.canonical import content_hash, derived_id
from domain.kernel.errors import Conflict, Invalid, NotFound
from domain.kernel.events import record
from domain.kernel.objects.store import Link, Store, Target, pieces

_COLUMNS = (
    "artifact_id, tenant_id, kind, sha256, size_bytes, media_type, store_key, made_from, countersignature_id,"
    " created_at"
)
SPOOLED_BYTES = 32 * 1024 * 1024


@dataclass(frozen=True)
class Artifact:
    """One file as it was made. Grain: bytes and what they were made from.

    Attributes:
        kind: what it is, such as `retention.archive`.
        sha256: of the bytes, lower-case hex.
        store_key: where the bytes lie in the object store.
        made_from: what it follows from: `run_id`, `artifact_ids`, `countersignature_id`, `renderer_version`,
            `content_hash` and what its kind adds. Lineage and verification read it.
        countersignature_id: the signature that it carries out; None for a draft.
    """

    artifact_id: uuid.UUID
    tenant_id: str
    kind: str
    sha256: str
    size_bytes: int
    media_type: str
    store_key: str
    made_from: dict[str, Any]
    countersignature_id: uuid.UUID | None
    created_at: datetime

    @property
    def file_name(self) -> str:
        """A name for whoever keeps the file: kind, the first of its hash, and the ending of its type."""
        ending = mimetypes.guess_extension(self.media_type) or ".bin"
        return f"{self.kind.replace('.', '-')}-{self.sha256[:12]}{ENDINGS.get(self.media_type, ending)}"


ENDINGS = {"application/vnd.apache.parquet": ".parquet", "text/plain": ".txt"}


def keep(
    connection: Connection,
    store: Store,
    source: bytes | BinaryIO,
    *,
    kind: str,
    media_type: str,
    made_from: Mapping[str, Any],
    actor_id: str,
    countersignature_id: uuid.UUID | None = None,
    is_told: bool = True,
) -> Artifact:
    """Keep the bytes, then their row, for the tenant that the transaction is bound to.

    Args:
        connection: the caller's transaction; rolled back, it leaves bytes without a row, which nobody finds.
        store: where the bytes go.
        source: the bytes, or something to read them from that can be read twice.
        kind: what it is.
        media_type: of the bytes.
        made_from: everything that determines them.
        actor_id: who made it, for the ledger.
        countersignature_id: the signature that it carries out.
        is_told: whether the ledger has an event of it; only what is a record of the ledger itself does without.

    Raises:
        Unavailable: the store could not take them; nothing was kept.
    """
    handle = io.BytesIO(source) if isinstance(source, bytes) else source
    sha256, size_bytes = _measure(handle)
    tenant_id = str(connection.execute(text("SELECT current_setting('app.tenant')")).scalar_one())
    whole = dict(made_from)
    if countersignature_id is not None:
        whole["countersignature_id"] = str(countersignature_id)
    key = store_key(tenant_id, sha256)
    if not _is_whole(store, key, sha256, size_bytes):
        handle.seek(0)
        store.put(key, handle, media_type)
    artifact_id = derived_id("artifact", tenant_id, kind, sha256, content_hash(whole))
    row = {
        "artifact_id": artifact_id,
        "kind": kind,
        "sha256": sha256,
        "size_bytes": size_bytes,
        "media_type": media_type,
        "store_key": key,
        "made_from": json.dumps(whole, sort_keys=True),
        "countersignature_id": countersignature_id,
    }
    if _insert(connection, row) and is_told:
        _tell(connection, row, actor_id)
    return load(connection, artifact_id)


def store_key(tenant_id: str, sha256: str) -> str:
    """Where bytes of that hash lie."""
    return f"{tenant_id}/{sha256[:2]}/{sha256}"


def load(connection: Connection, artifact_id: uuid.UUID) -> Artifact:
    """The artifact under that id.

    Raises:
        NotFound: the tenant has no such artifact.
    """
    row = connection.execute(
        text(f"SELECT {_COLUMNS} FROM artifacts WHERE artifact_id = :id"), {"id": artifact_id}
    ).one_or_none()
    if row is None:
        raise NotFound("There is no such artifact.", hint="GET /v1/artifacts lists what there is.")
    return _of_row(row)


def page(
    connection: Connection,
    limit: int,
    cursor: str | None = None,
    kind: str | None = None,
    sha256: str | None = None,
    *,
    without: Collection[str] = (),
) -> tuple[list[Artifact], str | None]:
    """Artifacts, newest first, and the cursor of the next page; None at the end.

    Args:
        connection: bound to the tenant.
        limit: at most so many.
        cursor: of the page before.
        kind: of this kind alone.
        sha256: whose hash begins with these lower-case hex digits alone.
        without: none of these kinds.

    Raises:
        Invalid: a cursor that no page gave.
    """
    before, artifact_id = _parse(cursor) if cursor else (None, None)
    rows = connection.execute(
        text(
            f"SELECT {_COLUMNS} FROM artifacts WHERE tenant_id = current_setting('app.tenant')"
            " AND (CAST(:kind AS text) IS NULL OR kind = :kind)"
            " AND (CAST(:sha256 AS text) IS NULL OR starts_with(sha256, :sha256))"
            " AND kind <> ALL(:without)"
            " AND (CAST(:before AS timestamptz) IS NULL"
            "   OR (created_at, artifact_id) < (CAST(:before AS timestamptz), CAST(:id AS uuid)))"
            " ORDER BY created_at DESC, artifact_id DESC LIMIT :n"
        ),
        {
            "kind": kind,
            "sha256": sha256,
            "without": list(without),
            "before": before,
            "id": artifact_id,
            "n": limit + 1,
        },
    ).all()
    found = [_of_row(row) for row in rows[:limit]]
    following = f"{found[-1].created_at.isoformat()}~{found[-1].artifact_id}" if len(rows) > limit else None
    return found, following


def counts_by_kind(connection: Connection) -> dict[str, int]:
    """How many artifacts the tenant has of each kind, in the order of the kinds."""
    rows = connection.execute(
        text(
            "SELECT kind, count(*) AS n FROM artifacts WHERE tenant_id = current_setting('app.tenant')"
            ' GROUP BY kind ORDER BY kind COLLATE "C"'
        )
    )
    return {row.kind: row.n for row in rows}


@contextmanager
def opened(store: Store, artifact: Artifact) -> Iterator[BinaryIO]:
    """The bytes, checked as a whole before the first is handed out; large ones through a temporary file.

    Raises:
        NotFound: OBJECT_MISSING, the store has lost them.
        Conflict: OBJECT_DAMAGED, they are not what was kept.
    """
    with tempfile.SpooledTemporaryFile(max_size=SPOOLED_BYTES) as copy, store.open(artifact.store_key) as source:
        digest = hashlib.sha256()
        for piece in pieces(source):
            digest.update(piece)
            copy.write(piece)
        if digest.hexdigest() != artifact.sha256:
            raise Conflict(
                "The bytes in the object store are not those that were kept; nothing was read from them.",
                hint=f"Restore the object {artifact.store_key} from a backup; its SHA-256 is {artifact.sha256}.",
                code="OBJECT_DAMAGED",
            )
        copy.seek(0)
        yield copy  # type: ignore[misc]  # the class reads as a binary file and does not say so


def read(store: Store, artifact: Artifact) -> bytes:
    """All bytes, checked.

    Raises:
        NotFound: OBJECT_MISSING.
        Conflict: OBJECT_DAMAGED.
    """
    with opened(store, artifact) as handle:
        return handle.read()


def link_to(store: Store, artifact: Artifact, now: datetime) -> Link:
    """A link to the bytes, signed anew each time; it is stored nowhere."""
    target = Target(artifact.store_key, artifact.size_bytes, artifact.media_type, artifact.file_name)
    return store.link(artifact.tenant_id, target, now)


def _measure(handle: BinaryIO) -> tuple[str, int]:
    handle.seek(0)
    digest, size = hashlib.sha256(), 0
    for piece in pieces(handle):
        digest.update(piece)
        size += len(piece)
    return digest.hexdigest(), size


def _is_whole(store: Store, key: str, sha256: str, size_bytes: int) -> bool:
    """Whether exactly these bytes lie there already."""
    if store.size_bytes(key) != size_bytes:
        return False
    try:
        with store.open(key) as there:
            digest = hashlib.sha256()
            for piece in pieces(there):
                digest.update(piece)
    except NotFound:
        return False
    return digest.hexdigest() == sha256


def _insert(connection: Connection, row: dict[str, Any]) -> bool:
    """Whether the row is new."""
    made = connection.execute(
        text(
            "INSERT INTO artifacts (artifact_id, kind, sha256, size_bytes, media_type, store_key, made_from,"
            " countersignature_id) VALUES (:artifact_id, :kind, :sha256, :size_bytes, :media_type, :store_key,"
            " CAST(:made_from AS jsonb), :countersignature_id) ON CONFLICT (artifact_id) DO NOTHING"
        ),
        row,
    )
    return made.rowcount > 0


def _tell(connection: Connection, row: dict[str, Any], actor_id: str) -> None:
    record(
        connection,
        "kernel.artifact.kept",
        actor_id=actor_id,
        actor_role="MACHINE",
        entity_type="artifact",
        entity_id=str(row["artifact_id"]),
        payload={name: row[name] for name in ("kind", "sha256", "size_bytes")},
    )


def _of_row(row: Row[Any]) -> Artifact:
    return Artifact(**row._mapping)


def _parse(cursor: str) -> tuple[datetime, uuid.UUID]:
    try:
        moment, artifact_id = cursor.split("~")
        return datetime.fromisoformat(moment), uuid.UUID(artifact_id)
    except ValueError as cause:
        raise Invalid("The cursor is not one that a page gave.", hint="Leave it out to begin anew.") from cause
