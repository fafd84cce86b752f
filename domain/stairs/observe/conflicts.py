"""Observe: what a reviewer decides where two results contradict each other, and what a reviewer acknowledges."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from domain.kernel.errors import Conflict, Invalid, NotFound
from domain.kernel.events import record
from domain.kernel.principal import Kind, Principal
from domain.stairs.observe.results import carry_out
from domain.stairs.store import instances, sessions, submissions

SETTLES = ("active", "returned", "submitted")


def settle(
    connection: Connection,
    caller: Principal,
    session_id: uuid.UUID,
    submission_id: uuid.UUID,
    *,
    resolution: str,
    reason: str,
    now: datetime,
) -> dict[str, Any]:
    """Decide a conflict; answer the instance. Both results stay on record.

    Raises:
        NotFound: no such conflict, or it is settled.
        Conflict: SESSION_CLOSED; INSTANCE_STATE, what was skipped takes no result.
        Invalid: the result that would count cannot be judged.
    """
    session = sessions.load(connection, session_id, lock=True)
    _check_open(session.status)
    one = submissions.load(connection, submission_id, lock=True)
    if one is None or one.session_id != session_id:
        raise NotFound("There is no open conflict under that id.", hint="GET .../conflicts lists those that wait.")
    submissions.settle(connection, submission_id, resolution, uuid.UUID(caller.id), now, reason)
    instance = instances.load(connection, session_id, one.instance_id, lock=True)
    if resolution == "took_this":
        if instance["status"] == "skipped":
            raise Conflict(
                "The test was skipped, and stays so; nothing was settled.",
                hint="Keep the first, and add a test of the same place for this result: POST .../retest.",
                code="INSTANCE_STATE",
            )
        # Who tested stays who sent it: the reviewer decides and has not tested.
        tested = Principal(Kind.PERSON, str(one.submitted_by or caller.id), "", caller.tenant_id)
        is_stale = one.bundle_hash not in (None, session.bundle_hash)
        carry_out(connection, tested, session, instance, one.payload, now=one.received_at, is_stale=is_stale)
    record(
        connection,
        "stairs.submission.settled",
        actor_id=caller.id,
        actor_role=caller.actor_role,
        entity_type="test_instance",
        entity_id=str(one.instance_id),
        payload={"submission_id": str(submission_id), "resolution": resolution, "reason": reason},
    )
    return instances.load(connection, session_id, one.instance_id)


def acknowledge(
    connection: Connection,
    caller: Principal,
    session_id: uuid.UUID,
    instance_id: uuid.UUID,
    *,
    codes: Sequence[str],
    reason: str,
    now: datetime,
) -> dict[str, Any]:
    """Note that a reviewer has seen observations that no rule turns into a failure; answer the instance.

    Raises:
        Invalid: a code that the verdict does not ask to acknowledge.
        Conflict: SESSION_CLOSED.
    """
    _check_open(sessions.load(connection, session_id, lock=True).status)
    instance = instances.load(connection, session_id, instance_id, lock=True)
    due = set((instance["validation_result"] or {}).get("acknowledge", []))
    strange = sorted(set(codes) - due)
    if strange:
        raise Invalid(
            f"The verdict does not ask to acknowledge {strange[0]}; nothing was noted.",
            hint=f"To be acknowledged: {', '.join(sorted(due)) or 'nothing'}.",
        )
    former = [one for one in instance["acknowledged"] if one["code"] not in codes]
    new = [{"code": code, "by": caller.id, "at": now.isoformat(), "reason": reason} for code in sorted(set(codes))]
    instances.change(connection, instance_id, {"acknowledged": former + new})
    record(
        connection,
        "stairs.observation.acknowledged",
        actor_id=caller.id,
        actor_role=caller.actor_role,
        entity_type="test_instance",
        entity_id=str(instance_id),
        payload={"codes": sorted(set(codes)), "reason": reason},
    )
    return instances.load(connection, session_id, instance_id)


def _check_open(status: str) -> None:
    if status not in SETTLES:
        raise Conflict(f"The session is {status}; nothing was changed.", code="SESSION_CLOSED")
