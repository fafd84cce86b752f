"""A seal: what is signed, how it is read, and its form as a document that leaves the database.

Each tenant has a chain of its own: row-level security lets nobody, the sealing machine included, see two tenants' rows
at once; an auditor of one tenant can check all of it; and no tenant learns from a proof how much others do.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, text

from domain.kernel.canonical import canonical_json, sha256_hex
from domain.kernel.errors import Invalid

FORMAT = "countersign-seal/1"
COLUMNS = (
    "seal_id, tenant_id, seal_number, size, total, root, previous_root, previous_seal_hash, complete_through,"
    " sealed_at, key_id, seal_hash, signature"
)


@dataclass(frozen=True)
class Seal:
    """One seal of one tenant.

    Attributes:
        seal_number: 1 for the tenant's first, without gaps.
        size: leaves of this seal's tree.
        total: leaves of this and all earlier seals.
        root: of the tree, hex.
        previous_root: of the seal before.
        previous_seal_hash: SHA-256 of the signed bytes of the seal before; the chain.
        complete_through: whatever was recorded before this instant is in this seal or an earlier one.
        key_id: SHA-256 of the public key that checks `signature`.
        seal_hash: SHA-256 of this seal's signed bytes.
    """

    seal_id: uuid.UUID
    tenant_id: str
    seal_number: int
    size: int
    total: int
    root: str
    previous_root: str | None
    previous_seal_hash: str | None
    complete_through: datetime | None
    sealed_at: datetime
    key_id: str
    seal_hash: str
    signature: bytes

    @property
    def signed_bytes(self) -> bytes:
        """The canonical JSON (RFC 8785) that is signed: every member but hash and signature."""
        return signed_bytes({name: getattr(self, name) for name in SIGNED})

    def as_document(self) -> dict[str, Any]:
        """The seal as JSON, for checkpoints, proofs and the API; hashes and signature in hex."""
        members = {name: _plain(getattr(self, name)) for name in SIGNED}
        return {"format": FORMAT, **members, "seal_hash": self.seal_hash, "signature": self.signature.hex()}


SIGNED = tuple(field.name for field in fields(Seal) if field.name not in {"seal_hash", "signature"})


def signed_bytes(members: Mapping[str, Any]) -> bytes:
    """The bytes that are signed, from a seal's members."""
    return canonical_json({"format": FORMAT} | {name: _plain(members[name]) for name in SIGNED})


def seal_of_document(document: Any) -> Seal:
    """A seal from its JSON.

    Raises:
        Invalid: it is not a seal's document.
    """
    try:
        if document["format"] != FORMAT:
            raise ValueError(document["format"])
        through = document["complete_through"]
        members = {name: document[name] for name in SIGNED} | {
            "seal_id": uuid.UUID(document["seal_id"]),
            "complete_through": None if through is None else datetime.fromisoformat(through),
            "sealed_at": datetime.fromisoformat(document["sealed_at"]),
            "seal_hash": document["seal_hash"],
            "signature": bytes.fromhex(document["signature"]),
        }
        seal = Seal(**members)
        if not all(type(number) is int for number in (seal.seal_number, seal.size, seal.total)):
            raise ValueError("a number is not a number")
        hashed = sha256_hex(seal.signed_bytes)
    except (KeyError, TypeError, ValueError, AttributeError) as cause:
        raise Invalid(
            "This is not the document of a seal.", hint="Give a checkpoint or proof as it was saved."
        ) from cause
    if hashed != seal.seal_hash:
        raise Invalid("The seal's members do not give its hash: the document was changed.", code="SEAL_CHANGED")
    return seal


def seals_of(
    connection: Connection, *, newest_first: bool = False, before: int | None = None, limit: int | None = None
) -> list[Seal]:
    """The tenant's seals in order of their numbers."""
    order = "DESC" if newest_first else "ASC"
    rows = connection.execute(
        text(
            f"SELECT {COLUMNS} FROM seals WHERE CAST(:before AS integer) IS NULL OR seal_number < :before"
            f" ORDER BY seal_number {order} LIMIT :limit"
        ),
        {"before": before, "limit": limit},
    )
    return [seal_of_row(row) for row in rows]


def newest_seal(connection: Connection) -> Seal | None:
    """The tenant's newest seal."""
    return next(iter(seals_of(connection, newest_first=True, limit=1)), None)


def find_seal(connection: Connection, seal_id: uuid.UUID) -> Seal | None:
    """The tenant's seal under that id."""
    row = connection.execute(text(f"SELECT {COLUMNS} FROM seals WHERE seal_id = :id"), {"id": seal_id}).one_or_none()
    return None if row is None else seal_of_row(row)


def seal_of_row(row: Row[Any]) -> Seal:
    """A seal from its row."""
    return Seal(**dict(row._mapping) | {"signature": bytes(row.signature)})


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat(timespec="microseconds")
    return str(value) if isinstance(value, uuid.UUID) else value
