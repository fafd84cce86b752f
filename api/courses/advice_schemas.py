"""Suggestions, jobs, outputs and retry intents as the course platform's endpoints name them."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

Scope = Literal["COURSE", "MODULE", "LESSON", "QUIZ"]
SuggestionType = Literal["LOW_COMPLETION", "HIGH_RETRY", "DROP_OFF", "LOW_ENGAGEMENT", "CONTENT_CLARITY"]
SuggestionStatus = Literal["OPEN", "ACCEPTED", "DISMISSED"]
SeverityName = Literal["LOW", "MEDIUM", "HIGH"]
Said = Annotated[str | None, Field(max_length=2000)]
HASH = "^[0-9a-f]{64}$"


class Told(BaseModel):
    """An answer in camelCase, made from rows or by name."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class Sent(BaseModel):
    """A body in camelCase; what is not known is refused."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid")


class Metric(Told):
    """Of how many how many, with the interval; null where nothing was counted."""

    k: int | None
    n: int | None
    value: float | None
    low: float | None
    high: float | None


class ContentSuggestion(Told):
    """One suggestion for a course, with what it rests on."""

    id: UUID
    course_id: str = Field(examples=["bread-at-home"])
    package_version: int | None = None
    scope: str = Field(examples=["LESSON"])
    target_id: str = Field(examples=["lesson:m01l02"])
    type: str = Field(examples=["DROP_OFF"])
    severity: SeverityName
    message: str
    metric: Metric
    evidence_json: dict[str, Any]
    content_hash: str
    status: SuggestionStatus
    created_at: datetime
    source_signal_id: UUID
    decided_at: datetime | None = None
    decision_reason: str | None = None
    countersignature_id: UUID | None = None


class ContentSuggestions(Told):
    """A page of suggestions, the newest first."""

    suggestions: list[ContentSuggestion]
    next_cursor: str | None = None


class DecideOn(Sent):
    """Why; a body is optional."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        extra="forbid",
        json_schema_extra={"examples": [{"reason": "The lesson is being rewritten."}]},
    )
    reason: Said = None
    content_hash: str | None = Field(None, pattern=HASH)


class DecidedSuggestion(Told):
    """The suggestion after the decision."""

    id: UUID
    status: SuggestionStatus
    countersignature_id: UUID


class NewJob(Sent):
    """What is to be different; a body is optional."""

    note: Annotated[str, Field(max_length=2000, examples=["Shorter, with a worked example."])] = ""


class JobRow(Told):
    """One regeneration job as the list names it."""

    id: UUID
    status: Literal["PENDING", "TRIGGERED", "RUNNING", "COMPLETED", "FAILED"]
    target_type: Literal["COURSE", "MODULE", "LESSON", "QUIZ"]
    target_id: str = Field(examples=["lesson:m01l02"])
    created_at: datetime
    created_by: UUID


class Jobs(Told):
    """A page of jobs, the newest first."""

    jobs: list[JobRow]
    next_cursor: str | None = None


class JobDetail(JobRow):
    """One job, whole."""

    course_id: str
    instruction_json: dict[str, Any]
    instruction_hash: str
    output_ref: str | None = None
    output_id: UUID | None = None
    error_json: dict[str, Any] | None = None
    locked_at: datetime | None = None
    completed_at: datetime | None = None
    suggestion_id: UUID | None = None
    retry_of_job_id: UUID | None = None
    retry_intent_id: UUID | None = None
    retried_by_job_id: UUID | None = None
    adopted_at: datetime | None = None


class TriggerJob(Sent):
    """Why; a body is optional."""

    rationale: Said = None
    content_hash: str | None = Field(None, pattern=HASH, description="The job's `instructionHash`, where it is sent.")


class TriggeredJob(JobRow):
    """The job after its trigger: it waits for the worker."""

    countersignature_id: UUID


class PartChange(Told):
    """One difference to the text in use. `pointer` is an RFC 6901 pointer; `words` where both are text."""

    op: Literal["add", "remove", "replace"]
    pointer: str
    before: Any = None
    after: Any = None
    words: list[dict[str, str]] = Field(default_factory=list)


class OutputPart(Told):
    """One part that a job made, beside the approved revision that stands."""

    kind: Literal["SYLLABUS", "LESSON", "QUIZ", "PROJECT"]
    item_id: str
    content: dict[str, Any]
    approved_revision: int | None
    changes: list[PartChange]


class OutputTold(Told):
    """What a job brought. It is evidence; only its adoption makes drafts of it."""

    id: UUID
    job_id: UUID
    output_ref: str
    content_hash: str
    created_at: datetime
    adopted_at: datetime | None
    adopted_by: UUID | None
    made: list[dict[str, Any]] | None = Field(None, description="The drafts that its adoption made.")
    countersignature_id: UUID | None
    parts: list[OutputPart]


class Adopt(Sent):
    """Why; a body is optional."""

    note: Said = None
    content_hash: str | None = Field(None, pattern=HASH)


class Adopted(Told):
    """The drafts that were made. Each waits for another person's approval."""

    id: UUID
    job_id: UUID
    made: list[dict[str, Any]] = Field(examples=[[{"itemId": "bread.m01l02", "revision": 3}]])
    countersignature_id: UUID


ReasonCode = Literal["TRANSIENT_FAILURE", "BAD_INPUT", "IMPROVED_PROMPT", "INFRA_ERROR", "OTHER"]


class NewIntent(Sent):
    """Why a failed job should be tried again."""

    source_job_id: UUID
    reason_code: ReasonCode
    reason_text: Annotated[str, Field(min_length=3, max_length=2000, pattern=r"\S", examples=["The author was away."])]


class IntentTold(Told):
    """One intent to try again."""

    id: UUID
    source_job_id: UUID
    source_output_ref: str | None
    reason_code: ReasonCode
    reason_text: str
    status: Literal["PENDING", "CONSUMED", "REJECTED"]
    approved_by: UUID | None
    approved_at: datetime | None
    created_by: UUID
    created_at: datetime
    job_id: UUID | None = Field(None, description="The job that came of it.")
    instruction_patch: dict[str, Any] | None = None
    rejection_reason: str | None = None
    rejected_by: UUID | None = None
    rejected_at: datetime | None = None


class Intents(Told):
    """The intents for a job, the newest first."""

    retry_intents: list[IntentTold]


class ExecuteIntent(Sent):
    """A body is optional; a patch is for BAD_INPUT and IMPROVED_PROMPT alone."""

    instruction_patch: dict[str, Any] | None = Field(
        None, description="JSON Merge Patch (RFC 7396) on the instruction.", examples=[{"note": "Shorter."}]
    )
    note: Said = None


class ExecutedIntent(Told):
    """The intent after its execution, and the job that it made."""

    retry_intent: IntentTold
    job: JobRow
    countersignature_id: UUID


class RejectIntent(Sent):
    """Why it is not tried again."""

    reason: Annotated[str, Field(min_length=3, max_length=2000, pattern=r"\S", examples=["The lesson is dropped."])]
