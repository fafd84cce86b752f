"""What stands countersigned: the type, how it is read, and whether it still covers what is to be done.

Machines may import this. How a countersignature comes to be stands apart, in `countersign.py`, for people alone.
"""

import uuid
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from typing import Any, TypedDict

from sqlalchemy import Connection, Row, text

from domain.kernel.canonical import canonical_json
from domain.kernel.errors import Conflict, NotFound
from domain.kernel.signing import Purpose, is_good, registered_key

_PROOF = object()
_COLUMNS = (
    "countersignature_id, proposal_id, tenant_id, kind, subject_type, subject_id, content_hash, decision, signer_id,"
    " signer_role, on_behalf_of, delegation_id, meaning, reason, supersedes, withdraws, signed_at, key_id, signature"
)


class Decision(StrEnum):
    """What a person can answer to a proposal; each has a verb of its own."""

    APPROVED = "APPROVED"
    REFUSED = "REFUSED"
    WITHDRAWN = "WITHDRAWN"
    MORE_INFORMATION = "MORE_INFORMATION"


class Actor(TypedDict):
    """The members of an event that a signature determines."""

    actor_id: str
    actor_role: str
    occurred_at: datetime


@dataclass(frozen=True)
class Countersignature:
    """One person's decision on one proposal, with a signature that was found good. Grain: one decision.

    Only this module makes one, from a stored row whose signature it has checked: whoever holds one, holds a proof.
    """

    countersignature_id: uuid.UUID
    proposal_id: uuid.UUID
    tenant_id: str
    kind: str
    subject_type: str
    subject_id: str
    content_hash: str
    decision: Decision
    signer_id: uuid.UUID
    signer_role: str
    on_behalf_of: uuid.UUID | None
    delegation_id: uuid.UUID | None
    meaning: str
    reason: str | None
    supersedes: uuid.UUID | None
    withdraws: uuid.UUID | None
    signed_at: datetime
    key_id: str
    signature: bytes
    proof: object

    def __post_init__(self) -> None:
        if self.proof is not _PROOF:
            raise TypeError("a countersignature is read from the database, never made up")

    @property
    def actor(self) -> Actor:
        """Who did it and when, as the ledger's `record` and `note` take it."""
        return {"actor_id": str(self.signer_id), "actor_role": self.signer_role, "occurred_at": self.signed_at}


def signed_bytes(row: dict[str, Any]) -> bytes:
    """The canonical JSON (RFC 8785) that is signed: every member of the decision but the signature itself."""
    return canonical_json({name: _plain(value) for name, value in row.items() if name not in {"signature", "proof"}})


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat(timespec="microseconds")
    return str(value) if isinstance(value, uuid.UUID) else value


def load_countersignature(connection: Connection, countersignature_id: uuid.UUID) -> Countersignature:
    """The decision under that id, whatever it decided.

    Raises:
        NotFound: the tenant has no such countersignature.
        Conflict: BAD_SIGNATURE, the row is not what was signed.
    """
    row = connection.execute(
        text(f"SELECT {_COLUMNS} FROM countersignatures WHERE countersignature_id = :id"), {"id": countersignature_id}
    ).one_or_none()
    if row is None:
        raise NotFound(
            f"There is no countersignature {countersignature_id}.", hint="The queue at / shows what waits for one."
        )
    return _of_row(connection, row)


def decisions_on(connection: Connection, proposal_id: uuid.UUID) -> list[Countersignature]:
    """Every decision on a proposal, oldest first."""
    rows = connection.execute(
        text(
            f"SELECT {_COLUMNS} FROM countersignatures WHERE proposal_id = :id ORDER BY signed_at, countersignature_id"
        ),
        {"id": proposal_id},
    ).all()
    return [_of_row(connection, row) for row in rows]


def check(connection: Connection, countersignature_id: uuid.UUID, kind: str) -> Countersignature:
    """The approval under that id, if it stands and is of the kind; what a fulfilment asks before it does anything.

    Raises:
        NotFound: the tenant has no such countersignature.
        Conflict: NOT_COUNTERSIGNED, OTHER_KIND, WITHDRAWN, SUPERSEDED or BAD_SIGNATURE.
    """
    found = load_countersignature(connection, countersignature_id)
    if found.kind != kind:
        raise Conflict(
            f"The countersignature is for {found.kind}, not for {kind}; nothing was done.", code="OTHER_KIND"
        )
    if found.decision is not Decision.APPROVED:
        raise Conflict(
            f"The proposal was answered with {found.decision}, not approved; nothing was done.",
            code="NOT_COUNTERSIGNED",
        )
    later = connection.execute(
        text(
            "SELECT decision FROM countersignatures WHERE withdraws = :id"
            " OR (supersedes = :id AND decision = 'APPROVED') ORDER BY signed_at LIMIT 1"
        ),
        {"id": countersignature_id},
    ).scalar_one_or_none()
    if later == Decision.WITHDRAWN:
        raise Conflict("The countersignature was withdrawn; nothing was done.", code="WITHDRAWN")
    if later is not None:
        raise Conflict("A later countersignature supersedes this one; nothing was done.", code="SUPERSEDED")
    return found


def approval_of(
    connection: Connection, kind: str, subject_type: str, subject_id: str, content_hash: str
) -> Countersignature | None:
    """The standing approval of exactly this content, or None; the newest where one superseded another."""
    row = connection.execute(
        text(
            f"SELECT {_COLUMNS} FROM countersignatures AS c WHERE c.kind = :kind AND c.subject_type = :subject_type"
            " AND c.subject_id = :subject_id AND c.content_hash = :hash AND c.decision = 'APPROVED'"
            " AND NOT EXISTS (SELECT 1 FROM countersignatures AS l WHERE l.tenant_id = c.tenant_id"
            "   AND (l.withdraws = c.countersignature_id"
            "     OR (l.supersedes = c.countersignature_id AND l.decision = 'APPROVED')))"
            " ORDER BY c.signed_at DESC LIMIT 1"
        ),
        {"kind": kind, "subject_type": subject_type, "subject_id": subject_id, "hash": content_hash},
    ).one_or_none()
    return None if row is None else _of_row(connection, row)


def _of_row(connection: Connection, row: Row[Any]) -> Countersignature:
    values = dict(row._mapping) | {"signature": bytes(row.signature)}
    public_key = registered_key(connection, row.key_id, Purpose.COUNTERSIGN)
    if public_key is None or not is_good(public_key, values["signature"], signed_bytes(values)):
        raise Conflict(
            f"The signature of countersignature {row.countersignature_id} does not fit its row; nothing was done.",
            hint="Somebody changed it behind the triggers. `countersign verify ledger` says what else was touched.",
            code="BAD_SIGNATURE",
        )
    return Countersignature(**values | {"decision": Decision(row.decision)}, proof=_PROOF)


MEMBERS = tuple(field.name for field in fields(Countersignature) if field.name != "proof")
