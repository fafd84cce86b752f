"""Faults: what was found not to comply, proposed by a machine until a person reviews it. Grain: one finding."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, text

from domain.kernel.errors import NotFound
from domain.stairs.store import sessions

# What a reviewer may decide otherwise than the machine.
_JUDGED = {"severity", "defect_classification", "standard_class", "notice_due_at"}
_PLACE = ("stair_id", "floor_id", "door_id", "doorway_id", "zone_id")


def propose(connection: Connection, row: Mapping[str, Any]) -> tuple[uuid.UUID, bool]:
    """Write a proposed fault, or bring the open one of the same instance and rule up to date; whether it is new.

    What a person has reviewed keeps what the person said of it; what a person has dismissed or mended is not found
    anew by judging the same value again.
    """
    settled = _settled(connection, row)
    if settled is not None:
        return settled, False
    columns = sorted(row)
    values = ", ".join(f":{name}" for name in columns)
    kept = {"instance_id", "rule_applied", "test_session_id", "building_id", "detected_at", *_PLACE}
    corrected = ", ".join(
        f"{name} = CASE WHEN faults.review_state = 'proposed' THEN EXCLUDED.{name} ELSE faults.{name} END"
        if name in _JUDGED
        else f"{name} = EXCLUDED.{name}"
        for name in columns
        if name not in kept
    )
    made = connection.execute(
        text(
            f"INSERT INTO faults ({', '.join(columns)}) VALUES ({values})"
            " ON CONFLICT (tenant_id, instance_id, rule_applied) WHERE status = 'open' AND instance_id IS NOT NULL"
            f" DO UPDATE SET {corrected} RETURNING id, (xmax = 0) AS is_new"
        ),
        dict(row),
    ).one()
    return made.id, made.is_new


def _settled(connection: Connection, row: Mapping[str, Any]) -> uuid.UUID | None:
    """The fault of the same finding that a person has dismissed or mended, or None."""
    found: uuid.UUID | None = connection.execute(
        text(
            "SELECT id FROM faults WHERE tenant_id = current_setting('app.tenant') AND instance_id = :instance_id"
            " AND rule_applied = :rule_applied AND description = :description"
            " AND (status = 'dismissed' OR resolved_by IS NOT NULL) ORDER BY detected_at DESC, id LIMIT 1"
        ),
        {name: row[name] for name in ("instance_id", "rule_applied", "description")},
    ).scalar_one_or_none()
    return found


def withdraw(connection: Connection, instance_id: uuid.UUID, but: Sequence[str] = ()) -> int:
    """Take back what a machine proposed by other rules than these and no person has reviewed; answer how many."""
    done = connection.execute(
        text(
            "UPDATE faults SET status = 'resolved', resolved_at = clock_timestamp(),"
            " resolution = 'The value was judged again and complies.'"
            " WHERE tenant_id = current_setting('app.tenant') AND instance_id = :id AND status = 'open'"
            " AND review_state = 'proposed' AND NOT (rule_applied = ANY(:but))"
        ),
        {"id": instance_id, "but": list(but)},
    )
    return done.rowcount


def load(connection: Connection, fault_id: uuid.UUID, *, lock: bool = False) -> dict[str, Any]:
    """One fault with the names of its place; with `lock` its session is held too, and first.

    Raises:
        NotFound: the tenant has no such fault.
    """
    found = listed(connection, 1, ids=[fault_id])
    if found and lock:
        if found[0]["test_session_id"] is not None:
            sessions.load(connection, found[0]["test_session_id"], lock=True)
        found = listed(connection, 1, ids=[fault_id], lock=True)
    if not found:
        raise NotFound(f"There is no fault {fault_id}.", hint="GET /api/v1/faults lists them.")
    return found[0]


def listed(
    connection: Connection,
    limit: int,
    *,
    ids: Sequence[uuid.UUID] = (),
    building_id: uuid.UUID | None = None,
    session_id: uuid.UUID | None = None,
    status: str | None = None,
    review_state: str | None = None,
    severity: str | None = None,
    after: tuple[Any, uuid.UUID] | None = None,
    lock: bool = False,
) -> list[dict[str, Any]]:
    """Faults by when they were detected, the newest first, at most `limit`. Grain: fault, with names of its place.

    Args:
        connection: bound to the tenant.
        limit: how many at most.
        ids: these alone; none given: all.
        building_id: of one building.
        session_id: found on one visit.
        status: open, resolved or dismissed.
        review_state: what a person has said of it.
        severity: critical, high, medium or low.
        after: `detected_at` and id of the row behind which the page begins.
        lock: keep others from changing them until the transaction ends.
    """
    at, own = after or (None, None)
    rows = connection.execute(
        text(
            "SELECT f.*, b.name AS building_name, s.stair_name, l.floor_level FROM faults AS f"
            " JOIN buildings AS b ON b.tenant_id = f.tenant_id AND b.id = f.building_id"
            " LEFT JOIN stairs AS s ON s.tenant_id = f.tenant_id AND s.stair_id = f.stair_id"
            " LEFT JOIN floors AS l ON l.tenant_id = f.tenant_id AND l.floor_id = f.floor_id"
            " WHERE f.tenant_id = current_setting('app.tenant')"
            " AND (CAST(:ids AS uuid[]) IS NULL OR f.id = ANY(CAST(:ids AS uuid[])))"
            " AND (CAST(:building AS uuid) IS NULL OR f.building_id = :building)"
            " AND (CAST(:session AS uuid) IS NULL OR f.test_session_id = :session)"
            " AND (CAST(:status AS text) IS NULL OR f.status = :status)"
            " AND (CAST(:review AS text) IS NULL OR f.review_state = :review)"
            " AND (CAST(:severity AS text) IS NULL OR f.severity = :severity)"
            " AND (CAST(:at AS timestamptz) IS NULL OR (f.detected_at, f.id) < (CAST(:at AS timestamptz),"
            "   CAST(:own AS uuid)))"
            f" ORDER BY f.detected_at DESC, f.id DESC LIMIT :n{' FOR UPDATE OF f' if lock else ''}"
        ),
        {
            "ids": list(ids) or None,
            "building": building_id,
            "session": session_id,
            "status": status,
            "review": review_state,
            "severity": severity,
            "at": at,
            "own": own,
            "n": limit,
        },
    )
    return [dict(row._mapping) for row in rows]


def open_by_floor(connection: Connection, building_id: uuid.UUID) -> dict[uuid.UUID | None, int]:
    """How many faults of a building are open, by landing; those of no landing under None. Dismissed ones are none."""
    rows = connection.execute(
        text(
            "SELECT floor_id, count(*) AS found FROM faults WHERE tenant_id = current_setting('app.tenant')"
            " AND building_id = :building AND status = 'open' AND review_state <> 'dismissed' GROUP BY floor_id"
            " ORDER BY floor_id"
        ),
        {"building": building_id},
    )
    return {row.floor_id: row.found for row in rows}


def change(connection: Connection, fault_id: uuid.UUID, values: Mapping[str, Any]) -> None:
    """Set columns of a fault."""
    told = ", ".join(f"{name} = :{name}" for name in sorted(values))
    connection.execute(
        text(f"UPDATE faults SET {told} WHERE tenant_id = current_setting('app.tenant') AND id = :id"),
        {**values, "id": fault_id},
    )


def waiting(connection: Connection, session_id: uuid.UUID) -> int:
    """How many faults of a session no person has reviewed."""
    return int(
        connection.execute(
            text(
                "SELECT count(*) FROM faults WHERE tenant_id = current_setting('app.tenant')"
                " AND test_session_id = :id AND review_state = 'proposed' AND status = 'open'"
            ),
            {"id": session_id},
        ).scalar_one()
    )


def passed_again(connection: Connection, instance_id: uuid.UUID | None, retest_id: uuid.UUID) -> bool:
    """Whether the second is a test of the first again, and complies."""
    return bool(
        connection.execute(
            text(
                "SELECT EXISTS (SELECT 1 FROM test_instances WHERE tenant_id = current_setting('app.tenant')"
                " AND instance_id = :retest AND retest_of = :first AND verdict = 'compliant')"
            ),
            {"retest": retest_id, "first": instance_id},
        ).scalar_one()
    )
