"""What a session holds: an instance with its fault, its photo and its records; and the certificate of the meter."""

from datetime import date

from tests.stairs.planted.signed import context
from tests.stairs.planted.writing import AT, HASH, Rows, key, place


def tested(tenant: str) -> Rows:
    instance, session = key(tenant, "instance"), key(tenant, "session")
    return {
        "test_instances": {
            **context(tenant),
            "instance_id": instance,
            "template_instance_id": key(tenant, "template"),
            "session_id": session,
            "required_instrument_id": key(tenant, "instrument"),
            "used_instrument_id": key(tenant, "instrument"),
            "technician_id": key(tenant, "tech"),
            "status": "completed",
            "started_at": AT,
            "completed_at": AT,
            "measured_value_numeric": 18.2,
            "is_compliant": False,
            "verdict": "non_compliant",
            "retest_of": None,
        },
        "faults": {
            **place(tenant, "floor", "door", "doorway", "zone", "instance"),
            "id": key(tenant, "fault"),
            "test_session_id": session,
            "severity": "critical",
            "defect_classification": "1A",
            "standard_class": "critical",
            "description": "Pressure 18.2 Pa BELOW minimum 20 Pa",
            "detected_at": AT,
            "door_configuration": "all_closed",
            "measurement_type": "pressure_differential",
            "measured_value": 18.2,
            "unit": "Pa",
            "rule_applied": "SP-01",
            "rule_version": "AS1851-2024-v1.3",
            "environmental_conditions": {"temp_c": 21},
        },
        "evidence_records": {
            "tenant_id": tenant,
            "evidence_id": key(tenant, "evidence"),
            "instance_id": instance,
            "session_id": session,
            "evidence_type": "photo",
            "file_hash_sha256": HASH,
            "captured_at": AT,
            "file_size_bytes": 10,
            "metadata": {"camera_model": "x"},
            "created_by": key(tenant, "tech"),
        },
    }


def records(tenant: str) -> Rows:
    instance, session = key(tenant, "instance"), key(tenant, "session")
    return {
        "instance_evaluations": {
            "tenant_id": tenant,
            "evaluation_id": key(tenant, "evaluation"),
            "instance_id": instance,
            "session_id": session,
            "seq": 1,
            "engine_version": "firemode-evaluation/1",
            "rule_ids": [key(tenant, "rule")],
            "inputs": {},
            "inputs_sha256": HASH,
            "outputs": {},
            "outputs_sha256": HASH,
            "evaluated_at": AT,
        },
        "session_bundles": {
            "tenant_id": tenant,
            "bundle_hash": HASH,
            "session_id": session,
            "issued_at": AT,
            "manifest": {},
            "size_bytes": 1,
        },
        "session_submissions": {
            "tenant_id": tenant,
            "submission_id": key(tenant, "submission"),
            "session_id": session,
            "instance_id": instance,
            "payload": {},
            "payload_sha256": HASH,
            "submitted_by": key(tenant, "tech"),
            "received_at": AT,
            "outcome": "conflict",
        },
        "stair_observations": {
            **place(tenant, "session", "observation"),
            "code": "LOCAL_LEAK",
            "text": "t",
            "data": {},
            "engine_version": "p/1",
            "made_at": AT,
        },
        "compliance_reports": {
            "tenant_id": tenant,
            "report_id": key(tenant, "report"),
            "building_id": key(tenant, "building"),
            "session_id": session,
            "kind": "session",
            "content": {"session": "1"},
            "content_hash": HASH,
            "requested_by": "m",
        },
    }


def calibrated(tenant: str) -> Rows:
    return {
        "calibration_certificates": {
            "tenant_id": tenant,
            "cert_id": key(tenant, "cert"),
            "instrument_id": key(tenant, "instrument"),
            "cert_number": "C-1",
            "calibration_date": date(2026, 1, 1),
            "expiry_date": date(2027, 1, 1),
            "calibration_authority": "NATA 1",
        },
    }
