"""Rows of the ruleset as they are sent and answered."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints

from api.stairs.proposed import Laid
from api.stairs.schemas import Body
from domain.stairs.rules.ruleset import ClassRow, RuleRow
from domain.stairs.rules.schedule import ScheduleRow
from domain.stairs.rules.vocabulary import DefectClass, Frequency, MeasurementType, Severity, StandardClass


def _text(longest: int) -> StringConstraints:
    return StringConstraints(strip_whitespace=True, min_length=1, max_length=longest, pattern=r"^[^\x00]*$")


Code = Annotated[str, _text(50)]
Source = Annotated[str, _text(500)]
Threshold = Annotated[Decimal, Field(ge=-9999999, le=9999999, max_digits=10, decimal_places=3)]


class NewRule(Body):
    """A rule, or the version that follows the newest one from `effective_date` on. Limits are inclusive."""

    rule_code: Code = Field(examples=["SP-01"])
    version: Code = Field(examples=["AS1851-2024-v1.4"])
    measurement_type: MeasurementType
    min_threshold: Threshold | None = None
    max_threshold: Threshold | None = None
    unit: Annotated[str, _text(20)] | None = Field(None, examples=["Pa"])
    severity_if_fail: Severity
    defect_classification: DefectClass
    description: Annotated[str, _text(2000)] | None = None
    reference_standard: Annotated[str, _text(100)] | None = None
    effective_date: date
    source: Source = Field(description="Where the row comes from; reports print it.")
    verified: bool = Field(False, description="Whether a competent person has held it against the standard's text.")
    reference_status: Literal["unverified", "verified"] = "unverified"

    def row(self) -> RuleRow:
        """As the rules know it."""
        return RuleRow(**self.model_dump())


class RuleTold(BaseModel):
    """One version of one rule."""

    rule_id: UUID
    rule_code: str = Field(examples=["SP-01"])
    version: str
    measurement_type: str
    min_threshold: str | None = Field(description="Decimal text.", examples=["20"])
    max_threshold: str | None = Field(examples=["80"])
    unit: str | None
    severity_if_fail: str
    defect_classification: str
    description: str | None
    reference_standard: str | None
    reference_status: str
    source: str | None
    verified: bool
    active: bool = Field(description="False only where it was wrong from the start.")
    effective_date: date
    superseded_date: date | None
    countersignature_id: UUID


class Rules(BaseModel):
    """Rules, by code and date."""

    status: Literal["ok"] = "ok"
    counts: dict[str, int]
    on: date | None = Field(description="The local date they hold on; null where all versions are told.")
    rows: list[RuleTold]


class ScheduleIn(Body):
    """What one archetype takes of one dimension at one frequency."""

    archetype_id: Code = Field(examples=["ARCH-PRESSURE-001"])
    frequency: Frequency
    dimension: Code = Field(examples=["floor"])
    selector: Annotated[str, _text(100)] = Field(examples=["all"])
    source: Source
    verified: bool = False

    def row(self) -> ScheduleRow:
        """As the rules know it."""
        return ScheduleRow(**self.model_dump())


class NewSchedule(Body):
    """The whole schedule: it takes the place of the one in force."""

    rows: Annotated[list[ScheduleIn], Field(min_length=1, max_length=200)]


class ClassIn(Body):
    """What a defect class means in a jurisdiction; `*` is everywhere else."""

    defect_classification: DefectClass
    jurisdiction: Annotated[str, _text(20)] = "*"
    standard_class: StandardClass
    notice_hours: Annotated[int, Field(ge=1, le=8760)]
    condition: Annotated[str, _text(500)] | None = None
    source: Source
    verified: bool = False

    def row(self) -> ClassRow:
        """As the rules know it."""
        return ClassRow(**self.model_dump())


class NewClasses(Body):
    """Rows of the class map to add or change."""

    rows: Annotated[list[ClassIn], Field(min_length=1, max_length=200)]


class NewOverride(Body):
    """A relaxed limit by a performance solution."""

    rule_code: Code
    building_id: UUID
    stair_id: UUID | None = Field(None, description="One stair; the whole building without it.")
    min_threshold: Threshold | None = None
    max_threshold: Threshold | None = None
    document_reference: Annotated[str, _text(500)] = Field(examples=["Performance solution PS-2026-014"])
    scope: Annotated[str, _text(500)]
    valid_from: date
    expires_on: date = Field(description="The first local date on which it no longer holds.")


class Schedule(BaseModel):
    """The schedule in force, with its source and whether anybody verified it."""

    status: Literal["ok"] = "ok"
    counts: dict[str, int]
    rows: list[ScheduleRow]


class Classes(BaseModel):
    """The class map in force."""

    status: Literal["ok"] = "ok"
    counts: dict[str, int]
    rows: list[ClassRow]


class OverrideTold(BaseModel):
    """A relaxed limit with its document."""

    override_id: UUID
    rule_code: str
    building_id: UUID
    stair_id: UUID | None
    min_threshold: Decimal | None
    max_threshold: Decimal | None
    document_reference: str
    scope: str
    valid_from: date
    expires_on: date
    countersignature_id: UUID


class Overrides(BaseModel):
    """Relaxed limits, by building, rule and date."""

    status: Literal["ok"] = "ok"
    counts: dict[str, int]
    rows: list[OverrideTold]


class Adopted(Laid):
    """What of the shipped ruleset waits for a signature."""

    counts: dict[str, int] = Field(examples=[{"rules": 5, "schedule": 17, "classes": 4}])
