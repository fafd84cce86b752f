"""The words that the registry, the ruleset and the tests share: what each enumerated column may hold.

Every list stands in the order in which it is shown and worked through.
"""

from typing import Literal, get_args

Orientation = Literal[
    "North", "South", "East", "West", "Central", "North-East", "North-West", "South-East", "South-West"
]
StairType = Literal["fire_isolated", "smoke_proof", "pressurized", "standard"]
DoorType = Literal["fire_rated", "smoke_rated", "standard", "emergency_exit"]
DoorHand = Literal["left", "right", "double"]
EquipmentType = Literal["fan", "damper", "pressure_sensor", "control_panel", "detector", "actuator"]
MeasurementType = Literal[
    "pressure_differential", "air_velocity", "door_opening_force", "cause_and_effect_logic", "interface_test"
]
Frequency = Literal["monthly", "six_monthly", "annual"]
DoorConfiguration = Literal["all_closed", "evac_doors_open"]
MeasurementPosition = Literal["at_handle", "at_edge"]
ScenarioType = Literal["baseline_commissioning", "six_monthly", "annual"]
TriggerDeviceType = Literal["smoke_detector", "heat_detector", "manual_call_point", "test_switch"]
InterfaceType = Literal["manual_override", "alarm_coordination", "shutdown_sequence", "sprinkler_activation"]
Severity = Literal["critical", "high", "medium", "low"]
DefectClass = Literal["1A", "1B", "2", "3"]
StandardClass = Literal["critical", "non_critical", "non_conformance"]

MEASUREMENT_TYPES: tuple[str, ...] = get_args(MeasurementType)
FREQUENCIES: tuple[str, ...] = get_args(Frequency)
DOOR_CONFIGURATIONS: tuple[str, ...] = get_args(DoorConfiguration)
MEASUREMENT_POSITIONS: tuple[str, ...] = get_args(MeasurementPosition)
INTERFACE_TYPES: tuple[str, ...] = get_args(InterfaceType)
SEVERITIES: tuple[str, ...] = get_args(Severity)
DEFECT_CLASSES: tuple[str, ...] = get_args(DefectClass)
STANDARD_CLASSES: tuple[str, ...] = get_args(StandardClass)

# Velocity is measured in one scenario that is fixed; the column is free text.
WORST_CASE = "worst_case_3_doors_open"
