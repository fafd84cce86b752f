"""What the ledger's endpoints answer."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field


class Event(BaseModel):
    """One event. `seal_number` is null while no seal covers it."""

    model_config = ConfigDict(from_attributes=True)
    event_id: UUID
    seq: int
    event_type: str = Field(examples=["kernel.proposal.approved"])
    occurred_at: datetime
    recorded_at: datetime
    actor_id: str
    actor_name: str | None = None
    actor_role: str = Field(examples=["REVIEWER"])
    entity_type: str | None
    entity_id: str | None
    outage_id: str | None
    canon_outage_id: str | None
    prov_outage_id: str | None
    run_id: UUID | None
    replay_id: UUID | None
    request_id: str | None
    ip: str | None = Field(examples=["10.0.0.7"])
    status: str
    payload: dict[str, Any]
    seal_number: int | None


class Events(BaseModel):
    """A page of the ledger, the newest first."""

    items: list[Event]
    counts: dict[str, int] = Field(examples=[{"shown": 50}])
    next_cursor: str | None = None


class SealState(BaseModel):
    """Where an event stands among the seals."""

    state: Literal["sealed", "not_sealed_yet"]
    seal_id: UUID | None = None
    seal_number: int | None = None
    leaf_index: int | None = None
    sealed_at: datetime | None = None
    root: str | None = None


class EventDetail(Event):
    """One event with its seal."""

    seal: SealState


class SealDocument(BaseModel):
    """A seal, as it is signed: everything but `seal_hash` and `signature` is in the signed bytes (RFC 8785)."""

    format: Literal["countersign-seal/1"]
    seal_id: UUID
    tenant_id: str
    seal_number: int
    size: int = Field(description="Leaves of this seal's tree.")
    total: int = Field(description="Leaves of this and all earlier seals.")
    root: str
    previous_root: str | None
    previous_seal_hash: str | None
    complete_through: str | None = Field(
        description="Whatever was recorded before this instant is in this seal or an earlier one."
    )
    sealed_at: str
    key_id: str = Field(description="SHA-256 of the public key; see /v1/keys.")
    seal_hash: str
    signature: str = Field(description="Ed25519, hex.")


class Seals(BaseModel):
    """Seals, the newest first."""

    items: list[SealDocument]
    counts: dict[str, int] = Field(examples=[{"sealed": 1200, "unsealed": 3}])
    next_cursor: str | None = None


class Proof(BaseModel):
    """An inclusion proof; `countersign verify event FILE --public-key FILE` checks it offline."""

    format: Literal["countersign-proof/1"]
    leaf: str = Field(description="The event as canonical JSON (RFC 8785); the leaf's hash is SHA-256(0x00 || leaf).")
    leaf_index: int
    audit_path: list[str] = Field(description="Hashes from the leaf to the root, hex (RFC 6962).")
    seal: SealDocument


class Key(BaseModel):
    """One public key."""

    key_id: str
    purpose: Literal["countersign", "seal"]
    algorithm: Literal["Ed25519"] = "Ed25519"
    created_at: datetime
    public_key_pem: str


class Keys(BaseModel):
    """Every key that ever signed, oldest first."""

    items: list[Key]
    counts: dict[str, int] = Field(examples=[{"keys": 2}])
