"""What FireMode answers of a building: its registry, commissioned values, definitions, published tests and runs.

Decimals are text, so that no digit is lost. Lengths in metres, pressures in pascals, velocities in metres a second,
forces in newtons, times in seconds.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from api.paging import Row
from domain.stairs.rules.registry import (
    Building,
    Door,
    Doorway,
    Equipment,
    Floor,
    InterfaceDefinition,
    Scenario,
    Stair,
    Zone,
)


class RegistryTold(BaseModel):
    """Everything that stands in a building; what is retired is left out."""

    status: Literal["ok"] = "ok"
    building: Building
    counts: dict[str, int] = Field(examples=[{"stairs": 2, "floors": 30, "doors": 30}])
    stairs: list[Stair]
    floors: list[Floor]
    doors: list[Door]
    doorways: list[Doorway]
    zones: list[Zone]
    equipment: list[Equipment]
    scenarios: list[Scenario]
    definitions: list[InterfaceDefinition]


class CommissionedRow(BaseModel):
    """One commissioned value."""

    baseline_id: UUID
    stair_id: UUID
    commissioned_date: date
    commissioned_by: str | None
    countersignature_id: UUID
    is_recent: bool = Field(description="Measured within the last 365 days.")
    margin: Decimal | None = Field(
        description="Distance to the nearest limit in force today, negative outside; null without a limit.",
        examples=["24.20"],
    )


class PressureRow(CommissionedRow):
    """At a landing, in pascals."""

    floor_id: UUID
    door_configuration: str = Field(examples=["all_closed"])
    pressure_pa: Decimal = Field(examples=["44.50"])
    commissioning_report_ref: str | None


class VelocityRow(CommissionedRow):
    """In a doorway, in metres a second."""

    doorway_id: UUID
    door_scenario: str = Field(examples=["worst_case_3_doors_open"])
    velocity_ms: Decimal = Field(examples=["1.159"])
    average_velocity_ms: Decimal | None = Field(description="Of the nine points; deviations are told against it.")
    measurement_points: list[dict[str, Any]] | None


class DoorForceRow(CommissionedRow):
    """At a door, in newtons."""

    door_id: UUID
    pressurization_active: bool
    force_newtons: Decimal = Field(examples=["90.60"])
    measurement_position: str | None = Field(examples=["at_handle"])


class BaselinesTold(BaseModel):
    """Commissioned values that stand, each by its countersignature."""

    status: Literal["ok"] = "ok"
    counts: dict[str, int] = Field(examples=[{"pressure": 60, "velocity": 30, "door_force": 60}])
    pressure: list[PressureRow]
    velocity: list[VelocityRow]
    door_force: list[DoorForceRow]


class ReplacedRow(BaseModel):
    """A commissioned value as it was until a countersignature replaced it."""

    history_id: UUID
    baseline_id: UUID
    row: dict[str, Any] = Field(description="The row as it stood.")
    superseded_at: datetime
    countersignature_id: UUID = Field(description="What replaced it.")


class ReplacedTold(BaseModel):
    """What stood before, newest first."""

    status: Literal["ok"] = "ok"
    counts: dict[str, int]
    pressure: list[ReplacedRow]
    velocity: list[ReplacedRow]
    door_force: list[ReplacedRow]


class ScenarioRow(BaseModel):
    """One version of a scenario."""

    scenario_id: UUID
    stair_id: UUID
    zone_id: UUID
    scenario_name: str
    scenario_type: str
    trigger_device_id: str
    trigger_device_type: str | None
    expected_sequence: list[dict[str, Any]] = Field(description="Steps; delays in seconds from the trigger.")
    version: int
    active: bool
    created_at: datetime
    countersignature_id: UUID


class InterfaceRow(BaseModel):
    """One interface test."""

    definition_id: UUID
    stair_id: UUID
    interface_type: str
    location_id: str
    location_name: str | None
    test_action: str | None
    expected_result: str | None
    response_time_s: int | None
    active: bool
    description: str = Field(description="What is done and what must follow, as sentences.")
    countersignature_id: UUID


class DefinitionsTold(BaseModel):
    """Scenarios with all their versions, and interface tests."""

    status: Literal["ok"] = "ok"
    counts: dict[str, int] = Field(examples=[{"scenarios": 20, "interface_definitions": 8}])
    scenarios: list[ScenarioRow]
    interface_definitions: list[InterfaceRow]


class TemplateRow(Row):
    """One published test."""

    template_instance_id: UUID
    scoped_identifier: str = Field(examples=["PRESSURE_STAIR-A_L8_ALL-CLOSED"])
    sequence_order: int = Field(examples=[9])
    archetype_id: str = Field(examples=["ARCH-PRESSURE-001"])
    measurement_type: str = Field(examples=["pressure_differential"])
    frequency: str = Field(examples=["annual"])
    building_id: UUID
    stair_id: UUID
    floor_id: UUID | None
    door_id: UUID | None
    doorway_id: UUID | None
    zone_id: UUID | None
    scenario_id: UUID | None
    definition_id: UUID | None
    door_configuration: str | None
    door_scenario: str | None
    pressurization_active: bool | None
    interface_type: str | None
    location_id: str | None
    design_setpoint: Decimal | None
    baseline_value: Decimal | None = Field(examples=["44.500"])
    baseline_date: date | None
    min_threshold: Decimal | None = Field(
        description="As the rule stood when it was generated, for information; the rule on the test date decides.",
        examples=["20.000"],
    )
    max_threshold: Decimal | None = Field(examples=["80.000"])
    unit: str | None = Field(examples=["Pa"])
    required_instrument_type: str | None = Field(examples=["manometer"])
    calibration_requirement: dict[str, Any] | None = Field(description="With `include_ux`.")
    descriptive_instructions: list[dict[str, Any]] | None = Field(description="With `include_ux`.")
    audible_cues: dict[str, Any] | None = Field(description="With `include_ux`.")
    safety_warnings: list[str] | None = Field(description="With `include_ux`.")
    evidence_prompts: list[dict[str, Any]] | None = Field(description="With `include_ux`.")
    generation_run_id: UUID
    countersignature_id: UUID


class ExpectedTold(BaseModel):
    """How many tests a building has, by the closed formula."""

    status: Literal["ok"] = "ok"
    frequencies: dict[str, dict[str, int]] = Field(examples=[{"annual": {"pressure_differential": 60, "total": 168}}])
    stairs: dict[str, dict[str, int]] = Field(examples=[{"Stair-A": {"monthly": 4, "six_monthly": 39, "annual": 84}}])


class RunTold(BaseModel):
    """A generation run: every row that it would add, and what it would retire."""

    run_id: UUID
    building_id: UUID
    frequency: str
    profile: str = Field(examples=["scheduled"])
    counts: dict[str, int]
    expected: dict[str, int]
    added: list[dict[str, Any]]
    retired: list[dict[str, str]]
    unchanged: int
    warnings: list[dict[str, str]]
    content_hash: str = Field(description="Of added and retired rows; the proposal names it as `rows_hash`.")
    created_at: datetime
