"""What is known of the place under test: its limits, its baseline, its door, what is expected, and its names."""

from typing import Literal

from pydantic import Field

from domain.stairs.rules.evaluation.model import Part
from domain.stairs.rules.evaluation.numbers import Number


class Template(Part):
    """Design limits that the template carries; stricter than the rule they count, looser they do not (R-04)."""

    min_threshold: Number | None = Field(None, description="Lower limit of the design.")
    max_threshold: Number | None = Field(None, description="Upper limit of the design.")
    design_setpoint: Number | None = Field(None, description="Set point of the design, such as 45 Pa.")
    unit: str | None = Field(None, max_length=20, description="Unit of the three.")


class Baseline(Part):
    """What was measured at commissioning; deviation is told against it, and no limit follows from it."""

    value: Number | None = Field(None, description="Pressure in Pa or force in N.")
    average_velocity_ms: Number | None = Field(None, description="Mean of the commissioning grid, m/s.")
    velocity_ms: Number | None = Field(None, description="Commissioning velocity without a grid, m/s.")


class Door(Part):
    """Measures of the leaf, in metres."""

    width_m: Number | None = Field(None, description="Width of the leaf.")
    height_m: Number | None = Field(None, description="Height of the leaf.")
    handle_offset_m: Number | None = Field(None, description="From the handle to the latch edge.")


class Step(Part):
    """One expected step of a cause-and-effect scenario."""

    step_order: int = Field(ge=1, description="Place in the sequence.")
    component_id: str = Field(min_length=1, max_length=100, description="Component, such as FAN-01.")
    component_type: str | None = Field(None, description="Kind of component, such as fan.")
    expected_action: str = Field(min_length=1, max_length=100, description="What it should do, such as start.")
    expected_delay_seconds: Number = Field(ge=0, description="Seconds from the trigger (not from the step before).")
    tolerance_seconds: Number = Field(ge=0, description="Seconds either way that still pass.")


class Definition(Part):
    """What an interface test asks for."""

    definition_id: str | None = Field(None, description="Id of the row, if it has one.")
    interface_type: (
        Literal["manual_override", "alarm_coordination", "shutdown_sequence", "sprinkler_activation"] | None
    ) = Field(None, description="Kind of interface.")
    location_id: str | None = Field(None, description="Panel or workstation, such as FIRE-PANEL-01.")
    location_name: str | None = Field(None, description="Its name for people.")
    test_action: str | None = Field(None, description="What the person does.")
    expected_result: str | None = Field(None, description="What should follow.")
    response_time_s: Number | None = Field(None, description="Greatest response time that passes; none: any.")


class Context(Part):
    """Names and ids of the place, for wording and for the scope of overrides."""

    building_id: str | None = Field(None, description="Building.")
    stair_id: str | None = Field(None, description="Stair.")
    stair_name: str | None = Field(None, description="Stair, such as Stair-A.")
    floor_level: str | None = Field(None, description="Storey, such as Level-8.")
    door_identifier: str | None = Field(None, description="Door, such as D-Level-8-Stair-A.")
    doorway_identifier: str | None = Field(None, description="Doorway, such as DW-Level-8-Stair-A.")
    zone_name: str | None = Field(None, description="Zone, such as Zone-3.")
    scenario_name: str | None = Field(None, description="Scenario of a cause-and-effect test.")
    scenario_version: int | None = Field(None, ge=1, description="Version of the scenario.")
    interface_type: str | None = Field(None, description="Kind of interface, if there is no definition.")
    location_id: str | None = Field(None, description="Panel or workstation, if there is no definition.")
    door_configuration: str | None = Field(None, description="all_closed or evac_doors_open.")
    door_scenario: str | None = Field(None, description="Open-door scenario, such as worst_case_3_doors_open.")
    pressurization_active: bool | None = Field(None, description="Whether the fans ran during a force test.")
