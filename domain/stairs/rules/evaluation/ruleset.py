"""Rows of the ruleset as an evaluation sees them: rules, overrides, and what a class of defect means."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from domain.stairs.rules.evaluation.model import Count, Part
from domain.stairs.rules.evaluation.numbers import Number
from domain.stairs.rules.evaluation.times import Day

MeasurementType = Literal[
    "pressure_differential", "air_velocity", "door_opening_force", "cause_and_effect_logic", "interface_test"
]
Severity = Literal["critical", "high", "medium", "low"]
DefectClass = Literal["1A", "1B", "2", "3"]
StandardClass = Literal["critical", "non_critical", "non_conformance"]
Code = Annotated[str, Field(min_length=1, max_length=50)]


class RuleRow(Part):
    """One version of one rule; all known versions stand in the case, the engine chooses by date (R-05)."""

    rule_id: str | None = Field(None, description="Id of the row, if it has one.")
    rule_code: Code = Field(description="Code, such as SP-01.")
    version: Code = Field(description="Version of the ruleset, such as AS1851-2024-v1.3.")
    measurement_type: MeasurementType = Field(description="What the rule is about.")
    min_threshold: Number | None = Field(None, description="Least value that passes; none: no lower limit.")
    max_threshold: Number | None = Field(None, description="Greatest value that passes; none: no upper limit.")
    unit: str | None = Field(None, max_length=20, description="Unit of the limits: Pa, m/s or N.")
    severity_if_fail: Severity = Field(description="Severity of a fault under this rule.")
    defect_classification: DefectClass = Field(description="Internal class of a fault under this rule.")
    active: bool = Field(True, description="False: withdrawn in error, and never in force.")
    effective_date: Day = Field(description="First day in force.")
    superseded_date: Day | None = Field(None, description="First day no longer in force; none: still in force.")
    description: str | None = Field(None, description="The rule in words.")
    reference_standard: str | None = Field(None, description="Source as recorded; not checked by the engine.")
    source: str | None = Field(None, description="Where the row was taken from.")
    verified: bool | None = Field(None, description="Whether a competent person checked it against its source.")


class Override(Part):
    """A countersigned exception: the only way in which a limit of a rule is relaxed (R-04)."""

    override_id: str | None = Field(None, description="Id of the row, if it has one.")
    rule_code: Code = Field(description="Rule whose limit it replaces.")
    building_id: str | None = Field(None, description="Building for which it holds; none: that of the case.")
    stair_id: str | None = Field(None, description="Stair for which it holds; none: every stair of the building.")
    min_threshold: Number | None = Field(None, description="Lower limit instead of the rule's; none: the rule's.")
    max_threshold: Number | None = Field(None, description="Upper limit instead of the rule's; none: the rule's.")
    document_reference: str = Field(min_length=1, description="Performance solution or report that it stands on.")
    scope: str | None = Field(None, description="Scope in words.")
    valid_from: Day = Field(description="First day on which it holds.")
    expires_on: Day = Field(description="First day on which it no longer holds.")
    countersignature_id: str | None = Field(None, description="The signature under it.")

    @model_validator(mode="after")
    def _in_order(self) -> "Override":
        if self.expires_on <= self.valid_from:
            raise ValueError("expires_on is not after valid_from")
        return self


class ClassRow(Part):
    """What an internal class of defect is called in a jurisdiction, and how soon the owner must have notice."""

    defect_classification: DefectClass = Field(description="Internal class.")
    jurisdiction: str | None = Field(None, description="Jurisdiction of the row; none or *: any.")
    standard_class: StandardClass = Field(description="Class of the standard that is proposed.")
    notice_hours: Count | None = Field(None, ge=0, description="Hours until written notice is due.")
    source: str | None = Field(None, description="Where the row was taken from.")
    verified: bool | None = Field(None, description="Whether a competent person checked it.")
