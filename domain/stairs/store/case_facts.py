"""What a verdict depends on besides what was submitted, read for one instance: rules, proof, place."""

import uuid
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, text

from domain.stairs.store.sessions import Session

_RULES = text("""
SELECT rule_id::text, rule_code, version, measurement_type, min_threshold, max_threshold, unit, severity_if_fail,
  defect_classification, active, effective_date, superseded_date, description, reference_standard, source, verified
FROM as1851_rules
WHERE tenant_id = current_setting('app.tenant') AND measurement_type = :type
ORDER BY rule_code COLLATE "C", effective_date, version COLLATE "C"
""")
_OVERRIDES = text("""
SELECT o.override_id::text, o.rule_code, o.building_id::text, o.stair_id::text, o.min_threshold, o.max_threshold,
  o.document_reference, o.scope, o.valid_from, o.expires_on, o.countersignature_id::text
FROM rule_overrides AS o
WHERE o.tenant_id = current_setting('app.tenant') AND o.building_id = :building
  AND (o.stair_id IS NULL OR o.stair_id = :stair)
  AND o.rule_code IN (SELECT r.rule_code FROM as1851_rules AS r
    WHERE r.tenant_id = o.tenant_id AND r.measurement_type = :type)
ORDER BY o.rule_code COLLATE "C", o.valid_from, o.override_id
""")
_CLASSES = text("""
SELECT defect_classification, NULLIF(jurisdiction, '*') AS jurisdiction, standard_class, notice_hours, source, verified
FROM defect_class_map
WHERE tenant_id = current_setting('app.tenant') AND (jurisdiction = '*' OR jurisdiction = :jurisdiction)
ORDER BY defect_classification COLLATE "C", jurisdiction COLLATE "C"
""")
_INSTRUMENT = text("""
SELECT id::text, instrument_type AS type, range_min, range_max, accuracy, unit
FROM instruments
WHERE tenant_id = current_setting('app.tenant') AND id = :id
""")
_CERTIFICATES = text("""
SELECT cert_id::text, cert_number, instrument_id::text, calibration_date, expiry_date, calibration_authority, standard
FROM calibration_certificates
WHERE tenant_id = current_setting('app.tenant') AND instrument_id = :id AND withdrawn_at IS NULL
ORDER BY calibration_date, cert_id
""")
_EVIDENCE = text("""
SELECT e.evidence_id::text, e.evidence_type, e.file_hash_sha256 AS declared_sha256, e.stored_sha256,
  e.file_size_bytes AS size_bytes, e.metadata ->> 'resolution' AS resolution, e.captured_at,
  e.uploaded_at IS NOT NULL AS uploaded,
  CAST(substring(e.metadata ->> 'prompt' FROM '^[1-9][0-9]?$') AS integer) AS prompt,
  EXISTS (SELECT 1 FROM evidence_records AS o
    WHERE o.tenant_id = e.tenant_id AND o.file_hash_sha256 = e.file_hash_sha256
      AND o.instance_id <> e.instance_id
      AND (o.created_at, o.evidence_id) < (e.created_at, e.evidence_id)) AS used_elsewhere
FROM evidence_records AS e
WHERE e.tenant_id = current_setting('app.tenant') AND e.instance_id = :id
ORDER BY e.captured_at, e.evidence_id
""")
_CONTEXT = (
    "stair_name",
    "floor_level",
    "door_identifier",
    "doorway_identifier",
    "zone_name",
)
_OF_DEFINITION = (
    "definition_id",
    "interface_type",
    "location_id",
    "location_name",
    "test_action",
    "expected_result",
    "response_time_s",
)


def known_facts(connection: Connection, session: Session, instance: Mapping[str, Any]) -> dict[str, Any]:
    """The members of a case that the database knows; what was submitted is not among them."""
    kind = instance["measurement_type"]
    used = instance["used_instrument_id"]
    names = instance["context_snapshot"]
    scenario = instance["sequence_snapshot"] or {}
    definition = instance["definition_snapshot"]
    place = {"building": session.building_id, "stair": instance["stair_id"], "type": kind}
    return {
        "measurement_type": kind,
        "time_zone": session.timezone,
        "rules": _rows(connection, _RULES, type=kind),
        "overrides": _rows(connection, _OVERRIDES, **place),
        "class_map": _rows(connection, _CLASSES, jurisdiction=session.jurisdiction),
        "template": {name: instance[name] for name in ("min_threshold", "max_threshold", "design_setpoint", "unit")},
        "baseline": _baseline(instance["baseline_snapshot"]),
        "door": names.get("door"),
        "sequence": scenario.get("expected_sequence", []),
        "definition": None if definition is None else {name: definition.get(name) for name in _OF_DEFINITION},
        "instrument": None if used is None else _rows(connection, _INSTRUMENT, id=used)[0],
        "required_instrument_type": _measuring(instance["required_instrument_type"]),
        "certificates": [] if used is None else _rows(connection, _CERTIFICATES, id=used),
        "evidence_prompts": [
            {name: one[name] for name in ("type", "description", "mandatory", "min_resolution") if name in one}
            for one in instance["evidence_prompts"] or []
        ],
        "evidence": _rows(connection, _EVIDENCE, id=instance["instance_id"]),
        "context": {
            "building_id": str(session.building_id),
            "stair_id": str(instance["stair_id"]),
            "scenario_name": scenario.get("scenario_name"),
            "scenario_version": scenario.get("version"),
            **{name: names.get(name) for name in _CONTEXT},
            **{name: instance[name] for name in ("interface_type", "location_id", "door_configuration")},
            **{name: instance[name] for name in ("door_scenario", "pressurization_active")},
        },
    }


def jurisdiction_classes(connection: Connection, jurisdiction: str | None) -> list[dict[str, Any]]:
    """What a class of defect means where the building stands."""
    return _rows(connection, _CLASSES, jurisdiction=jurisdiction)


def instrument_exists(connection: Connection, instrument_id: uuid.UUID) -> bool:
    """Whether the tenant has it, and has not retired it."""
    return bool(
        connection.execute(
            text(
                "SELECT EXISTS (SELECT 1 FROM instruments WHERE tenant_id = current_setting('app.tenant')"
                " AND id = :id AND retired_at IS NULL)"
            ),
            {"id": instrument_id},
        ).scalar_one()
    )


def _baseline(snapshot: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if snapshot is None:
        return None
    return {name: snapshot[name] for name in ("value", "average_velocity_ms", "velocity_ms") if snapshot.get(name)}


def _measuring(kind: str | None) -> str | None:
    """A stopwatch and a panel's log are not calibrated instruments of the register."""
    return kind if kind in {"manometer", "anemometer", "force_gauge", "multimeter", "thermometer"} else None


def _rows(connection: Connection, statement: Any, **given: Any) -> list[dict[str, Any]]:
    return [dict(row._mapping) for row in connection.execute(statement, given)]
