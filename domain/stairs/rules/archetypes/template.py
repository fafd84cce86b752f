"""One test as it is published for a building: its context, limits, texts and what proves it. Grain: one test.

Limits are copied from the rule in force when it was generated, for information: the rule on the day of the test
decides.
"""

import uuid
from dataclasses import dataclass, field, fields, replace
from datetime import date
from decimal import Decimal
from typing import Any

from domain.stairs.rules.decimal_text import plain_number

# What every archetype needs to be carried out; a template without it is refused.
REQUIRED_CONTEXT = {
    "pressure_differential": ("stair_id", "floor_id", "door_configuration"),
    "air_velocity": ("stair_id", "floor_id", "doorway_id", "door_scenario"),
    "door_opening_force": ("stair_id", "floor_id", "door_id", "pressurization_active"),
    "cause_and_effect_logic": ("stair_id", "zone_id", "scenario_id"),
    "interface_test": ("stair_id", "interface_type", "location_id"),
}


@dataclass(frozen=True)
class Texts:
    """What the person who tests reads, hears and hands in.

    Attributes:
        instructions: steps with the time that each takes, in seconds.
        audible_cues: names of sounds, and the countdown in seconds.
        safety_warnings: sentences.
        evidence_prompts: what is to be handed in, and whether it must be.
    """

    instructions: tuple[dict[str, Any], ...]
    audible_cues: dict[str, Any]
    safety_warnings: tuple[str, ...]
    evidence_prompts: tuple[dict[str, Any], ...]


@dataclass(frozen=True)
class Template:
    """One test of one building at one frequency. Numbers carry the unit of `unit`."""

    archetype_id: str
    measurement_type: str
    frequency: str
    scoped_identifier: str
    stair_id: uuid.UUID
    texts: Texts
    sequence_order: int = 0
    floor_id: uuid.UUID | None = None
    door_id: uuid.UUID | None = None
    doorway_id: uuid.UUID | None = None
    zone_id: uuid.UUID | None = None
    scenario_id: uuid.UUID | None = None
    definition_id: uuid.UUID | None = None
    door_configuration: str | None = None
    door_scenario: str | None = None
    pressurization_active: bool | None = None
    interface_type: str | None = None
    location_id: str | None = None
    design_setpoint: Decimal | None = None
    baseline_value: Decimal | None = None
    baseline_date: date | None = None
    min_threshold: Decimal | None = None
    max_threshold: Decimal | None = None
    unit: str | None = None
    required_instrument_type: str | None = None
    calibration_requirement: dict[str, Any] | None = field(default=None)

    def numbered(self, sequence_order: int) -> "Template":
        """The same test at its place in the walk."""
        return replace(self, sequence_order=sequence_order)

    def row(self) -> dict[str, Any]:
        """As it is signed and stored: text, numbers as their decimal text, lists and objects."""
        plain = {one.name: _plain(getattr(self, one.name)) for one in fields(self) if one.name != "texts"}
        return plain | {
            "descriptive_instructions": [dict(step) for step in self.texts.instructions],
            "audible_cues": dict(self.texts.audible_cues),
            "safety_warnings": list(self.texts.safety_warnings),
            "evidence_prompts": [dict(prompt) for prompt in self.texts.evidence_prompts],
        }


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return plain_number(value)
    return str(value) if isinstance(value, uuid.UUID | date) else value


def steps(*named: tuple[str, int]) -> tuple[dict[str, Any], ...]:
    """Instructions, numbered from 1, each with the seconds that it takes."""
    return tuple(
        {"step": number, "instruction": instruction, "estimated_time_s": seconds}
        for number, (instruction, seconds) in enumerate(named, start=1)
    )


def cues(countdown_s: int) -> dict[str, Any]:
    """The sounds of a test, and how long it counts down until the reading."""
    return {
        "start": "beep_start.mp3",
        "countdown_duration_s": countdown_s,
        "measurement_prompt": "beep_measure.mp3",
        "success": "tone_success.mp3",
        "fail": "tone_alert.mp3",
    }


def prompt(kind: str, description: str, *, mandatory: bool, min_resolution: str | None = None) -> dict[str, Any]:
    """One thing to be handed in: a photo, a video or structured data."""
    told: dict[str, Any] = {"type": kind, "description": description, "mandatory": mandatory}
    return told if min_resolution is None else told | {"min_resolution": min_resolution}


def calibration(accuracy: str) -> dict[str, Any]:
    """What the instrument must be calibrated to."""
    return {"frequency_months": 12, "standard": "ISO/IEC 17025", "accuracy_required": accuracy}
