"""Generation and verdicts, timed without a database: the pilot's registry, and cases as a phone hands them in."""

import json
import time
from datetime import date
from statistics import median
from typing import Any

from domain.stairs.rules.archetypes.sources import Baselines, Sources
from domain.stairs.rules.evaluation.evaluate import evaluate
from domain.stairs.rules.evaluation.reading import read_case
from domain.stairs.rules.generation import generate
from domain.stairs.rules.pilot.building import pilot_registry
from domain.stairs.rules.ruleset import SHIPPED_RULES
from domain.stairs.rules.schedule import SHIPPED_SCHEDULE

ON, AT = date(2026, 3, 2), "2026-03-02T10:15:00+11:00"
# Type: unit, lower and upper limit, instrument, how many in the pilot's annual session.
SCALARS = {
    "pressure_differential": ("Pa", "20", "80", "manometer", 60),
    "door_opening_force": ("N", None, "110", "force_gauge", 60),
    "air_velocity": ("m/s", "1", None, "anemometer", 30),
}
CODES = {
    "pressure_differential": "SP-01",
    "air_velocity": "SP-02",
    "door_opening_force": "SP-03",
    "cause_and_effect_logic": "CE-01",
    "interface_test": "INT-01",
}
MEASURED: dict[str, dict[str, Any]] = {
    "pressure_differential": {"value": "43.2"},
    "door_opening_force": {"value": "95.5", "measurement_position": "at_handle"},
    "air_velocity": {"grid": [{"point": point, "velocity_ms": f"1.{10 + point}"} for point in range(1, 10)]},
}
STEPS = [("ALARM-PANEL", "activate", 0), ("FAN-01", "start", 3), ("DAMPER-Z1", "open", 5), ("SENSOR-L5", "reach", 15)]


def generation_s(rounds: int) -> tuple[int, float]:
    """How many annual templates the pilot has, and the median seconds of expanding them all."""
    registry, spent, made = pilot_registry("BENCH"), [], 0
    sources = Sources(Baselines(), SHIPPED_RULES, ON)
    for _ in range(rounds):
        began = time.perf_counter()
        made = len(generate(registry, SHIPPED_SCHEDULE, "annual", "scheduled", sources, []).templates)
        spent.append(time.perf_counter() - began)
    return made, median(spent)


def evaluation_ms(rounds: int) -> float:
    """Median milliseconds of one verdict, from the JSON text to the result."""
    texts, spent = annual_session()[::10], []
    for _ in range(rounds):
        for text in texts:
            began = time.perf_counter()
            evaluate(read_case(text))
            spent.append(1e3 * (time.perf_counter() - began))
    return median(spent)


def session_s(rounds: int) -> tuple[int, float]:
    """How many tests the pilot's annual session has, and the median seconds of judging them all."""
    texts, spent = annual_session(), []
    for _ in range(rounds):
        began = time.perf_counter()
        verdicts = {evaluate(read_case(text))["verdict"] for text in texts}
        spent.append(time.perf_counter() - began)
        assert verdicts == {"compliant"}, verdicts
    return len(texts), median(spent)


def annual_session() -> list[str]:
    """168 cases that pass, as JSON texts: 60 pressures, 60 forces, 30 grids, 10 sequences, 8 interfaces."""
    cases = [scalar(kind, **MEASURED[kind]) for kind, row in SCALARS.items() for _ in range(row[4])]
    cases += [cause_and_effect() for _ in range(10)] + [interface() for _ in range(8)]
    return [json.dumps(case) for case in cases]


def _case(kind: str, unit: str | None, low: str | None, high: str | None, **more: Any) -> dict[str, Any]:
    rule = {
        "rule_id": "R-1",
        "rule_code": CODES[kind],
        "version": "AS1851-2024-v1.3",
        "measurement_type": kind,
        "min_threshold": low,
        "max_threshold": high,
        "unit": unit,
        "severity_if_fail": "critical",
        "defect_classification": "1A",
        "effective_date": "2024-01-01",
    }
    photo = {
        "evidence_id": "E-1",
        "evidence_type": "photo",
        "declared_sha256": "a" * 64,
        "stored_sha256": "a" * 64,
        "size_bytes": 400_000,
        "resolution": "4032x3024",
        "captured_at": "2026-03-02T10:16:00+11:00",
        "uploaded": True,
    }
    return {
        "measurement_type": kind,
        "tested_at": AT,
        "time_zone": "Australia/Sydney",
        "started_at": "2026-03-02T10:12:00+11:00",
        "completed_at": "2026-03-02T10:18:00+11:00",
        "rules": [rule],
        "evidence_prompts": [{"type": "photo", "description": "Display", "mandatory": True}],
        "evidence": [photo],
        "context": {"stair_name": "Stair-A", "floor_level": "Level-8", "door_configuration": "all_closed"},
        **more,
    }


def scalar(kind: str, **measured: Any) -> dict[str, Any]:
    """A measurement with its instrument, calibrated on the day."""
    unit, low, high, instrument, _ = SCALARS[kind]
    dates = {"calibration_date": "2025-09-01", "expiry_date": "2026-09-01"}
    return _case(kind, unit, low, high, **measured) | {
        "template": {"min_threshold": low, "max_threshold": high, "unit": unit},
        "baseline": {"average_velocity_ms": "1.16"} if kind == "air_velocity" else {"value": "44.2"},
        "instrument": {"id": "I-1", "type": instrument, "range_min": "0", "range_max": "500", "unit": unit},
        "required_instrument_type": instrument,
        "certificates": [{"cert_number": "C-1", "instrument_id": "I-1", **dates}],
    }


def cause_and_effect() -> dict[str, Any]:
    """Four steps, each in its window."""
    happened = [{"component_id": component, "action": action, "t_s": str(at)} for component, action, at in STEPS]
    sequence = [
        {
            "step_order": order,
            "component_id": component,
            "component_type": "fan",
            "expected_action": action,
            "expected_delay_seconds": str(at),
            "tolerance_seconds": "2",
        }
        for order, (component, action, at) in enumerate(STEPS, 1)
    ]
    events = {"trigger_time": AT, "source": "panel_log", "events": happened}
    return _case("cause_and_effect_logic", None, None, None, events=events, sequence=sequence)


def interface() -> dict[str, Any]:
    """A manual override that answered in time."""
    told = {"matched": True, "response_time_s": "4", "remarks": "as expected"}
    definition = {"interface_type": "manual_override", "location_id": "FIRE-PANEL-01", "response_time_s": "5"}
    return _case("interface_test", None, None, None, interface=told, definition=definition)
