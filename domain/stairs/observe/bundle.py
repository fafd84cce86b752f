"""Observe: what a device needs to walk a session without a signal, in one piece that can be checked.

Each part is named in the manifest with the SHA-256 of its canonical JSON; the hash of the manifest names the bundle.
The same session in the same state is the same bundle.
"""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from domain.kernel.canonical import canonical_json, content_hash
from domain.stairs.store import bundles, instances, sessions
from domain.stairs.store.case_facts import jurisdiction_classes

_OF_INSTANCE = (
    "instance_id",
    "scoped_identifier",
    "archetype_id",
    "measurement_type",
    "sequence_order",
    "status",
    "stair_id",
    "floor_id",
    "stair_name",
    "floor_level",
    "door_configuration",
    "door_scenario",
    "pressurization_active",
    "interface_type",
    "location_id",
    "design_setpoint",
    "baseline_value",
    "min_threshold",
    "max_threshold",
    "unit",
    "required_instrument_type",
    "definition_snapshot",
    "sequence_snapshot",
    "baseline_snapshot",
    "context_snapshot",
    "retest_of",
    "notes",
)
# Often the same for many instances: sent once, and named by hash where it belongs.
_TEXTS = (
    "descriptive_instructions",
    "audible_cues",
    "safety_warnings",
    "calibration_requirement",
    "evidence_prompts",
)


def bundle(
    connection: Connection, session_id: uuid.UUID, now: datetime, *, is_walked_from: bool = True
) -> dict[str, Any]:
    """The bundle of a session as it stands; issuing it to whoever walks from it is noted once for each content.

    Args:
        connection: the caller's transaction.
        session_id: of the session.
        now: when it is issued.
        is_walked_from: whether the caller may test; who only looks makes no device's bundle an old one.

    Raises:
        NotFound: no such session.
    """
    session = sessions.load(connection, session_id, lock=is_walked_from)
    rows = instances.of_session(connection, session_id)
    parts: dict[str, Any] = {
        "session": _plain(
            {
                name: getattr(session, name)
                for name in ("id", "building_id", "building_name", "timezone", "frequency", "planned_for", "revision")
            }
        ),
        "instances": [
            _plain({name: row[name] for name in _OF_INSTANCE} | {name: content_hash(row[name]) for name in _TEXTS})
            for row in rows
        ],
        "texts": {content_hash(row[name]): row[name] for row in rows for name in _TEXTS},
        "rules": _listed(connection, "as1851_rules", "rule_code, effective_date, rule_id", "active"),
        "overrides": _listed(
            connection,
            "rule_overrides",
            "rule_code, valid_from, override_id",
            "building_id = :building",
            building=session.building_id,
        ),
        "classes": [_plain(one) for one in jurisdiction_classes(connection, session.jurisdiction)],
        "instruments": _listed(connection, "instruments", "serial_number, id", "retired_at IS NULL"),
        "certificates": _listed(connection, "calibration_certificates", "instrument_id, calibration_date, cert_id"),
        "warnings": _warnings(connection, session),
    }
    manifest = {"format": "firemode-bundle/1", "parts": {name: content_hash(part) for name, part in parts.items()}}
    digest = content_hash(manifest)
    size = sum(len(canonical_json(part)) for part in parts.values())
    if is_walked_from and session.is_open:
        bundles.issue(connection, session_id, digest, manifest, size, now)
        if session.bundle_hash != digest:
            sessions.change(connection, session_id, {"bundle_hash": digest})
    return {"bundle_hash": digest, "manifest": manifest, "size_bytes": size, "parts": parts}


def _listed(
    connection: Connection, table: str, order: str, condition: str = "true", **values: Any
) -> list[dict[str, Any]]:
    rows = connection.execute(
        text(f"SELECT * FROM {table} WHERE tenant_id = current_setting('app.tenant') AND {condition} ORDER BY {order}"),
        values,
    )
    left_out = {"tenant_id", "created_at", "updated_at", "countersignature_id", "artifact_id", "certificate_file_path"}
    return [_plain({name: value for name, value in row._mapping.items() if name not in left_out}) for row in rows]


def _warnings(connection: Connection, session: sessions.Session) -> list[dict[str, str]]:
    """Instruments whose newest certificate ends by the day of the visit."""
    rows = connection.execute(
        text(
            "SELECT i.serial_number, max(c.expiry_date) AS expires FROM instruments AS i"
            " LEFT JOIN calibration_certificates AS c ON c.tenant_id = i.tenant_id AND c.instrument_id = i.id"
            " WHERE i.tenant_id = current_setting('app.tenant') AND i.retired_at IS NULL"
            " GROUP BY i.id, i.serial_number HAVING max(c.expiry_date) IS NULL OR max(c.expiry_date) <= :day"
            " ORDER BY i.serial_number"
        ),
        {"day": session.planned_for},
    )
    return [
        {
            "code": "CALIBRATION_EXPIRED",
            "text": f"{row.serial_number} has no certificate"
            if row.expires is None
            else f"{row.serial_number}: calibration ends on {row.expires}",
        }
        for row in rows
    ]


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    """Ids, dates and decimals as texts: canonical JSON, and no digit lost."""
    return {
        name: value if isinstance(value, dict | list | bool | int | type(None)) else str(value)
        for name, value in row.items()
    }
