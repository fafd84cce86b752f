"""The shapes of what browsers tell of learning, and of what comes of it."""

from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from domain.courses.insight.rules.facts import EVENT_TYPES
from domain.courses.insight.rules.incoming import MOST_EVENTS


class EventSent(BaseModel):
    """One event as a browser sends it. Who it was is not among its members."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid")

    event_id: str = Field(description="A UUID; the same id is kept once.", json_schema_extra={"format": "uuid"})
    event_type: str = Field(json_schema_extra={"enum": list(EVENT_TYPES)})
    course_id: str = Field(min_length=1, max_length=64)
    package_version: int | None = Field(None, ge=1, description="The version that was read; else the learner's own.")
    lesson_idx: int | None = Field(None, ge=0, description="0-based; of every type but course_view.")
    occurred_at: AwareDatetime = Field(description="At most 24 hours ago and 5 minutes ahead.")
    metadata: dict[str, Any] | None = Field(None, description="At most 4,096 bytes.")
    anon_id: str | None = Field(None, max_length=64, description="Of a course_view by nobody known.")


class RejectedEvent(BaseModel):
    """One event that was not kept."""

    index: int = Field(description="Its place in the batch, from 0.", examples=[3])
    code: str = Field(examples=["CLOCK_SKEW"])


class Taken(BaseModel):
    """What came of a batch."""

    accepted: int = Field(description="Kept now.", examples=[9])
    duplicates: int = Field(description="Had been kept before.", examples=[1])
    rejected: list[RejectedEvent]


EXAMPLE = {
    "eventId": "7d6d6a3e-8a53-4a0c-9f6e-2f8d2c1b5a10",
    "eventType": "lesson_viewed",
    "courseId": "0190a3c4-0000-7000-8000-000000000001",
    "packageVersion": 1,
    "lessonIdx": 0,
    "occurredAt": "2026-03-01T10:00:00Z",
}
BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["events"],
                    "properties": {
                        "events": {
                            "type": "array",
                            "minItems": 1,
                            "maxItems": MOST_EVENTS,
                            "items": EventSent.model_json_schema(by_alias=True),
                        }
                    },
                },
                "example": {"events": [EXAMPLE]},
            }
        },
    }
}
