"""Observe: register what was captured, take its bytes in piece by piece, and check them when all have arrived.

Pieces lie under the home of this copy until the file is whole: a device that loses its connection goes on where it
stopped, at the same copy.
"""

import hashlib
import io
import uuid
import warnings
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from PIL import Image, UnidentifiedImageError
from sqlalchemy import Connection

from domain.kernel.artifacts import keep
from domain.kernel.errors import Conflict, Invalid, TooLarge
from domain.kernel.events import record
from domain.kernel.objects.store import Store
from domain.kernel.principal import Principal
from domain.kernel.settings import settings
from domain.stairs.observe.judge import judge_again
from domain.stairs.observe.results import CLOCK_SLACK
from domain.stairs.observe.sessions import open_session
from domain.stairs.store import evidence, instances, sessions

KIND = "stairs.evidence"
LARGEST_BYTES = 104_857_600
# What cameras write. Other readers of the library never see what a device sends.
PICTURES = ("JPEG", "PNG", "WEBP", "TIFF", "GIF", "BMP")


def register(
    connection: Connection,
    caller: Principal,
    session_id: uuid.UUID,
    instance_id: uuid.UUID,
    told: Mapping[str, Any],
    now: datetime,
) -> dict[str, Any]:
    """Note that something was captured; its bytes follow. The same evidence_id again changes nothing.

    Raises:
        NotFound: no such session or instance.
        Invalid: CLOCK_ERROR, it says that it was captured in the future.
        Conflict: SESSION_CLOSED; EVIDENCE_ID_USED, another capture stands under the id.
    """
    session = open_session(connection, session_id)
    instance = instances.load(connection, session_id, instance_id, lock=True)
    if told["captured_at"] > now + CLOCK_SLACK:
        raise Invalid(
            f"The capture says that it was made at {told['captured_at'].isoformat()}, which is yet to come; nothing was"
            " kept.",
            hint="Set the device's clock and register the capture with the time at which it was made.",
            code="CLOCK_ERROR",
        )
    row = dict(told) | {
        "session_id": session_id,
        "instance_id": instance_id,
        "created_by": uuid.UUID(caller.id) if caller.is_person else None,
    }
    is_new = evidence.insert(connection, row)
    kept = evidence.load(connection, told["evidence_id"])
    if (kept["instance_id"], kept["file_hash_sha256"]) != (instance_id, told.get("file_hash_sha256")):
        raise Conflict(
            "Another capture stands under this evidence_id; nothing was changed.",
            hint="Give each capture an id of its own.",
            code="EVIDENCE_ID_USED",
        )
    if is_new:
        record(
            connection,
            "stairs.evidence.registered",
            actor_id=caller.id,
            actor_role=caller.actor_role,
            entity_type="evidence",
            entity_id=str(told["evidence_id"]),
            payload={"instance_id": str(instance_id), "sha256": told.get("file_hash_sha256")},
        )
        judge_again(connection, session, instance, now)
    return kept


def add_bytes(
    connection: Connection,
    store: Store,
    caller: Principal,
    evidence_id: uuid.UUID,
    data: bytes,
    *,
    offset: int,
    total: int,
    now: datetime,
) -> dict[str, Any]:
    """Take a piece of a file in; with the last one the whole is hashed, kept and judged.

    Args:
        connection: the caller's transaction.
        store: where whole files go.
        caller: who sends.
        evidence_id: of the registered capture.
        data: the piece.
        offset: where in the file it begins.
        total: size of the whole file, bytes.
        now: when it arrived.

    Raises:
        NotFound: no such capture.
        TooLarge: over 100 MB.
        Conflict: OFFSET, the piece does not begin where the last one ended; SESSION_CLOSED.
        Invalid: HASH_MISMATCH, the bytes are not those that were declared; they are thrown away.
    """
    session_id = evidence.load(connection, evidence_id)["session_id"]
    session = sessions.load(connection, session_id, lock=True)
    row = evidence.load(connection, evidence_id, lock=True)
    if row["uploaded_at"] is not None:
        return row
    if total > LARGEST_BYTES:
        raise TooLarge("Evidence is at most 100 MB; nothing was kept.", hint="Send a shorter clip or a smaller photo.")
    if row["file_size_bytes"] not in (None, total):
        raise Invalid(
            f"The file was declared with {row['file_size_bytes']} bytes, {total} are announced; nothing was kept.",
            hint="Send the file that was registered.",
            code="SIZE_MISMATCH",
        )
    # What was registered while the session was walked may still arrive after it was handed in.
    if session.status != "submitted":
        open_session(connection, session_id)
    part = _spool(caller.tenant_id, evidence_id)
    arrived = part.stat().st_size if part.exists() else 0
    if offset > arrived:
        raise Conflict(
            f"{arrived} bytes have arrived; a piece from {offset} on leaves a gap. Nothing was kept.",
            hint=f"Go on from byte {arrived}.",
            code="OFFSET",
        )
    with part.open("r+b" if part.exists() else "w+b") as handle:
        handle.seek(offset)
        handle.write(data)
        handle.truncate()
    arrived = offset + len(data)
    if arrived < total:
        evidence.arrived(connection, evidence_id, {"received_bytes": arrived})
        return evidence.load(connection, evidence_id)
    return _whole(connection, store, caller, row, part, now)


def forget_pieces(tenant_id: str, evidence_id: uuid.UUID) -> None:
    """Throw the pieces of a file away, once the whole is kept for good: after the transaction that kept it."""
    _spool(tenant_id, evidence_id).unlink(missing_ok=True)


def received(tenant_id: str, row: Mapping[str, Any]) -> int:
    """How many bytes of a capture this copy holds: where a device goes on."""
    if row["uploaded_at"] is not None:
        return int(row["file_size_bytes"])
    part = _spool(tenant_id, row["evidence_id"])
    return part.stat().st_size if part.exists() else 0


def _whole(
    connection: Connection, store: Store, caller: Principal, row: Mapping[str, Any], part: Path, now: datetime
) -> dict[str, Any]:
    data = part.read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    if not data:
        part.unlink()
        raise Invalid("The file is empty; nothing was kept.", code="EMPTY")
    if row["file_hash_sha256"] not in (None, digest):
        part.unlink()
        raise Invalid(
            f"The bytes that arrived have SHA-256 {digest}, declared was {row['file_hash_sha256']}; they were thrown"
            " away.",
            hint="Send the file again from its first byte.",
            code="HASH_MISMATCH",
        )
    kept = keep(
        connection,
        store,
        data,
        kind=KIND,
        media_type=row["mime_type"] or "application/octet-stream",
        made_from={"evidence_id": str(row["evidence_id"]), "instance_id": str(row["instance_id"])},
        actor_id=caller.id,
    )
    resolution = resolution_of(data) if row["evidence_type"] == "photo" else None
    evidence.arrived(
        connection,
        row["evidence_id"],
        {
            "received_bytes": len(data),
            "file_size_bytes": len(data),
            "stored_sha256": digest,
            "file_hash_sha256": row["file_hash_sha256"] or digest,
            "artifact_id": kept.artifact_id,
            "file_path": kept.store_key,
            "uploaded_at": now,
        },
    )
    if resolution is not None:
        evidence.measured(connection, row["evidence_id"], resolution)
    session = sessions.load(connection, row["session_id"])
    judge_again(connection, session, instances.load(connection, session.id, row["instance_id"], lock=True), now)
    return evidence.load(connection, row["evidence_id"])


def resolution_of(data: bytes) -> str | None:
    """Width and height of a picture as its own bytes say, such as 4032x3024; None where it is no picture."""
    try:
        with warnings.catch_warnings():
            # Only the header is read: a picture that would unpack to gigabytes costs nothing here, and what else the
            # library would remark of a damaged one nobody reads.
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(data), formats=PICTURES) as picture:
                return f"{picture.width}x{picture.height}"
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError, SyntaxError):
        return None


def _spool(tenant_id: str, evidence_id: uuid.UUID) -> Path:
    folder = settings().home_path / "uploads" / tenant_id
    folder.mkdir(parents=True, exist_ok=True)
    return folder / str(evidence_id)
