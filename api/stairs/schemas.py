"""What is sent to FireMode: sessions, results, evidence, reviews. Limits here are the door's, verdicts the engine's."""

from datetime import date, datetime
from math import isfinite
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    StrictInt,
    StringConstraints,
    model_validator,
)

Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=2000)]
Words = Annotated[str, StringConstraints(max_length=2000)]
# A JSON number with a point would lose digits on its way: what was read is sent as text, or is whole.
Read = Annotated[str, StringConstraints(max_length=40)] | Annotated[StrictInt, Field(ge=-(10**12), le=10**12)]
Count = Annotated[int, Field(ge=-1_000_000, le=1_000_000)]


def _in_our_time(at: datetime) -> datetime:
    """Every zone's calendar and every column hold these years; a clock that says otherwise is wrong."""
    if at.year not in range(1900, 2201):
        raise ValueError(f"year {at.year} is not between 1900 and 2200")
    return at


def _is_unicode(told: str) -> bool:
    try:
        told.encode()
    except UnicodeEncodeError:
        return False
    return True


Instant = Annotated[AwareDatetime, AfterValidator(_in_our_time)]
Frequency = Literal["monthly", "six_monthly", "annual"]


class Body(BaseModel):
    """A body: members that are not described are refused."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _storable(cls, told: Any) -> Any:
        """Neither JSON columns nor hashes hold half a character, a NUL, or a number that is none.

        Raises:
            ValueError: one of these stands somewhere in it.
        """
        left = [told]
        while left:
            one = left.pop()
            if isinstance(one, str) and not (one.isprintable() or one.isascii() or _is_unicode(one)):
                raise ValueError("a text holds half a character")
            if isinstance(one, str) and "\0" in one:
                raise ValueError("a text holds a NUL character")
            if isinstance(one, float) and not isfinite(one):
                raise ValueError("NaN and infinity are no numbers")
            left += [*one, *one.values()] if isinstance(one, dict) else one if isinstance(one, list) else []
        return told


class NewSession(Body):
    """A visit to plan."""

    building_id: UUID
    frequency: Frequency
    planned_for: Annotated[date, Field(description="Local date of the visit.", examples=["2026-11-23"])]
    technician_id: UUID | None = None


class WithReason(Body):
    """An act that needs its reason."""

    reason: Reason


class Amendment(WithReason):
    """What of an approved session is to be tested again."""

    instance_ids: Annotated[list[UUID], Field(min_length=1, max_length=10_000)]
    planned_for: date


class GridPoint(Body):
    """One of nine readings across a doorway; 1 to 3 the top row from left to right."""

    point: Count
    velocity_ms: Read


class PanelEvent(Body):
    """What one component did, seconds after the trigger."""

    component_id: Annotated[str, Field(max_length=100)]
    action: Annotated[str, Field(max_length=100)]
    t_s: Read
    seq: Count | None = None


class PanelEvents(Body):
    """A cause-and-effect test as it went."""

    trigger_time: Instant | None = None
    source: Literal["panel_log", "manual"]
    events: Annotated[list[PanelEvent], Field(max_length=5000)]


class Attested(Body):
    """An interface test: what the person saw."""

    matched: bool
    response_time_s: Read | None = None
    remarks: Words | None = None


class Result(Body):
    """One result. What was read is sent as text, or as a whole number: every digit counts as it was read."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "submission_id": "0190f1a4-9d3a-7c11-8f00-5d3a52a3b901",
                    "tested_at": "2026-11-23T10:15:00+11:00",
                    "value": "44.2",
                    "used_instrument_id": None,
                }
            ]
        },
    )

    submission_id: Annotated[UUID | None, Field(description="The device's id; sending again is then harmless.")] = None
    tested_at: Instant
    started_at: Instant | None = None
    completed_at: Instant | None = None
    value: Annotated[Read | None, Field(description="Pa or N, as read.", examples=["44.2"])] = None
    grid: Annotated[list[GridPoint] | None, Field(max_length=100)] = None
    events: PanelEvents | None = None
    interface: Attested | None = None
    measurement_position: Literal["at_handle", "at_edge"] | None = None
    used_instrument_id: UUID | None = None
    notes: Words | None = None

    def payload(self) -> dict[str, Any]:
        """The result as it is kept: canonical texts, without the device's id."""
        return self.model_dump(mode="json", exclude={"submission_id", "instance_id"}, exclude_none=True)


class Submitted(Result):
    """A result in a batch."""

    submission_id: UUID
    instance_id: UUID


class Sync(BaseModel):
    """What a device collected without a signal; each submission is judged by itself."""

    model_config = ConfigDict(extra="forbid")

    bundle_hash: Annotated[str | None, Field(pattern=r"^[0-9a-f]{64}$")] = None
    device_clock: Instant | None = None
    submissions: Annotated[list[dict[str, JsonValue]], Field(min_length=1, max_length=2000)]


class Settled(WithReason):
    """Which of two results counts."""

    resolution: Literal["kept_first", "took_this"]


class Acknowledged(WithReason):
    """Observations that a reviewer has seen."""

    codes: Annotated[list[Annotated[str, Field(max_length=50)]], Field(min_length=1, max_length=20)]


class NewEvidence(Body):
    """Something that was captured at an instance; its bytes follow."""

    evidence_id: Annotated[UUID, Field(description="The device's id of the capture.")]
    evidence_type: Literal["photo", "video", "structured_data", "metadata"]
    captured_at: Instant
    file_hash_sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", description="Of the bytes, lower case.")]
    file_size_bytes: Annotated[int | None, Field(ge=1, le=104_857_600)] = None
    mime_type: Annotated[str | None, Field(max_length=100, pattern=r"^[\w.+-]+/[\w.+-]+$")] = None
    description: Words | None = None
    device_attestation_token: Annotated[str | None, Field(max_length=10_000)] = None
    gps_coordinates: dict[str, float | str] | None = None
    metadata: dict[str, JsonValue] | None = None
    prompt: Annotated[int | None, Field(ge=1, le=100, description="Number of the prompt that it answers.")] = None


class Review(WithReason):
    """What a person says of a proposed fault. Sent by a person, it is the countersignature itself."""

    action: Literal["confirm", "reclassify", "dismiss"]
    severity: Literal["critical", "high", "medium", "low"] | None = None
    defect_classification: Literal["1A", "1B", "2", "3"] | None = None
    standard_class: Literal["critical", "non_critical", "non_conformance"] | None = None
    retest_instance_id: UUID | None = None
    invalid_measurement: Words | None = None
