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
