"""What a report tells besides verdicts, read from the rows as they stand: people, acts, register, schedule."""

import uuid
from collections.abc import Iterable
from datetime import date
from typing import Any

from sqlalchemy import Connection, text

from domain.kernel.errors import NotFound
from domain.stairs.rules.report_content import BuildingPart, PersonPart


def tenant_name(connection: Connection) -> str:
    """What the tenant calls itself."""
    return str(
        connection.execute(
            text("SELECT name FROM tenants WHERE tenant_id = current_setting('app.tenant')")
        ).scalar_one()
    )


def building(connection: Connection, building_id: uuid.UUID) -> BuildingPart:
    """The building as the register has it; retired ones too, since their records stay.

    Raises:
        NotFound: the tenant has no such building.
    """
    row = connection.execute(
        text(
            "SELECT name, address, timezone, jurisdiction, classification FROM buildings"
            " WHERE tenant_id = current_setting('app.tenant') AND id = :id"
        ),
        {"id": building_id},
    ).one_or_none()
    if row is None:
        raise NotFound(f"There is no building {building_id}.", hint="GET /api/v1/buildings lists them.")
    return BuildingPart(
        building_id=str(building_id),
        name=row.name,
        address=row.address,
        time_zone=row.timezone,
        jurisdiction=row.jurisdiction,
        classification=row.classification,
    )


def people(connection: Connection, ids: Iterable[uuid.UUID | None]) -> dict[uuid.UUID, PersonPart]:
    """Names and licences by id."""
    wanted = sorted({one for one in ids if one is not None})
    rows = connection.execute(
        text("SELECT id, name, licence_number FROM v_people WHERE id = ANY(CAST(:ids AS uuid[])) ORDER BY id"),
        {"ids": wanted},
    )
    return {row.id: PersonPart(name=row.name, licence_number=row.licence_number) for row in rows}


def instruments(connection: Connection, ids: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Serial number and maker by id."""
    rows = connection.execute(
        text(
            "SELECT id::text AS own, serial_number, manufacturer, model FROM instruments"
            " WHERE tenant_id = current_setting('app.tenant') AND id::text = ANY(CAST(:ids AS text[]))"
        ),
        {"ids": sorted(set(ids))},
    )
    return {row.own: dict(row._mapping) for row in rows}


def acts(connection: Connection, session_id: uuid.UUID) -> list[dict[str, Any]]:
    """What people signed of the session and of its faults, in the order of signing; refusals and withdrawals too."""
    rows = connection.execute(
        text(
            "SELECT c.kind, c.decision, c.signer_id, c.signer_role, c.signed_at, c.meaning, c.reason, c.content_hash,"
            " c.countersignature_id FROM countersignatures AS c"
            " WHERE c.tenant_id = current_setting('app.tenant')"
            " AND ((c.subject_type = 'test_session' AND c.subject_id = :id)"
            "   OR (c.subject_type = 'fault' AND c.subject_id IN (SELECT f.id::text FROM faults AS f"
            "     WHERE f.tenant_id = c.tenant_id AND f.test_session_id = CAST(:id AS uuid))))"
            " ORDER BY c.signed_at, c.countersignature_id"
        ),
        {"id": str(session_id)},
    )
    return [dict(row._mapping) for row in rows]


def visits(connection: Connection, building_id: uuid.UUID, begins_on: date, ends_on: date) -> list[uuid.UUID]:
    """Sessions of the building planned for these local dates, both included; those that were given up are left out."""
    rows = connection.execute(
        text(
            "SELECT id FROM test_sessions WHERE tenant_id = current_setting('app.tenant') AND building_id = :building"
            " AND planned_for BETWEEN :begins AND :ends AND status <> 'void' ORDER BY planned_for, created_at, id"
        ),
        {"building": building_id, "begins": begins_on, "ends": ends_on},
    )
    return [row.id for row in rows]


def routines(connection: Connection, building_id: uuid.UUID) -> list[tuple[str, bool]]:
    """The frequencies of which tests are published, and whether a person has verified the schedule's source."""
    rows = connection.execute(
        text(
            "SELECT t.frequency, COALESCE((SELECT bool_and(s.verified) FROM archetype_schedule AS s"
            "   WHERE s.tenant_id = t.tenant_id AND s.frequency = t.frequency), false) AS verified"
            " FROM test_instance_templates AS t WHERE t.tenant_id = current_setting('app.tenant')"
            " AND t.building_id = :building AND t.retired_at IS NULL"
            " GROUP BY t.tenant_id, t.frequency ORDER BY t.frequency"
        ),
        {"building": building_id},
    )
    return [(row.frequency, row.verified) for row in rows]


def stairs(connection: Connection, building_id: uuid.UUID) -> list[str]:
    """Names of the stairs that stand."""
    rows = connection.execute(
        text(
            "SELECT stair_name FROM stairs WHERE tenant_id = current_setting('app.tenant') AND building_id = :building"
            ' AND retired_at IS NULL ORDER BY stair_name COLLATE "C"'
        ),
        {"building": building_id},
    )
    return [row.stair_name for row in rows]
