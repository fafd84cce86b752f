"""Pilot Building 123: two pressurised stairs of fifteen storeys, with everything that a test needs.

The stairs, floors, doors, doorways, zones and fans are those of the seed that the product was specified with; panels,
dampers, sensors, detectors, scenarios and interface definitions are added so that every archetype has something to
test.
"""

import uuid
from decimal import Decimal
from typing import Any

from domain.kernel.canonical import derived_id
from domain.stairs.rules.assembly import registry_of
from domain.stairs.rules.document import BuildingDocument
from domain.stairs.rules.registry import Registry

NAME = "Pilot Building 123"
STOREYS = 15
STOREY_M = Decimal("3.5")
ZONES = ((0, 3), (4, 6), (7, 9), (10, 12), (13, 14))
STAIRS = (("Stair-A", "North", "A"), ("Stair-B", "South", "B"))
SETPOINT_PA = "45"


def pilot_document() -> BuildingDocument:
    """The building as people would hand it in."""
    return BuildingDocument.model_validate(
        {
            "name": NAME,
            "address": "123 Example Street, Sydney NSW 2000",
            "timezone": "Australia/Sydney",
            "jurisdiction": "NSW",
            "classification": "5",
            "stairs": [_stair(*named) for named in STAIRS],
        }
    )


def pilot_registry(tenant_id: str = "DEMO_TENANT") -> Registry:
    """The same with ids that follow from the names, for studies and tests."""

    def id_of(kind: str, names: tuple[str, ...]) -> uuid.UUID:
        return derived_id("stairs.pilot", tenant_id, kind, *names)

    return registry_of(pilot_document(), id_of)


def level(number: int) -> str:
    """The name of a storey."""
    return "Ground" if number == 0 else f"Level-{number}"


def _stair(name: str, orientation: str, letter: str) -> dict[str, Any]:
    return {
        "stair_name": name,
        "orientation": orientation,
        "stair_type": "pressurized",
        "floor_range_bottom": level(0),
        "floor_range_top": level(STOREYS - 1),
        "design_standard": "AS/NZS 1668.1:2015",
        "design_setpoint_pa": SETPOINT_PA,
        "floors": [_floor(number, name, orientation) for number in range(STOREYS)],
        "zones": [
            {"zone_name": f"Zone-{number}", "floors_covered": [level(one) for one in range(low, high + 1)]}
            for number, (low, high) in enumerate(ZONES, start=1)
        ],
        "equipment": _equipment(letter),
        "scenarios": [
            _scenario(number, (low + high) // 2, letter, kind)
            for kind in ("six_monthly", "annual")
            for number, (low, high) in enumerate(ZONES, start=1)
        ],
        "interface_definitions": INTERFACES,
    }


def _floor(number: int, stair: str, orientation: str) -> dict[str, Any]:
    return {
        "floor_level": level(number),
        "floor_number": number,
        "height_m": str(number * STOREY_M),
        "doors": [
            {
                "door_identifier": f"D-{level(number)}-{stair}",
                "door_type": "fire_rated",
                "fire_rating_minutes": 60,
                "door_closer_model": "LCN 4040XP",
                "door_hand": "right",
                "width_m": "0.90",
                "height_m": "2.10",
                "handle_offset_m": "0.07",
            }
        ],
        "doorways": [
            {
                "doorway_identifier": f"DW-{level(number)}-{stair}",
                "width_m": "1.20",
                "height_m": "2.40",
                "orientation": orientation,
                "adjacent_space": "Main Corridor",
            }
        ],
    }


def _equipment(letter: str) -> list[dict[str, Any]]:
    fan = {
        "equipment_type": "fan",
        "equipment_identifier": f"FAN-01-{letter}",
        "manufacturer": "Woods",
        "model": "EDXM-450",
        "serial_number": f"WD-2024-{letter}001",
        "specifications": {"capacity_m3_s": 5.2, "motor_kw": 15.0},
    }
    panel = {"equipment_type": "control_panel", "equipment_identifier": "ALARM-PANEL"}
    sensor = {
        "equipment_type": "pressure_sensor",
        "equipment_identifier": "PRESSURE-SENSOR-L5",
        "zone_name": "Zone-2",
        "specifications": {"range_pa": "0-100", "accuracy": "±1 Pa", "output_signal": "4-20mA"},
    }
    of_zones = [
        entry
        for number, (low, high) in enumerate(ZONES, start=1)
        for entry in (
            {
                "equipment_type": "damper",
                "equipment_identifier": f"DAMPER-RELIEF-Z{number}",
                "zone_name": f"Zone-{number}",
                "specifications": {"type": "relief", "fail_position": "open", "size_mm": "600x400"},
            },
            {
                "equipment_type": "detector",
                "equipment_identifier": _detector((low + high) // 2),
                "zone_name": f"Zone-{number}",
            },
        )
    ]
    return [fan, panel, sensor, *of_zones]


def _detector(number: int) -> str:
    return f"SD-L{number}-01"


def _scenario(zone: int, floor: int, letter: str, kind: str) -> dict[str, Any]:
    """What follows smoke on a floor of the zone, in seconds from the detector's alarm."""
    steps = (
        ("ALARM-PANEL", "alarm", "activate", 0, 2),
        (f"FAN-01-{letter}", "fan", "start", 3, 2),
        (f"DAMPER-RELIEF-Z{zone}", "damper", "open", 5, 2),
        ("PRESSURE-SENSOR-L5", "sensor", "reach_setpoint", 15, 5),
    )
    suffix = "" if kind == "annual" else ", six-monthly"
    return {
        "zone_name": f"Zone-{zone}",
        "scenario_name": f"Fire Floor {floor} - Zone {zone} Activation{suffix}",
        "scenario_type": kind,
        "trigger_device_id": _detector(floor),
        "trigger_device_type": "smoke_detector",
        "expected_sequence": [
            {
                "step_order": order,
                "component_id": component,
                "component_type": component_type,
                "expected_action": action,
                "expected_delay_seconds": delay,
                "tolerance_seconds": tolerance,
            }
            for order, (component, component_type, action, delay, tolerance) in enumerate(steps, start=1)
        ],
    }


INTERFACES: list[dict[str, Any]] = [
    {
        "interface_type": "manual_override",
        "location_id": "FIRE-PANEL-01",
        "location_name": "Main Fire Control Panel",
        "test_action": "Press the manual override button on the fire control panel",
        "expected_result": "The system switches to manual mode and the fans go on under manual control",
        "response_time_s": 5,
    },
    {
        # The seed says "within 3-5 seconds" beside 4 s: a response time is a maximum, so 5.
        "interface_type": "alarm_coordination",
        "location_id": "FIRE-ALARM-PANEL",
        "location_name": "Fire Alarm Control Panel",
        "test_action": "Trigger the fire alarm by the panel's test function",
        "expected_result": "Stair pressurisation starts",
        "response_time_s": 5,
    },
    {
        "interface_type": "shutdown_sequence",
        "location_id": "BMS-WORKSTATION",
        "location_name": "BMS Control Workstation",
        "test_action": "Start the system's shutdown from the building management system",
        "expected_result": "Orderly shutdown: the fan stops, the dampers close, the pressure dissipates",
        "response_time_s": 20,
    },
    {
        "interface_type": "sprinkler_activation",
        "location_id": "SPRINKLER-PANEL",
        "location_name": "Sprinkler Control Panel",
        "test_action": "Simulate the sprinkler activation signal; do not trigger sprinklers",
        "expected_result": "The system goes on operating as it was designed to",
        "response_time_s": 5,
    },
]
