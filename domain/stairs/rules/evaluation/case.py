"""A case: all that a verdict depends on, and nothing else.

It is what a stored evaluation keeps as its `inputs`, and what study mode reads. Equal cases have equal bytes, whatever
offset a time was written with and however many zeros a limit ends in; of a reading every character is kept.
"""

from decimal import Decimal
from typing import Any

from pydantic import ConfigDict, Field, model_validator

from domain.stairs.rules.evaluation.model import Many, Part
from domain.stairs.rules.evaluation.numbers import Number, Reading
from domain.stairs.rules.evaluation.place import Baseline, Context, Definition, Door, Step, Template
from domain.stairs.rules.evaluation.proof import Certificate, EvidencePrompt, EvidenceRecord, Instrument
from domain.stairs.rules.evaluation.ruleset import ClassRow, MeasurementType, Override, RuleRow
from domain.stairs.rules.evaluation.submission import Attestation, EventList, GridPoint
from domain.stairs.rules.evaluation.times import Instant, ZoneName

# Which member holds what was submitted, by type of measurement.
SUBMITTED = {
    "pressure_differential": "value",
    "air_velocity": "grid",
    "door_opening_force": "value",
    "cause_and_effect_logic": "events",
    "interface_test": "interface",
}
EXAMPLE: dict[str, Any] = {
    "measurement_type": "pressure_differential",
    "value": "18.2",
    "tested_at": "2026-02-03T10:15:00+11:00",
    "time_zone": "Australia/Sydney",
    "rules": [
        {
            "rule_code": "SP-01",
            "version": "AS1851-2024-v1.3",
            "measurement_type": "pressure_differential",
            "min_threshold": "20.0",
            "max_threshold": "80.0",
            "unit": "Pa",
            "severity_if_fail": "critical",
            "defect_classification": "1A",
            "effective_date": "2024-01-01",
        }
    ],
    "template": {"min_threshold": "20.0", "max_threshold": "80.0", "design_setpoint": "45.0", "unit": "Pa"},
    "baseline": {"value": "44.2"},
    "instrument": {"id": "MAN-01", "type": "manometer", "range_min": 0, "range_max": 500, "accuracy": "±1 Pa"},
    "required_instrument_type": "manometer",
    "certificates": [{"cert_number": "NATA-1", "calibration_date": "2025-09-01", "expiry_date": "2026-09-01"}],
    "context": {"stair_name": "Stair-A", "floor_level": "Level-8", "door_configuration": "all_closed"},
}


class Settings(Part):
    """Thresholds of what is observed; none of them sets a verdict, save how far clocks may be apart."""

    drift_pct: Number = Field(Decimal("10"), description="Deviation from baseline told as DRIFT, %.")
    drift_large_pct: Number = Field(Decimal("20"), description="Deviation told as DRIFT_LARGE, %.")
    uneven_grid_pct: Number = Field(Decimal("50"), description="Least point of a grid against its mean, % (R-07).")
    function_lost_below_ms: Number = Field(
        Decimal("0.75"), description="Mean velocity under which a 1B defect is proposed as critical."
    )
    clock_slack_s: int = Field(300, ge=0, le=86_400, description="How far two clocks may be apart, seconds (R-13).")
    max_evidence_bytes: int = Field(104_857_600, ge=1, le=2**53 - 1, description="Largest piece of evidence (R-13).")


class Case(Part):
    """One test of one place: what was submitted, by which rules, with which proof."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, json_schema_extra={"examples": [EXAMPLE]})

    measurement_type: MeasurementType = Field(description="What was tested; decides which member holds the reading.")
    value: Reading | None = Field(
        None, description="Pressure difference in Pa or door opening force in N, as read; text keeps every digit."
    )
    grid: Many[GridPoint] | None = Field(
        None, max_length=1_000, description="Air velocity: nine points, numbers 1 to 9 once each."
    )
    events: EventList | None = Field(None, description="Cause and effect: what happened after the trigger.")
    interface: Attestation | None = Field(None, description="Interface test: what the person attests.")
    measurement_position: str | None = Field(
        None, pattern="^(at_handle|at_edge)$", description="Where a door force was read: at_handle or at_edge (R-08)."
    )
    tested_at: Instant = Field(description="When the reading was taken; with offset.")
    time_zone: ZoneName = Field(description="IANA zone of the building; the test date is the local date of tested_at.")
    started_at: Instant | None = Field(None, description="When the test was begun.")
    completed_at: Instant | None = Field(None, description="When the test was done.")
    submitted_at: Instant | None = Field(None, description="When it reached the server, by the server's clock.")
    rules: Many[RuleRow] = Field(
        (), max_length=10_000, description="All known rows; the one in force on the test date is chosen."
    )
    overrides: Many[Override] = Field((), max_length=1_000, description="Countersigned exceptions.")
    class_map: Many[ClassRow] = Field(
        (), max_length=1_000, description="Classes of defects; without rows the engine's own are proposed."
    )
    template: Template = Field(Template(), description="Limits and set point of the design.")
    baseline: Baseline | None = Field(None, description="Commissioning values.")
    door: Door | None = Field(None, description="Measures of the door leaf.")
    sequence: Many[Step] = Field((), max_length=500, description="Expected steps of a cause-and-effect test.")
    definition: Definition | None = Field(None, description="What an interface test asks for.")
    instrument: Instrument | None = Field(None, description="The instrument that was used.")
    required_instrument_type: str | None = Field(
        None, description="Type that the template asks for; none: manometer, anemometer or force_gauge by measurement."
    )
    certificates: Many[Certificate] = Field((), max_length=1_000, description="All certificates of the instrument.")
    evidence_prompts: Many[EvidencePrompt] = Field(
        (), max_length=100, description="Evidence that the template asks for."
    )
    evidence: Many[EvidenceRecord] = Field((), max_length=1_000, description="Evidence that was captured.")
    context: Context = Field(Context(), description="Names and ids of the place.")
    settings: Settings = Field(Settings(), description="Thresholds of observations.")

    @model_validator(mode="after")
    def _holds_its_own_reading(self) -> "Case":
        own = SUBMITTED[self.measurement_type]
        others = [name for name in sorted(set(SUBMITTED.values())) if name != own and getattr(self, name) is not None]
        if getattr(self, own) is None:
            raise ValueError(f"{self.measurement_type} needs `{own}`")
        if others:
            raise ValueError(f"{self.measurement_type} takes `{own}` alone, not `{others[0]}`")
        return self

    @model_validator(mode="after")
    def _steps_are_numbered_once(self) -> "Case":
        orders = [step.step_order for step in self.sequence]
        if len(set(orders)) != len(orders):
            raise ValueError("two steps of `sequence` have the same step_order")
        return self

    def inputs(self) -> dict[str, Any]:
        """The case as JSON values, every member written out: what is stored, hashed and replayed."""
        return self.model_dump(mode="json")
