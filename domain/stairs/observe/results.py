"""Observe: take in what a technician did at an instance. The first result counts; another one waits for a person."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from domain.kernel.canonical import content_hash
from domain.kernel.errors import Conflict, Invalid
from domain.kernel.events import record
from domain.kernel.principal import Principal
from domain.stairs.observe.judge import BUNDLE_STALE, check_readable, judge, measured_text
from domain.stairs.observe.sessions import open_session, started
from domain.stairs.rules.session_state import InstanceStatus, check_times, move_instance
from domain.stairs.store import bundles, evidence, instances, sessions, submissions
from domain.stairs.store.case_facts import instrument_exists
from domain.stairs.store.sessions import Session
from domain.stairs.store.submissions import Submission

MEASURED = ("value", "grid", "events", "interface", "measurement_position")
# How far ahead of the server's clock a device's may be.
CLOCK_SLACK = timedelta(minutes=5)


@dataclass(frozen=True)
class Taken:
    """What came of one submission. outcome: accepted, duplicate, conflict or locked."""

    outcome: str
    submission_id: uuid.UUID
    instance: dict[str, Any]
    detail: str | None = None


def take_result(
    connection: Connection,
    caller: Principal,
    session_id: uuid.UUID,
    instance_id: uuid.UUID,
    submission_id: uuid.UUID,
    payload: Mapping[str, Any],
    *,
    now: datetime,
    bundle_hash: str | None = None,
    device_clock: datetime | None = None,
) -> Taken:
    """Take one result in under the id that the device gave it.

    The same submission again is a duplicate and changes nothing. A different one for an instance that has a result is
    kept beside it as a conflict. One that comes after approval is kept apart and changes nothing.

    Args:
        connection: the caller's transaction.
        caller: who tested.
        session_id: of the session.
        instance_id: of the instance.
        submission_id: the device's id of the result; it makes sending again harmless.
        payload: the result as the device sent it: `tested_at`, one of value, grid, events and interface, and more.
        now: when it arrived.
        bundle_hash: of the bundle that the device worked from.
        device_clock: the device's clock when it sent.

    Raises:
        NotFound: no such session or instance.
        Invalid: the result is malformed, or CLOCK_ERROR, it says that it was taken in the future or before there was a
            bundle to work from; nothing is stored.
        Conflict: SESSION_CLOSED, the session is handed in or void; SUBMISSION_ID_USED.
    """
    session = sessions.load(connection, session_id, lock=True)
    instance = instances.load(connection, session_id, instance_id, lock=True)
    digest = content_hash({"instance_id": str(instance_id), "payload": dict(payload)})
    former = submissions.load(connection, submission_id)
    if former is not None:
        return _again(former, instance, digest)
    one = Submission(
        submission_id,
        session_id,
        instance_id,
        bundle_hash,
        dict(payload),
        digest,
        device_clock,
        _person(caller),
        now,
        "",
    )
    if session.status == "approved":
        return _kept_apart(connection, one, instance)
    if not session.is_open:
        open_session(connection, session_id)
    if bundle_hash is not None:
        _check_walked_from(connection, session_id, payload)
    if instance["status"] in ("completed", "skipped"):
        return _conflicting(connection, caller, session, one, instance)
    started(connection, caller, session_id, now)
    submissions.insert(connection, _with(one, "accepted"))
    stale = bundle_hash is not None and session.bundle_hash is not None and bundle_hash != session.bundle_hash
    carry_out(connection, caller, session, instance, payload, now=now, is_stale=stale)
    return Taken("accepted", submission_id, instances.load(connection, session_id, instance_id))


def carry_out(
    connection: Connection,
    caller: Principal,
    session: Session,
    instance: dict[str, Any],
    payload: Mapping[str, Any],
    *,
    now: datetime,
    is_stale: bool = False,
) -> dict[str, Any]:
    """Judge a result and write it to its instance; answer the validation result.

    Raises:
        Invalid: malformed, an instrument that is not there, or a clock that runs ahead.
    """
    values, submitted = _read(connection, caller, instance, payload, now)
    instances.change(connection, instance["instance_id"], values)
    flags = [BUNDLE_STALE] if is_stale else []
    told = judge(connection, session, instance | values, submitted, now, flags=flags)
    captured = [one["evidence_id"] for one in evidence.of_instance(connection, instance["instance_id"])]
    text = measured_text(submitted)
    columns = {"measured_value_text": text, "evidence_ids": captured}
    instances.change(connection, instance["instance_id"], columns)
    record(
        connection,
        "stairs.instance.tested",
        actor_id=caller.id,
        actor_role=caller.actor_role,
        entity_type="test_instance",
        entity_id=str(instance["instance_id"]),
        payload={"session_id": str(session.id), "verdict": told["verdict"], "evaluation_id": told["evaluation_id"]},
    )
    return told


def _read(
    connection: Connection, caller: Principal, instance: Mapping[str, Any], payload: Mapping[str, Any], now: datetime
) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a payload sets on its instance, and what of it is judged.

    Raises:
        Invalid: RESULT_MALFORMED, CLOCK_ERROR or UNKNOWN_INSTRUMENT.
    """
    tested_at = _tested_at(payload)
    if tested_at > now + CLOCK_SLACK:
        raise Invalid(
            f"The result says that it was taken at {tested_at.isoformat()}, which is yet to come; nothing was stored.",
            hint="Set the device's clock and send the result with the time at which it was taken.",
            code="CLOCK_ERROR",
        )
    used = payload.get("used_instrument_id")
    if used is not None and not instrument_exists(connection, uuid.UUID(str(used))):
        raise Invalid(
            "The instrument is not in the register, or is retired; nothing was stored.",
            hint="GET /api/v1/instruments lists those that can be used.",
            code="UNKNOWN_INSTRUMENT",
            errors=[{"field": "used_instrument_id", "message": "is not in the register"}],
        )
    began = _instant(payload.get("started_at")) or instance["started_at"] or tested_at
    ended = _instant(payload.get("completed_at")) or max(tested_at, began)
    check_times(began, ended)
    values = {
        "status": "completed",
        "started_at": began,
        "completed_at": ended,
        "tested_at": tested_at,
        "technician_id": _person(caller),
        "used_instrument_id": used,
        "notes": payload.get("notes"),
    }
    submitted = {name: payload.get(name) for name in MEASURED} | {
        "tested_at": tested_at.isoformat(),
        "started_at": began.isoformat(),
        "completed_at": ended.isoformat(),
        "submitted_at": now.isoformat(),
    }
    return values, submitted


def _check_walked_from(connection: Connection, session_id: uuid.UUID, payload: Mapping[str, Any]) -> None:
    """A device that works from a bundle has measured nothing before there was one."""
    tested_at, issued = _tested_at(payload), bundles.first_issued(connection, session_id)
    if issued is not None and tested_at < issued - CLOCK_SLACK:
        raise Invalid(
            f"The result says that it was taken at {tested_at.isoformat()}, before a bundle of the session was issued"
            f" ({issued.isoformat(timespec='seconds')}); nothing was stored.",
            hint="Set the device's clock and send the result with the time at which it was taken; what was written"
            " down without a device is sent without `bundle_hash`.",
            code="CLOCK_ERROR",
        )


def step(
    connection: Connection,
    caller: Principal,
    session_id: uuid.UUID,
    instance_id: uuid.UUID,
    to: InstanceStatus,
    *,
    now: datetime,
    reason: str | None = None,
) -> dict[str, Any]:
    """Start, skip or give up an instance, or put one that failed back; answer its row.

    Raises:
        Conflict: SESSION_CLOSED; INSTANCE_STATE, the step is not one that its state allows.
    """
    started(connection, caller, session_id, now)
    instance = instances.load(connection, session_id, instance_id, lock=True)
    move_instance(instance["status"], to)
    values: dict[str, Any] = {"status": to}
    if to == "in_progress":
        values |= {"started_at": now, "technician_id": _person(caller)}
    elif to == "pending":
        values |= {"started_at": None}
    if reason:
        values["notes"] = reason
    instances.change(connection, instance_id, values)
    record(
        connection,
        f"stairs.instance.{to}",
        actor_id=caller.id,
        actor_role=caller.actor_role,
        entity_type="test_instance",
        entity_id=str(instance_id),
        payload={"session_id": str(session_id), "reason": reason},
    )
    return instances.load(connection, session_id, instance_id)


def _again(former: Submission, instance: dict[str, Any], digest: str) -> Taken:
    if former.payload_sha256 != digest:
        raise Conflict(
            "Another result came under this submission_id before; nothing was changed.",
            hint="Give each result an id of its own.",
            code="SUBMISSION_ID_USED",
        )
    return Taken("duplicate", former.submission_id, instance, f"first answered with {former.outcome}")


def _kept_apart(connection: Connection, one: Submission, instance: dict[str, Any]) -> Taken:
    submissions.insert(connection, _with(one, "locked"))
    return Taken(
        "locked",
        one.submission_id,
        instance,
        "The session is approved. What came is kept apart; only an amendment can correct the session.",
    )


def _conflicting(
    connection: Connection, caller: Principal, session: Session, one: Submission, instance: dict[str, Any]
) -> Taken:
    """Keep it for a person, who could choose it: what cannot be judged is no result."""
    values, submitted = _read(connection, caller, instance, one.payload, one.received_at)
    check_readable(connection, session, instance | values, submitted)
    submissions.insert(connection, _with(one, "conflict"))
    record(
        connection,
        "stairs.submission.conflict",
        actor_id=caller.id,
        actor_role=caller.actor_role,
        entity_type="test_instance",
        entity_id=str(one.instance_id),
        payload={"session_id": str(session.id), "submission_id": str(one.submission_id)},
    )
    return Taken(
        "conflict",
        one.submission_id,
        instance,
        f"The instance is {instance['status']} already. Both are kept; a reviewer decides which counts.",
    )


def _with(one: Submission, outcome: str) -> Submission:
    return Submission(**{**vars(one), "outcome": outcome})


def _person(caller: Principal) -> uuid.UUID | None:
    return uuid.UUID(caller.id) if caller.is_person else None


def _tested_at(payload: Mapping[str, Any]) -> datetime:
    found = _instant(payload.get("tested_at"))
    if found is None:
        raise Invalid("A result needs `tested_at`, with offset; nothing was stored.", code="RESULT_MALFORMED")
    return found


def _instant(given: Any) -> datetime | None:
    if given is None:
        return None
    try:
        found = given if isinstance(given, datetime) else datetime.fromisoformat(str(given))
    except ValueError as cause:
        raise Invalid(f"{str(given)[:40]!r} is not a time.", code="RESULT_MALFORMED") from cause
    if found.utcoffset() is None:
        raise Invalid(
            f"{str(given)[:40]!r} has no offset, so that nobody can say which day it belongs to.",
            hint="Write it like 2026-02-03T14:05:00+11:00.",
            code="RESULT_MALFORMED",
        )
    return found
