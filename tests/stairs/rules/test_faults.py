"""The fault that is proposed, word for word as the specification gives it."""

from typing import Any

import pytest

from domain.stairs.rules.evaluation.evaluate import evaluate
from domain.stairs.rules.evaluation.fault import ProposedFault, fault_of, faults_of
from domain.stairs.rules.evaluation.place import Context
from domain.stairs.rules.evaluation.reading import read_case
from domain.stairs.rules.location import location_description
from tests.stairs.rules.cases import ALL, cause_and_effect, events, force, grid, interface, pressure, rule, velocity


def fault(members: dict[str, Any]) -> ProposedFault:
    case = read_case(members)
    found = fault_of(case, evaluate(case))
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("members", "words"),
    [
        (pressure("18.2"), "Pressure 18.2 Pa BELOW minimum 20 Pa on Stair-A Level-8 (all_closed)"),
        (pressure("80.50"), "Pressure 80.5 Pa ABOVE maximum 80 Pa on Stair-A Level-8 (all_closed)"),
        (pressure("19.9996"), "Pressure 19.9996 Pa BELOW minimum 20 Pa on Stair-A Level-8 (all_closed)"),
        (pressure("80.0000001"), "Pressure 80.0000001 Pa ABOVE maximum 80 Pa on Stair-A Level-8 (all_closed)"),
        (pressure("18.2", context={}), "Pressure 18.2 Pa BELOW minimum 20 Pa"),
        (
            velocity(grid("0.94")),
            "Air velocity 0.94 m/s (mean of 9) BELOW minimum 1 m/s at DW-Level-8-Stair-A, Stair-A Level-8"
            " (worst_case_3_doors_open)",
        ),
        (
            velocity(grid(*["1"] * 8, "0.9999")),
            "Air velocity 0.99999 m/s (mean of 9) BELOW minimum 1 m/s at DW-Level-8-Stair-A, Stair-A Level-8"
            " (worst_case_3_doors_open)",
        ),
        (
            force("118.5"),
            "Door opening force 118.5 N ABOVE maximum 110 N at D-Level-8-Stair-A, Stair-A Level-8"
            " (pressurisation active)",
        ),
        (
            force("105", measurement_position="at_edge"),
            "Door opening force 105 N at the edge (113.855 N at the handle) ABOVE maximum 110 N at D-Level-8-Stair-A,"
            " Stair-A Level-8 (pressurisation active)",
        ),
        (
            cause_and_effect(events("0", "3", "7.1", "15")),
            'Cause and effect "Fire Floor 8 - Zone 3 Activation" v1, Stair-A Zone-3: step 3 DAMPER-RELIEF-Z1 open LATE'
            " at 7.1 s (expected 5 ± 2 s)",
        ),
        (
            cause_and_effect(events("3", "3", "5", "15")[:3]),
            'Cause and effect "Fire Floor 8 - Zone 3 Activation" v1, Stair-A Zone-3: step 1 ALARM-PANEL activate LATE'
            " at 3 s (expected 0 ± 2 s); step 4 PRESSURE-SENSOR-L5 reach_setpoint MISSING (expected 15 ± 5 s)",
        ),
        (
            interface(response="6"),
            "Interface manual_override at FIRE-PANEL-01, Stair-A: response 6 s, maximum 5 s",
        ),
        (
            interface(matched=False),
            "Interface manual_override at FIRE-PANEL-01, Stair-A: expected result not observed",
        ),
    ],
)
def test_a_fault_says_what_failed_by_how_much_and_where(members: dict[str, Any], words: str) -> None:
    assert fault(members).description == words


@pytest.mark.parametrize(
    ("members", "action"),
    [
        (pressure("18.2"), "Increase fan speed, check damper positions, inspect for air leaks"),
        (pressure("90"), "Check relief damper or vent, fan speed control"),
        (velocity(grid("0.9")), "Check open-door scenario, fan duty, relief path"),
        (force("120"), "Check relief damper or vent, fan speed control, closer setting"),
        (cause_and_effect(events("0", "9", "5", "30")), "Check FAN-01, DAMPER-RELIEF-Z1, PRESSURE-SENSOR-L5"),
        (interface(matched=False), "Check FIRE-PANEL-01"),
    ],
)
def test_a_fault_says_what_to_look_at(members: dict[str, Any], action: str) -> None:
    assert fault(members).action_required.startswith(action)


def test_the_source_s_fault_has_all_its_context() -> None:
    found = fault(pressure("18.2")).members()

    assert found == {
        "rule_applied": "SP-01",
        "rule_version": "AS1851-2024-v1.3",
        "rule_id": "id-of-SP-01",
        "severity": "critical",
        "defect_classification": "1A",
        "standard_class": "critical",
        "notice_hours": 24,
        "description": "Pressure 18.2 Pa BELOW minimum 20 Pa on Stair-A Level-8 (all_closed)",
        "action_required": "Increase fan speed, check damper positions, inspect for air leaks",
        "location": "Stair-A, Level-8, All Doors Closed",
        "measurement_type": "pressure_differential",
        "door_configuration": "all_closed",
        "measured_value": 18.2,
        "unit": "Pa",
        "design_setpoint": 45,
        "baseline_value": 44.2,
        "min_threshold": 20,
        "max_threshold": 80,
        "deviation_from_baseline_pct": -58.82,
        "review_state": "proposed",
    }


@pytest.mark.parametrize("members", [interface(response="6"), cause_and_effect([])])
def test_faults_of_sequences_and_interfaces_hold_no_measured_value(members: dict[str, Any]) -> None:
    found = fault(members)

    assert (found.measured_value, found.unit) == (None, None)


@pytest.mark.parametrize("make", ALL)
def test_what_passes_or_has_no_verdict_proposes_no_fault(make: Any) -> None:
    for members in (make(), make(rules=[]), make(evidence=[])):
        case = read_case(members)
        assert fault_of(case, evaluate(case)) is None
        assert faults_of(case) == ()


@pytest.mark.parametrize(("mean", "standard"), [("0.75", "non_critical"), ("0.7499", "critical")])
def test_a_low_velocity_is_critical_where_the_function_is_lost(mean: str, standard: str) -> None:
    assert fault(velocity(grid(mean))).standard_class == standard


def test_the_class_map_decides_what_a_class_is_called_and_when_notice_is_due() -> None:
    rows = [
        {"defect_classification": "1A", "standard_class": "non_critical", "notice_hours": 48},
        {"defect_classification": "1A", "jurisdiction": "*", "standard_class": "non_critical", "notice_hours": 36},
        {"defect_classification": "1A", "jurisdiction": "NSW", "standard_class": "critical", "notice_hours": 12},
    ]
    found = fault(pressure("18.2", class_map=rows))

    assert (found.standard_class, found.notice_hours) == ("critical", 12)


def test_each_rule_that_fails_proposes_its_own_fault() -> None:
    own = pressure("18.2")
    own["rules"].append(
        rule("SP-07", "pressure_differential", "30", None, "Pa", severity_if_fail="low", defect_classification="3")
    )
    found = faults_of(read_case(own))

    assert [(one.rule_applied, one.severity, one.standard_class) for one in found] == [
        ("SP-01", "critical", "critical"),
        ("SP-07", "low", "non_conformance"),
    ]
    assert "BELOW minimum 30 Pa" in found[1].description


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ({"door_configuration": "all_closed"}, "Stair-A, Level-8, All Doors Closed"),
        ({"door_configuration": "evac_doors_open"}, "Stair-A, Level-8, Evacuation Doors Open"),
        ({"door_identifier": "D-Level-8-Stair-A"}, "Stair-A, Level-8, D-Level-8-Stair-A"),
        ({"floor_level": None, "zone_name": "Zone-3"}, "Stair-A, Zone-3"),
    ],
)
def test_a_location_is_said_as_at_the_door(place: dict[str, Any], words: str) -> None:
    assert location_description(Context(**({"stair_name": "Stair-A", "floor_level": "Level-8"} | place))) == words
