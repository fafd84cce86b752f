"""The findings that FireMode's signal rules look at, as they stand in the database."""

from datetime import date, timedelta

from sqlalchemy import Connection, text

from domain.stairs.rules.advice.figures import FAULT_WINDOW_DAYS, FaultsOfPlace, Instrument, Mismatches
from domain.stairs.rules.instruments import name_of
from domain.stairs.rules.physics.crosscheck import MISMATCHES

_TENANT = "tenant_id = current_setting('app.tenant')"


def instruments(connection: Connection) -> list[Instrument]:
    """Every instrument in use with the end of its calibration."""
    rows = connection.execute(
        text(
            "SELECT id, instrument_type, manufacturer, model, serial_number, calibration_expiry FROM instruments"
            f" WHERE {_TENANT} AND retired_at IS NULL ORDER BY id"
        )
    )
    return [
        Instrument(
            str(row.id),
            name_of(row.instrument_type, row.manufacturer, row.model, row.serial_number),
            row.calibration_expiry,
        )
        for row in rows
    ]


def repeated_faults(connection: Connection, on: date) -> list[FaultsOfPlace]:
    """The faults of two years by place and rule, without those that a person dismissed."""
    rows = connection.execute(
        text(
            "SELECT i.stair_id, i.scoped_identifier, s.stair_name, f.rule_applied,"
            " array_agg(json_build_array(f.test_session_id, (f.detected_at AT TIME ZONE 'UTC')::date)"
            "   ORDER BY f.detected_at, f.id) AS faults"
            " FROM faults AS f JOIN test_instances AS i ON i.tenant_id = f.tenant_id AND i.instance_id = f.instance_id"
            " JOIN stairs AS s ON s.tenant_id = i.tenant_id AND s.stair_id = i.stair_id"
            f" WHERE f.{_TENANT} AND f.review_state <> 'dismissed' AND f.test_session_id IS NOT NULL"
            " AND f.rule_applied IS NOT NULL AND f.detected_at >= CAST(:first AS date)"
            " AND f.detected_at < CAST(:after AS date)"
            " GROUP BY i.stair_id, i.scoped_identifier, s.stair_name, f.rule_applied"
            ' ORDER BY i.stair_id, i.scoped_identifier COLLATE "C", f.rule_applied COLLATE "C"'
        ),
        {"first": on - timedelta(days=FAULT_WINDOW_DAYS), "after": on + timedelta(days=1)},
    )
    return [
        FaultsOfPlace(
            f"{row.stair_id}/{row.scoped_identifier}/{row.rule_applied}",
            f"{row.stair_name} {row.scoped_identifier}",
            row.rule_applied,
            [(str(session), str(day)) for session, day in row.faults],
        )
        for row in rows
    ]


def mismatches(connection: Connection) -> list[Mismatches]:
    """What physics noticed in the newest session of each stair that was held against it; none is a finding too."""
    rows = connection.execute(
        text(
            "SELECT s.stair_id, s.stair_name, n.session_id, COALESCE(o.findings, '{}') AS findings FROM stairs AS s"
            " JOIN LATERAL (SELECT t.id AS session_id FROM test_sessions AS t WHERE t.tenant_id = s.tenant_id"
            "   AND t.status IN ('submitted', 'approved') AND EXISTS (SELECT 1 FROM test_instances AS i"
            "     WHERE i.tenant_id = t.tenant_id AND i.session_id = t.id AND i.stair_id = s.stair_id)"
            "   ORDER BY t.submitted_at DESC NULLS LAST, t.id LIMIT 1) AS n ON true"
            " LEFT JOIN LATERAL (SELECT array_agg(json_build_object('code', b.code, 'text', b.text)"
            '   ORDER BY b.code COLLATE "C", b.text COLLATE "C") AS findings FROM stair_observations AS b'
            "   WHERE b.tenant_id = s.tenant_id AND b.stair_id = s.stair_id AND b.session_id = n.session_id"
            "   AND b.code = ANY(:codes)) AS o ON true"
            f" WHERE s.{_TENANT} AND s.retired_at IS NULL ORDER BY s.stair_id"
        ),
        {"codes": list(MISMATCHES)},
    )
    return [Mismatches(str(row.stair_id), row.stair_name, str(row.session_id), row.findings) for row in rows]
