"""A published version with the chain of signatures behind it: what is given out and verified offline."""

import base64
import json
import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection

from domain.courses.authoring.store import packages
from domain.courses.authoring.store.decisions import approvals_of
from domain.courses.authoring.store.items import item_id_of
from domain.courses.authoring.store.packages import Published
from domain.kernel import queue
from domain.kernel.signed import MEMBERS, Countersignature, load_countersignature

ENVELOPE = "countersign.course-package/1"


def envelope_of(connection: Connection, package: Published) -> dict[str, Any]:
    """The package file: content, its hash, and every signature that it stands on. It never changes.

    Each `signed` is what was signed, member by member: `signature` is over its canonical JSON.
    """
    content = json.loads(packages.content_text_of(connection, package.package_id))
    chain = [
        (entry, load_countersignature(connection, signature))
        for entry, signature in _behind(connection, package.syllabus_id, content)
    ]
    publication = load_countersignature(connection, package.countersignature_id)
    names = _names(connection, [signed for _, signed in chain] + [publication])
    return {
        "format": ENVELOPE,
        "syllabusId": package.syllabus_id,
        "version": package.version,
        "contentHash": package.content_hash,
        "byteSize": package.size_bytes,
        "restoredFrom": package.restored_from,
        "packageId": str(package.package_id),
        "publishedAt": publication.signed_at.isoformat(),
        "publication": _signature(publication, names),
        "approvals": [{**entry, **_signature(signed, names)} for entry, signed in chain],
        "content": content,
    }


def _behind(
    connection: Connection, syllabus_id: str, content: dict[str, Any]
) -> Iterable[tuple[dict[str, Any], uuid.UUID]]:
    """Each entry of the manifest with its approval, in the manifest's order."""
    entries = [(entry, item_of(syllabus_id, entry)) for entry in content["manifest"]]
    found = approvals_of(connection, [(item_id, entry["revision"]) for entry, item_id in entries])
    signatures = {(item_id, revision): signature for item_id, revision, signature in found}
    for entry, item_id in entries:
        told = {"item": item_id, **{name: entry[name] for name in ("kind", "id", "revision", "contentHash")}}
        yield told, signatures[item_id, entry["revision"]]


def item_of(syllabus_id: str, entry: Mapping[str, Any]) -> str:
    """The part of the course that an entry of a manifest names."""
    if entry["kind"] == "SYLLABUS":
        return syllabus_id
    slot = entry["id"][:3] if entry["kind"] == "PROJECT" else entry["id"][:6]
    return item_id_of(entry["kind"], syllabus_id, slot)


def _signature(signed: Countersignature, names: dict[str, str]) -> dict[str, Any]:
    members = {name: _plain(getattr(signed, name)) for name in MEMBERS if name != "signature"}
    return {
        "approver": names.get(str(signed.signer_id), "a former colleague"),
        "role": signed.signer_role,
        "at": signed.signed_at.isoformat(),
        "note": signed.reason,
        "countersignature": str(signed.countersignature_id),
        "signed": members,
        "signature": base64.b64encode(signed.signature).decode(),
    }


def _plain(value: Any) -> Any:
    if hasattr(value, "isoformat"):
        return value.isoformat(timespec="microseconds")
    return str(value) if isinstance(value, uuid.UUID) else value


def _names(connection: Connection, signed: Iterable[Countersignature]) -> dict[str, str]:
    return queue.names_of(connection, {str(one.signer_id) for one in signed})
