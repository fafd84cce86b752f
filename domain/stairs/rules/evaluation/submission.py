"""What the technician submitted: the grid, the events, the attestation (a plain value stands in the case itself)."""

from typing import Literal

from pydantic import Field

from domain.stairs.rules.evaluation.model import Many, Part
from domain.stairs.rules.evaluation.numbers import Reading
from domain.stairs.rules.evaluation.times import Instant


class GridPoint(Part):
    """One of the nine readings across a doorway."""

    point: int = Field(description="1 to 9: 1-3 the top row from left to right, 4-6 the middle, 7-9 the bottom.")
    velocity_ms: Reading = Field(description="Air velocity at the point, m/s; negative against the wanted direction.")


class Event(Part):
    """What one component did, as a panel's log or a tap on the stopwatch tells."""

    component_id: str = Field(min_length=1, max_length=100, description="Component, such as FAN-01; case is ignored.")
    action: str = Field(min_length=1, max_length=100, description="What it did, such as start; case is ignored.")
    t_s: Reading = Field(description="Seconds from the trigger.")
    seq: int | None = Field(
        None, description="Number of the event in the log or on the device; where given, time must not run backwards."
    )


class EventList(Part):
    """A cause-and-effect test as it went."""

    trigger_time: Instant | None = Field(None, description="When the trigger device was operated.")
    source: Literal["panel_log", "manual"] = Field(description="Where the times come from.")
    events: Many[Event] = Field(description="What happened, in any order.")


class Attestation(Part):
    """An interface test: what the person saw. Nothing is measured by a machine."""

    matched: bool = Field(description="Whether the expected result was observed.")
    response_time_s: Reading | None = Field(None, description="Seconds from the action to the result.")
    remarks: str | None = Field(None, max_length=4000, description="What else was seen.")
