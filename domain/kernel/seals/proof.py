"""Inclusion proofs: that one row is in a signed seal, checked with the public key alone and without a database."""

import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text

from domain.kernel.canonical import sha256_hex
from domain.kernel.errors import Conflict, Invalid, NotFound
from domain.kernel.seals.leaves import SEALED_TABLES, canonical_sql
from domain.kernel.seals.merkle import audit_path, leaf_hash, root_of_path
from domain.kernel.seals.reading import leaf_hashes
from domain.kernel.seals.seal import COLUMNS, Seal, seal_of_document, seal_of_row
from domain.kernel.signing import is_good

FORMAT = "countersign-proof/1"


@dataclass(frozen=True)
class Place:
    """Where a row stands among the seals."""

    seal: Seal
    leaf_index: int
    leaf_hash: bytes
    of_table: str


def place_of(connection: Connection, event_id: uuid.UUID) -> Place | None:
    """The seal that holds the row; None while it is not sealed."""
    leaf = connection.execute(
        text("SELECT seal_id, leaf_index, leaf_hash, of_table FROM seal_leaves WHERE event_id = :id"), {"id": event_id}
    ).one_or_none()
    if leaf is None:
        return None
    seal = connection.execute(
        text(f"SELECT {COLUMNS} FROM seals WHERE seal_id = :id"), {"id": leaf.seal_id}
    ).one_or_none()
    return None if seal is None else Place(seal_of_row(seal), leaf.leaf_index, bytes(leaf.leaf_hash), leaf.of_table)


def make_proof(connection: Connection, event_id: uuid.UUID) -> dict[str, Any]:
    """The proof as a JSON document: the row's leaf, the way to the root, the signed seal.

    Raises:
        NotFound: the tenant has no such row.
        Conflict: NOT_SEALED_YET; or SEAL_BROKEN, where the row or the leaves are not what was sealed.
    """
    place = place_of(connection, event_id)
    leaf = _leaf(connection, event_id)
    if leaf is None:
        raise NotFound(f"There is no event {event_id}.", hint="The ledger at /ledger lists what there is.")
    if place is None:
        raise Conflict(
            "The event is not sealed yet, so there is nothing to prove it by.",
            hint="Seals are made every hour.",
            code="NOT_SEALED_YET",
        )
    path = _path(connection, place)
    root = root_of_path(place.leaf_hash, place.leaf_index, place.seal.size, path)
    if leaf_hash(leaf.encode()) != place.leaf_hash or root is None or root.hex() != place.seal.root:
        raise Conflict(
            "The event or its seal was changed after it was sealed; no proof can be made.",
            hint="`countersign verify ledger` names what was touched.",
            code="SEAL_BROKEN",
        )
    return {
        "format": FORMAT,
        "leaf": leaf,
        "leaf_index": place.leaf_index,
        "audit_path": [node.hex() for node in path],
        "seal": place.seal.as_document(),
    }


def _leaf(connection: Connection, event_id: uuid.UUID) -> str | None:
    for leafed in SEALED_TABLES:
        found = connection.execute(
            text(f"SELECT {canonical_sql(leafed, 'r')} FROM {leafed.table} AS r WHERE r.{leafed.key} = :id"),
            {"id": event_id},
        ).scalar_one_or_none()
        if found is not None:
            return str(found)
    return None


def _path(connection: Connection, place: Place) -> list[bytes]:
    try:
        return audit_path(leaf_hashes(connection, place.seal.seal_id), place.leaf_index, place.seal.size)
    except ValueError:
        return []


def check_proof(document: Any, public_key: bytes) -> Seal:
    """Check a proof offline; answer the seal that holds the event.

    Raises:
        Invalid: the file is no proof.
        Conflict: PROOF_FAILED, with what does not fit.
    """
    try:
        if document["format"] != FORMAT:
            raise ValueError("format")
        leaf, index = document["leaf"].encode(), document["leaf_index"]
        path = [bytes.fromhex(node) for node in document["audit_path"]]
        if type(index) is not int:
            raise ValueError("leaf_index")
        seal = seal_of_document(document["seal"])
    except (KeyError, TypeError, ValueError, AttributeError) as cause:
        raise Invalid("The file is not a proof.", hint="Give it as /v1/ledger/{event_id}/proof sent it.") from cause
    if sha256_hex(public_key) != seal.key_id or not is_good(public_key, seal.signature, seal.signed_bytes):
        raise _failed("The seal was not signed by this key.")
    root = root_of_path(leaf_hash(leaf), index, seal.size, path)
    if root is None or root.hex() != seal.root:
        raise _failed("The event is not in the seal: it or the path was changed.")
    return seal


def _failed(why: str) -> Conflict:
    return Conflict(why, hint="Do not rely on it; ask for the proof again and compare.", code="PROOF_FAILED")
