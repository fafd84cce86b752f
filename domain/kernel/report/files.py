"""The files of an edition: kept as artifacts by the hash of their bytes, and under the path that people look for."""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from domain.kernel import artifacts
from domain.kernel.objects.store import Store
from domain.kernel.signed import Countersignature


@dataclass(frozen=True)
class File:
    """One file: its path beneath the store's prefix, its bytes and their media type."""

    key: str
    data: bytes
    media_type: str


def keep_files(
    connection: Connection,
    store: Store,
    edition: str,
    files: Mapping[str, File],
    *,
    kind: str,
    made_from: Mapping[str, Any],
    actor_id: str,
    signed: Countersignature | None = None,
) -> dict[str, dict[str, Any]]:
    """Keep the files of an edition as artifacts and under their paths in the store, before any row speaks of them.

    Args:
        connection: bound to the tenant.
        store: where files go.
        edition: draft or signed.
        files: by format, such as pdf.
        kind: of the artifacts.
        made_from: what makes them again, as JSON can hold it.
        actor_id: who asked.
        signed: the signature that the signed edition carries; None for a draft.

    Returns:
        By format what a record of the report says of the file: key, artifact, SHA-256, size in bytes, media type.

    Raises:
        Unavailable: the store does not take it.
    """
    told = {}
    for ending, file in sorted(files.items()):
        kept = artifacts.keep(
            connection,
            store,
            file.data,
            kind=kind,
            media_type=file.media_type,
            made_from={**made_from, "edition": edition, "format": ending},
            actor_id=actor_id,
            countersignature_id=None if signed is None else signed.countersignature_id,
        )
        store.put(file.key, io.BytesIO(file.data), file.media_type)
        told[ending] = {
            "key": file.key,
            "artifact_id": str(kept.artifact_id),
            "sha256": kept.sha256,
            "size_bytes": kept.size_bytes,
            "media_type": file.media_type,
        }
    return told
