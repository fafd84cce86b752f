"""What the endpoints of lent authority take and answer."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from domain.kernel.principal import Role

Reason = Annotated[str, Field(min_length=1, max_length=2000, examples=["On leave until the end of March."])]
Kind = Annotated[str, Field(min_length=1, max_length=100, examples=["retention.disposal"])]
LentState = Literal["STANDING", "EXPIRED", "ENDED"]


def _body(**example: Any) -> ConfigDict:
    return ConfigDict(extra="forbid", json_schema_extra={"examples": [example]})


class NewDelegation(BaseModel):
    """An own role to lend a colleague. Sending it is signing it."""

    model_config = _body(
        to_user="0190b6a2-5f5e-7c3a-8000-000000000000",
        role="REVIEWER",
        valid_to="2027-03-31T00:00:00Z",
        reason="On leave.",
    )
    to_user: UUID
    role: Role
    kinds: Annotated[list[Kind], Field(max_length=100, description="Only these kinds of acts; empty: all.")] = []
    valid_to: Annotated[AwareDatetime, Field(description="At most a year away.")]
    reason: Reason


class Delegation(BaseModel):
    """One role that a person lent another."""

    model_config = ConfigDict(from_attributes=True)
    delegation_id: UUID
    role: str
    from_user: UUID
    from_name: str | None
    to_user: UUID
    to_name: str | None
    kinds: list[str]
    reason: str | None
    valid_from: datetime
    valid_to: datetime
    state: LentState
    proposal_id: UUID
    countersignature_id: UUID


class Delegations(BaseModel):
    """A page of delegations, newest first."""

    model_config = ConfigDict(from_attributes=True)
    rows: list[Delegation]
    next_cursor: str | None


class Scope(BaseModel):
    """What an order covers within its kind; empty: everything of the kind."""

    model_config = _body(subject_type="meter_reads")
    subject_type: Annotated[str | None, Field(min_length=1, max_length=200)] = None
    subject_id: Annotated[str | None, Field(min_length=1, max_length=200)] = None


class NewOrder(BaseModel):
    """A standing order to propose; another person signs it."""

    model_config = _body(
        kind="retention.disposal",
        scope={"subject_type": "meter_reads"},
        times_per_day=5,
        valid_to="2027-03-31T00:00:00Z",
        reason="Nightly disposal after 400 days.",
    )
    kind: Kind
    scope: Scope = Scope()
    times_per_day: Annotated[int, Field(ge=1, le=10_000)]
    valid_to: Annotated[AwareDatetime, Field(description="At most a year away.")]
    reason: Reason


class ProposedOrder(BaseModel):
    """Where the proposed order waits."""

    status: Literal["waiting"] = "waiting"
    proposal_id: UUID
    order_id: UUID
    content_hash: str
    page_url: str


class Order(BaseModel):
    """One standing order with its uses."""

    model_config = ConfigDict(from_attributes=True)
    order_id: UUID
    kind: str
    scope: dict[str, str]
    times_per_day: int
    reason: str | None
    signed_by: str | None
    valid_from: datetime
    valid_to: datetime
    state: LentState
    uses_today: int = Field(description="Since midnight UTC.")
    uses: int
    last_used_at: datetime | None
    proposal_id: UUID
    countersignature_id: UUID


class Orders(BaseModel):
    """A page of standing orders, newest first."""

    model_config = ConfigDict(from_attributes=True)
    rows: list[Order]
    next_cursor: str | None


class Ending(BaseModel):
    """Why it ends now."""

    model_config = _body(reason="Back from leave.")
    reason: Reason
