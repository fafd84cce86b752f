"""What the endpoints of advice take and answer."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from api.paging import Row
from domain.kernel.advice.work import Found

RoomName = Literal["grid", "stairs", "courses"]
SeverityName = Literal["LOW", "MEDIUM", "HIGH"]
Status = Literal["OPEN", "ACCEPTED", "DISMISSED"]
SignalState = Literal["OPEN", "CLOSED", "ARCHIVED"]
Said = Annotated[str | None, Field(max_length=2000, examples=["The meter was exchanged on Monday."])]


def _body(**example: Any) -> ConfigDict:
    return ConfigDict(extra="forbid", json_schema_extra={"examples": [example]})


class SignalRow(Row):
    """One episode with the numbers of its last evaluation."""

    signal_id: UUID
    room: RoomName
    signal_type: str = Field(examples=["FEEDER_LOSS"])
    subject_type: str = Field(examples=["feeder"])
    subject_id: str = Field(examples=["FEEDER_7"])
    context: str = Field("", description="What bounds the subject; of courses `<course>@<version>`.")
    number: int = Field(description="1 for the first episode about this, rising.")
    state: SignalState
    severity: SeverityName
    ruleset: str
    opened_on: date
    opened_at: datetime
    closed_on: date | None = None
    closed_at: datetime | None = None
    last_evaluated_on: date
    value: float | None = None
    k: int | None = None
    n: int | None = None
    low: float | None = None
    high: float | None = None
    thresholds: dict[str, Any] | None = None


class EvaluationTold(BaseModel):
    """One look at what a signal is about."""

    evaluation_id: UUID
    evaluated_on: date
    verdict: Literal["OPENS", "STAYS", "CLOSES"]
    change: Literal["OPENED", "KEPT", "CLOSED", "NONE"]
    severity: SeverityName | None
    value: float | None
    k: int | None
    n: int | None
    low: float | None
    high: float | None
    period: dict[str, Any]
    ruleset: str
    thresholds: dict[str, Any]
    evidence: dict[str, Any]
    inputs_hash: str


class SignalTold(BaseModel):
    """One signal with every look at it, the newest first."""

    signal: SignalRow
    evaluations: list[EvaluationTold]


class SuggestionRow(Row):
    """One suggestion with the numbers that it rests on, and what a person made of it."""

    suggestion_id: UUID
    room: RoomName
    source_signal_id: UUID
    evaluation_id: UUID
    signal_type: str
    scope: str = Field(examples=["METER"])
    suggestion_type: str = Field(examples=["INSPECT_METER"])
    target_id: str = Field(examples=["meter:M000123"])
    context: str = ""
    severity: SeverityName
    message: str
    reasons: list[str] = Field(default_factory=list)
    ruleset: str
    opens: Literal["inspection_case", "work_item"] | None = None
    status: Status
    created_at: datetime
    content_hash: str
    value: float | None = None
    k: int | None = None
    n: int | None = None
    low: float | None = None
    high: float | None = None
    thresholds: dict[str, Any] | None = None
    evidence: dict[str, Any] = Field(default_factory=dict)
    decided_at: datetime | None = None
    decision_reason: str | None = None
    countersignature_id: UUID | None = None


class Decide(BaseModel):
    """Why; a body is optional, for a suggestion never changes."""

    model_config = _body(reason="The crew is there on Tuesday anyway.")
    reason: Said = None
    content_hash: str | None = Field(None, pattern="^[0-9a-f]{64}$", description="Of what was seen, where it is sent.")


class DecidedOn(BaseModel):
    """The suggestion as it stands after the decision."""

    status: Literal["ok"] = "ok"
    countersignature_id: UUID
    suggestion: SuggestionRow
    work_item_id: UUID | None = Field(None, description="What the acceptance opened.")


class WorkItemRow(Row):
    """One thing that somebody is to look at, and what was found there."""

    work_item_id: UUID
    suggestion_id: UUID
    room: RoomName
    kind: Literal["inspection_case", "work_item"]
    title: str
    target_id: str
    signal_type: str
    reasons: list[str] = Field(default_factory=list)
    ruleset: str
    status: Literal["OPEN", "CLOSED"]
    outcome: Found | None = None
    note: str | None = None
    opened_at: datetime
    closed_at: datetime | None = None
    countersignature_id: UUID


class CloseWork(BaseModel):
    """What was found. It is said once."""

    model_config = _body(outcome="confirmed", note="Jumper behind the meter.")
    outcome: Found
    note: Said = None


class PrecisionRow(BaseModel):
    """How often accepted advice found something."""

    room: RoomName
    signal_type: str
    reason: str = Field(description="What it was based on; `*` is all of a type together.", examples=["OWN_DROP"])
    ruleset: str
    open_items: int
    closed_items: int
    found: int = Field(description="Confirmed, fixed or a meter's fault.")
    confirmed: int
    fixed: int
    meter_fault: int
    vacant: int
    clean: int
    not_found: int
    value: float | None = Field(description="found / closed_items; null where nothing is closed.")
    low: float | None
    high: float | None


class Precision(BaseModel):
    """By room, signal type, reason and ruleset."""

    status: Literal["ok"] = "ok"
    counts: dict[str, int]
    rows: list[PrecisionRow]


class NewRuleset(BaseModel):
    """Another version of a room's thresholds and weights."""

    model_config = _body(room="grid", ruleset={"version": "2026-2", "rules": []})
    room: RoomName
    ruleset: dict[str, Any]


class RulesetTold(BaseModel):
    """One version, shipped or countersigned."""

    room: RoomName
    version: str
    in_force: bool
    shipped: bool
    content_hash: str
    content: dict[str, Any]
    off: list[str] = Field(
        default=[],
        description="Signal types that this copy knows and this version says nothing of: they are not looked at.",
    )
    adopted_at: datetime | None = None
    countersignature_id: UUID | None = None


class Rulesets(BaseModel):
    """By which thresholds machines notice things."""

    status: Literal["ok"] = "ok"
    counts: dict[str, int]
    rows: list[RulesetTold]


class ProposedRuleset(BaseModel):
    """What waits for a signature."""

    status: Literal["ok"] = "ok"
    proposal_id: UUID
    content_hash: str
    page_url: str | None
