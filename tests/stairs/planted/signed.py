"""What stands by a countersignature: baselines, definitions, templates, and the rules."""

from datetime import date
from uuid import UUID

from tests.stairs.planted.writing import AT, DAY, HASH, Row, Rows, key, place


def commissioned(tenant: str, signature: UUID) -> Rows:
    proof = {"commissioned_date": DAY, "countersignature_id": signature}
    baseline = key(tenant, "baseline")
    return {
        "baseline_pressure_differentials": {
            **place(tenant, "floor", "baseline"),
            "door_configuration": "all_closed",
            "pressure_pa": 45,
            "environmental_conditions": {"temp_c": 21},
            **proof,
        },
        "baseline_air_velocities": {
            **place(tenant, "doorway", "baseline"),
            "door_scenario": "worst_case_3_doors_open",
            "velocity_ms": 1.2,
            "measurement_points": [{"point": 5, "x": 0.5, "y": 0.5, "velocity_ms": 1.2}],
            "average_velocity_ms": 1.2,
            **proof,
        },
        "baseline_door_forces": {
            **place(tenant, "door", "baseline"),
            "pressurization_active": True,
            "force_newtons": 80,
            "measurement_position": "at_handle",
            **proof,
        },
        "baseline_history": {
            "tenant_id": tenant,
            "history_id": key(tenant, "history"),
            "baseline_table": "baseline_door_forces",
            "baseline_id": baseline,
            "row": {"force_newtons": 70},
            "superseded_at": AT,
            "countersignature_id": signature,
        },
        "ce_scenarios": {
            **place(tenant, "zone", "scenario"),
            "scenario_name": "Zone 1",
            "scenario_type": "annual",
            "trigger_device_id": "SD-1",
            "trigger_device_type": "smoke_detector",
            "expected_sequence": [{"step_order": 1, "component_id": "FAN-01-A", "expected_delay_seconds": 3}],
            "created_by": key(tenant, "tech"),
            "version": 1,
            "countersignature_id": signature,
        },
        "interface_test_definitions": {
            **place(tenant, "definition"),
            "interface_type": "manual_override",
            "location_id": "FIRE-PANEL-01",
            "response_time_s": 5,
            "countersignature_id": signature,
        },
    }


def published(tenant: str, signature: UUID) -> Rows:
    return {
        "generation_runs": {
            "tenant_id": tenant,
            "run_id": key(tenant, "run"),
            "building_id": key(tenant, "building"),
            "frequency": "annual",
            "profile": "default",
            "counts": {},
            "expected": {},
            "added": [],
            "retired": [],
            "unchanged": 0,
            "warnings": [],
            "content_hash": HASH,
            "requested_by": "m",
        },
        "test_instance_templates": {
            **context(tenant),
            "template_instance_id": key(tenant, "template"),
            "generation_run_id": key(tenant, "run"),
            "countersignature_id": signature,
        },
    }


def ruled(tenant: str, signature: UUID) -> Rows:
    return {
        "as1851_rules": {
            "tenant_id": tenant,
            "rule_id": key(tenant, "rule"),
            "rule_code": "SP-01",
            "version": "AS1851-2024-v1.3",
            "measurement_type": "pressure_differential",
            "min_threshold": 20,
            "max_threshold": 80,
            "unit": "Pa",
            "severity_if_fail": "critical",
            "defect_classification": "1A",
            "effective_date": date(2024, 1, 1),
            "countersignature_id": signature,
        },
        "archetype_schedule": {
            "tenant_id": tenant,
            "archetype_id": "ARCH-PRESSURE-001",
            "frequency": "annual",
            "dimension": "floor",
            "selector": "all",
            "source": "ruleset",
            "countersignature_id": signature,
        },
        "defect_class_map": {
            "tenant_id": tenant,
            "defect_classification": "1A",
            "standard_class": "critical",
            "notice_hours": 24,
            "source": "ruleset",
            "countersignature_id": signature,
        },
        "rule_overrides": {
            **place(tenant, "override"),
            "rule_code": "SP-01",
            "min_threshold": 15,
            "document_reference": "PS-1",
            "scope": "Stair-A",
            "valid_from": DAY,
            "expires_on": date(2027, 3, 2),
            "countersignature_id": signature,
        },
    }


def context(tenant: str) -> Row:
    """A template or an instance that names every kind of place, so that each reference can be broken."""
    return {
        **place(tenant, "floor", "door", "doorway", "zone", "scenario", "definition"),
        "archetype_id": "ARCH-PRESSURE-001",
        "measurement_type": "pressure_differential",
        "frequency": "annual",
        "door_configuration": "all_closed",
        "unit": "Pa",
        "min_threshold": 20,
        "max_threshold": 80,
        "scoped_identifier": "PRESSURE_STAIR-A_GF_ALL-CLOSED",
        "sequence_order": 1,
    }
