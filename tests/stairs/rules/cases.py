"""Makers of cases that pass, one a type of measurement, with all proof; a test changes what it is about."""

from copy import deepcopy
from typing import Any

from domain.stairs.rules.evaluation.evaluate import evaluate
from domain.stairs.rules.evaluation.reading import read_case

SHA = {name: format(number, "x") * 64 for number, name in enumerate(("a", "b", "c"), 10)}
VERSION = "AS1851-2024-v1.3"
PHOTO = {
    "evidence_id": "E-1",
    "evidence_type": "photo",
    "declared_sha256": SHA["a"],
    "stored_sha256": SHA["a"],
    "size_bytes": 400_000,
    "resolution": "4032x3024",
    "captured_at": "2026-02-03T10:16:00+11:00",
    "uploaded": True,
}
PROMPT = {"type": "photo", "description": "Display of the instrument", "mandatory": True, "min_resolution": "1024x768"}
# The nine values of the source's baseline example; they give 1.1589, not its 1.15 (bug 11).
NINE = ("1.2", "1.3", "1.1", "1.15", "1.25", "1.18", "1.08", "1.12", "1.05")
SEQUENCE = [
    ("ALARM-PANEL", "alarm", "activate", 0, 2),
    ("FAN-01", "fan", "start", 3, 2),
    ("DAMPER-RELIEF-Z1", "damper", "open", 5, 2),
    ("PRESSURE-SENSOR-L5", "sensor", "reach_setpoint", 15, 5),
]
_CASE: dict[str, Any] = {
    "tested_at": "2026-02-03T10:15:00+11:00",
    "time_zone": "Australia/Sydney",
    "started_at": "2026-02-03T10:12:00+11:00",
    "completed_at": "2026-02-03T10:18:00+11:00",
    "evidence_prompts": [PROMPT],
    "evidence": [PHOTO],
}


def rule(code: str, kind: str, low: str | None, high: str | None, unit: str | None, **more: Any) -> dict[str, Any]:
    """A rule row, critical and 1A unless said otherwise."""
    return {
        "rule_id": f"id-of-{code}",
        "rule_code": code,
        "version": VERSION,
        "measurement_type": kind,
        "min_threshold": low,
        "max_threshold": high,
        "unit": unit,
        "severity_if_fail": "critical",
        "defect_classification": "1A",
        "effective_date": "2024-01-01",
        **more,
    }


def instrument(kind: str, unit: str, accuracy: str, high: str) -> dict[str, Any]:
    """An instrument and a certificate that was valid on the day."""
    return {
        "instrument": {
            "id": "I-1",
            "type": kind,
            "range_min": "0",
            "range_max": high,
            "accuracy": accuracy,
            "unit": unit,
        },
        "required_instrument_type": kind,
        "certificates": [
            {
                "cert_number": "C-1",
                "instrument_id": "I-1",
                "calibration_date": "2025-09-01",
                "expiry_date": "2026-09-01",
            }
        ],
    }


def pressure(value: Any = "43.2", **more: Any) -> dict[str, Any]:
    """Level-8 of Stair-A, all doors closed: baseline 44.2 Pa, set point 45 Pa."""
    return {
        **deepcopy(_CASE),
        "measurement_type": "pressure_differential",
        "value": value,
        "rules": [rule("SP-01", "pressure_differential", "20.0", "80.0", "Pa")],
        "template": {"min_threshold": "20.000", "max_threshold": "80.000", "design_setpoint": "45", "unit": "Pa"},
        "baseline": {"value": "44.2"},
        **instrument("manometer", "Pa", "±1 Pa", "500"),
        "context": {
            "building_id": "B-1",
            "stair_id": "S-A",
            "stair_name": "Stair-A",
            "floor_level": "Level-8",
            "door_configuration": "all_closed",
        },
        **more,
    }


def grid(*values: Any) -> list[dict[str, Any]]:
    """Nine points of the values, or nine times the one."""
    nine = values if len(values) > 1 else values * 9
    return [{"point": number, "velocity_ms": value} for number, value in enumerate(nine, 1)]


def velocity(points: list[dict[str, Any]] | None = None, **more: Any) -> dict[str, Any]:
    """The doorway of Level-8 with three doors open."""
    return {
        **deepcopy(_CASE),
        "measurement_type": "air_velocity",
        "grid": grid(*NINE) if points is None else points,
        "rules": [
            rule("SP-02", "air_velocity", "1.0", None, "m/s", severity_if_fail="high", defect_classification="1B")
        ],
        "template": {"min_threshold": "1.0", "unit": "m/s"},
        "baseline": {"average_velocity_ms": "1.159", "velocity_ms": "1.25"},
        **instrument("anemometer", "m/s", "±0.05 m/s", "20"),
        "context": {
            "stair_name": "Stair-A",
            "floor_level": "Level-8",
            "doorway_identifier": "DW-Level-8-Stair-A",
            "door_scenario": "worst_case_3_doors_open",
        },
        **more,
    }


def force(value: Any = "95.5", **more: Any) -> dict[str, Any]:
    """The door of Level-8, read at the handle with the fans running."""
    return {
        **deepcopy(_CASE),
        "measurement_type": "door_opening_force",
        "value": value,
        "measurement_position": "at_handle",
        "rules": [rule("SP-03", "door_opening_force", None, "110.0", "N")],
        "template": {"max_threshold": "110.0", "unit": "N"},
        "baseline": {"value": "95.5"},
        "door": {"width_m": "0.90", "height_m": "2.10", "handle_offset_m": "0.07"},
        **instrument("force_gauge", "N", "±0.5 N", "500"),
        "context": {
            "stair_name": "Stair-A",
            "floor_level": "Level-8",
            "door_identifier": "D-Level-8-Stair-A",
            "pressurization_active": True,
        },
        **more,
    }


def events(*times: Any) -> list[dict[str, Any]]:
    """The four steps at the times given."""
    return [
        {"component_id": component, "action": action, "t_s": at}
        for (component, _, action, _, _), at in zip(SEQUENCE, times or ("0", "3", "5", "15"), strict=True)
    ]


def cause_and_effect(happened: list[dict[str, Any]] | None = None, **more: Any) -> dict[str, Any]:
    """The source's four steps."""
    return {
        **deepcopy(_CASE),
        "measurement_type": "cause_and_effect_logic",
        "events": {
            "trigger_time": "2026-02-03T10:15:00+11:00",
            "source": "manual",
            "events": events() if happened is None else happened,
        },
        "rules": [rule("CE-01", "cause_and_effect_logic", None, None, None)],
        "sequence": [
            {
                "step_order": order,
                "component_id": component,
                "component_type": kind,
                "expected_action": action,
                "expected_delay_seconds": delay,
                "tolerance_seconds": tolerance,
            }
            for order, (component, kind, action, delay, tolerance) in enumerate(SEQUENCE, 1)
        ],
        "context": {
            "stair_name": "Stair-A",
            "zone_name": "Zone-3",
            "scenario_name": "Fire Floor 8 - Zone 3 Activation",
            "scenario_version": 1,
        },
        **more,
    }


def interface(matched: bool = True, response: Any = "4", **more: Any) -> dict[str, Any]:
    """Manual override at the fire panel, within 5 s."""
    return {
        **deepcopy(_CASE),
        "measurement_type": "interface_test",
        "interface": {"matched": matched, "response_time_s": response, "remarks": "as expected"},
        "rules": [rule("INT-01", "interface_test", None, None, None)],
        "definition": {
            "interface_type": "manual_override",
            "location_id": "FIRE-PANEL-01",
            "expected_result": "Fans run on under manual control",
            "response_time_s": 5,
        },
        "context": {"stair_name": "Stair-A"},
        **more,
    }


ALL = (pressure, velocity, force, cause_and_effect, interface)


def result(case: dict[str, Any]) -> dict[str, Any]:
    """The validation result of a case's members."""
    return evaluate(read_case(case))


def codes(of: dict[str, Any]) -> set[str]:
    """Codes of all observations of a result."""
    return {one["code"] for one in of["observations"]}
