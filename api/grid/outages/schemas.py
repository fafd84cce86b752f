"""Bodies of RestoreIQ's endpoints: snake_case members, camelCase accepted; unknown members are refused."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from api.paging import LONGEST_CURSOR

MOST_EVENTS = 10_000
Name = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f\ufffe\uffff]+$")]
# Lines and tabs, but nothing that no document can hold.
PLAIN = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]*$"
Reason = Annotated[str, Field(max_length=2000, pattern=PLAIN)]
Mode = Literal["full", "minimal"]
Outage = Annotated[UUID, Field(examples=["5e0f7a52-0c59-5d5e-9c0e-6f2f4d1a8c11"])]


class Body(BaseModel):
    """A body of RestoreIQ."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid")


class MeterEvent(Body):
    """One report. A meter reports for itself; SCADA and fault indicators name a device."""

    meter_id: Annotated[Name | None, Field(examples=["M000412"])] = None
    device_id: Name | None = None
    type: Annotated[Name, Field(examples=["POWER_OUT"])]
    at: Annotated[AwareDatetime, Field(examples=["2026-11-21T02:14:09Z"])]
    arrived_at: AwareDatetime | None = None
    source: Annotated[Name, Field(examples=["ami"])] = "ami"
    value: Annotated[float | None, Field(allow_inf_nan=False)] = None


class MeterEvents(Body):
    """A batch of reports; each is judged by itself."""

    events: Annotated[list[MeterEvent], Field(min_length=1, max_length=MOST_EVENTS)]


class PingResult(Body):
    """What came of a ping."""

    meter_id: Annotated[Name, Field(examples=["M000412"])]
    answered: bool
    at: AwareDatetime


class PingResults(Body):
    """Results of pings that somebody sent."""

    results: Annotated[list[PingResult], Field(min_length=1, max_length=MOST_EVENTS)]


class Infer(Body):
    """What is out, from all that had arrived by `as_of`."""

    as_of: AwareDatetime | None = None
    mode: Mode = "full"


class Promote(Body):
    """Which provisional outages: those named, or those of an outage. `commit` is the act of a person."""

    outage_id: Outage | None = None
    prov_outage_ids: Annotated[list[UUID], Field(max_length=200)] = []
    mode: Annotated[Literal["advise", "commit", "minimal"], Field(examples=["advise"])] = "advise"
    content_hash: Annotated[str | None, Field(pattern="^[0-9a-f]{64}$")] = None
    reason: Reason | None = None
    override: Annotated[bool, Field(description="Promote what the rules hold back; needs ids and a reason.")] = False
    cursor: Annotated[
        str | None, Field(max_length=LONGEST_CURSOR, description="`next_cursor` of the answer before, to read on.")
    ] = None


class Rank(Body):
    """Where the fault is."""

    outage_id: Outage
    as_of: AwareDatetime | None = None
    rank_by: Literal["probability", "meters"] = "probability"
    mode: Mode = "full"


class Advise(Body):
    """What could be done, or who could go; on the ranking that `run_id` names, or the latest."""

    outage_id: Outage
    run_id: UUID | None = None
    as_of: AwareDatetime | None = None
    mode: Mode = "full"


class GenerateReplay(Body):
    """Tell an outage as it was, from all that had arrived by `as_of`."""

    outage_id: Outage
    as_of: AwareDatetime | None = None
    mode: Literal["minimal", "summary", "full"] = "summary"


class Export(Body):
    """Write the draft edition of a replay's report."""

    replay_id: UUID
    formats: Annotated[list[Literal["pdf", "docx"]], Field(min_length=1, max_length=2)] = ["pdf", "docx"]
    page_size: Literal["A4", "Letter"] = "A4"


class Feedback(Body):
    """What an operator made of a recommendation."""

    run_id: UUID
    rec_type: Literal["zone", "option", "crew", "promotion", "etr"]
    rec_id: Name
    action: Literal["accepted", "modified", "rejected", "ignored"]
    reason_code: Annotated[str | None, Field(max_length=100, pattern=PLAIN)] = None
    note: Reason | None = None


class Progress(Body):
    """How an outage goes on, as somebody in the control room observed it. Times that are left out stay as they are."""

    dispatched_at: AwareDatetime | None = None
    arrived_at: AwareDatetime | None = None
    fault_found_at: AwareDatetime | None = None
    isolated_at: AwareDatetime | None = None
    closed_at: AwareDatetime | None = None
    cause: Annotated[str | None, Field(max_length=200, pattern=PLAIN)] = None
    true_device_id: Name | None = None
    true_zone_id: Name | None = None
    excluded_reason: Reason | None = None
