"""Observe: plan a visit, walk it, hand it in. Nothing here approves."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, text

from domain.kernel.errors import Conflict, Invalid, NotFound
from domain.kernel.events import record
from domain.kernel.principal import Principal
from domain.stairs.store import instances, sessions
from domain.stairs.store.sessions import Session


@dataclass(frozen=True)
class Made:
    """A session with the number of its instances."""

    session: Session
    instances: int


def create_session(
    connection: Connection,
    caller: Principal,
    *,
    building_id: uuid.UUID,
    frequency: str,
    planned_for: date,
    technician_id: uuid.UUID | None,
) -> Made:
    """Plan a visit: copy the published templates of the building and frequency.

    Raises:
        NotFound: no such building, or no such person in the tenant.
        Conflict: NO_TEMPLATES, nothing is published for that frequency.
    """
    _check_building(connection, building_id)
    if technician_id is not None:
        _check_person(connection, technician_id)
    session_id = sessions.insert(
        connection,
        {
            "building_id": building_id,
            "frequency": frequency,
            "planned_for": planned_for,
            "technician_id": technician_id,
            "created_by": uuid.UUID(caller.id) if caller.is_person else None,
            "ruleset_version": _ruleset(connection, planned_for),
        },
    )
    made = instances.clone(connection, session_id, building_id, frequency)
    if made == 0:
        raise Conflict(
            f"No {frequency} templates are published for the building; no session was made.",
            hint="Generate them, POST /api/v1/buildings/{id}/instances/generate, and let a person countersign them.",
            code="NO_TEMPLATES",
        )
    session = sessions.load(connection, session_id)
    _tell(connection, caller, session, "planned", {"instances": made, "frequency": frequency})
    return Made(session, made)


def started(connection: Connection, caller: Principal, session_id: uuid.UUID, now: datetime) -> Session:
    """The session, walked from now on; one that is walked already stays as it is.

    Raises:
        Conflict: SESSION_CLOSED, it is handed in, approved or void.
    """
    session = open_session(connection, session_id)
    if session.status != "active":
        sessions.move(connection, session, "active", {"started_at": session.started_at or now})
        session = sessions.load(connection, session_id)
        _tell(connection, caller, session, "started")
    return session


def open_session(connection: Connection, session_id: uuid.UUID) -> Session:
    """The session, held until the transaction ends, while results are still taken.

    Raises:
        NotFound: no such session.
        Conflict: SESSION_CLOSED.
    """
    session = sessions.load(connection, session_id, lock=True)
    if not session.is_open:
        raise Conflict(
            f"The session is {session.status}; nothing was changed.",
            hint="A returned session takes results again; an approved one is corrected by an amendment.",
            code="SESSION_CLOSED",
        )
    return session


def void(connection: Connection, caller: Principal, session_id: uuid.UUID, reason: str) -> Session:
    """Give up a session that was not approved; what was tested stays readable.

    Raises:
        Conflict: SESSION_APPROVED.
    """
    session = sessions.load(connection, session_id, lock=True)
    if session.status == "approved":
        raise Conflict(
            "An approved session is never void; nothing was changed.",
            hint="Correct it by an amendment: POST .../amend.",
            code="SESSION_APPROVED",
        )
    if session.status != "void":
        sessions.move(connection, session, "void", {"void_reason": reason})
        session = sessions.load(connection, session_id)
        _tell(connection, caller, session, "voided", {"reason": reason})
    return session


def retest(connection: Connection, caller: Principal, session_id: uuid.UUID, instance_id: uuid.UUID) -> uuid.UUID:
    """The same place again, as a new instance, after a repair or a skip; the first stays as it is.

    Raises:
        Conflict: SESSION_CLOSED; NOT_TESTED, there is no result to repeat; RETEST_WAITS, one is planned already.
    """
    session = open_session(connection, session_id)
    instance = instances.load(connection, session_id, instance_id, lock=True)
    if instance["status"] not in ("completed", "skipped"):
        raise Conflict("The instance has no result yet; nothing was added.", hint="Test it first.", code="NOT_TESTED")
    if _is_repeated(connection, instance_id):
        raise Conflict(
            "A retest of this instance stands already; nothing was added.", hint="Test that one.", code="RETEST_WAITS"
        )
    made = instances.clone_again(connection, session_id, [instance_id])[instance_id]
    _tell(connection, caller, session, "retest_added", {"retest_of": str(instance_id), "instance_id": str(made)})
    return made


def amend(
    connection: Connection,
    caller: Principal,
    session_id: uuid.UUID,
    *,
    instance_ids: Sequence[uuid.UUID],
    planned_for: date,
    reason: str,
) -> Made:
    """A session that corrects an approved one: it repeats the named instances; the approved one stays as it is.

    Raises:
        NotFound: an instance that the session does not have.
        Conflict: NOT_APPROVED; AMENDED, an amendment stands already.
    """
    former = sessions.load(connection, session_id, lock=True)
    if former.status != "approved":
        raise Conflict(
            f"Only an approved session is amended; this one is {former.status}.",
            hint="Correct it as it is.",
            code="NOT_APPROVED",
        )
    if sessions.amendment_of(connection, session_id) is not None:
        raise Conflict("An amendment of this session stands already.", hint="Amend that one.", code="AMENDED")
    wanted = sorted(set(instance_ids))
    if not wanted:
        raise Invalid("An amendment names what is to be tested again; nothing was made.", hint="Send instance_ids.")
    for one in wanted:
        instances.load(connection, session_id, one)
    made = sessions.insert(
        connection,
        {
            "building_id": former.building_id,
            "frequency": former.frequency,
            "planned_for": planned_for,
            "technician_id": former.technician_id,
            "created_by": uuid.UUID(caller.id) if caller.is_person else None,
            "ruleset_version": _ruleset(connection, planned_for),
            "revision": former.revision + 1,
            "supersedes_session_id": session_id,
        },
    )
    count = len(instances.clone_again(connection, made, wanted))
    session = sessions.load(connection, made)
    _tell(connection, caller, session, "amends", {"supersedes": str(session_id), "reason": reason, "instances": count})
    return Made(session, count)


def _check_building(connection: Connection, building_id: uuid.UUID) -> None:
    found = connection.execute(
        text("SELECT retired_at FROM buildings WHERE tenant_id = current_setting('app.tenant') AND id = :id FOR SHARE"),
        {"id": building_id},
    ).one_or_none()
    if found is None:
        raise NotFound(f"There is no building {building_id}.", hint="GET /api/v1/buildings lists them.")
    if found.retired_at is not None:
        raise Conflict("The building is retired; no session was made.", code="RETIRED")


def _check_person(connection: Connection, user_id: uuid.UUID) -> None:
    found = connection.execute(text("SELECT 1 FROM v_people WHERE id = :id"), {"id": user_id}).one_or_none()
    if found is None:
        raise NotFound(
            f"There is no person {user_id} in this tenant; no session was made.",
            hint="GET /v1/admin/people lists them.",
        )


def _ruleset(connection: Connection, on: date) -> str | None:
    """The versions of the rules in force on a day, as one label."""
    found = connection.execute(
        text(
            "SELECT string_agg(DISTINCT version, ', ' ORDER BY version) FROM as1851_rules"
            " WHERE tenant_id = current_setting('app.tenant') AND active AND effective_date <= :on"
            " AND (superseded_date IS NULL OR superseded_date > :on)"
        ),
        {"on": on},
    ).scalar_one()
    return None if found is None else str(found)[:50]


def _is_repeated(connection: Connection, instance_id: uuid.UUID) -> bool:
    return bool(
        connection.execute(
            text(
                "SELECT EXISTS (SELECT 1 FROM test_instances WHERE tenant_id = current_setting('app.tenant')"
                " AND retest_of = :id AND status <> 'skipped')"
            ),
            {"id": instance_id},
        ).scalar_one()
    )


def _tell(
    connection: Connection, caller: Principal, session: Session, what: str, payload: dict[str, Any] | None = None
) -> None:
    record(
        connection,
        f"stairs.session.{what}",
        actor_id=caller.id,
        actor_role=caller.actor_role,
        entity_type="test_session",
        entity_id=str(session.id),
        payload=payload,
    )
