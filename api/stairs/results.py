"""Results over HTTP: begin, test, skip, give up, test again; and every verdict that was given."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from api.deps import CallerDep, TenantSession, allow
from api.errors import problem
from api.stairs.access import LOOKS
from api.stairs.answers import instance_told, plain
from api.stairs.schemas import Acknowledged, Result, WithReason
from api.stairs.sessions import TESTS
from api.stairs.sync import REVIEWS
from domain.kernel.canonical import new_id
from domain.kernel.clock import utc_now
from domain.stairs.observe import results, sessions
from domain.stairs.observe.conflicts import acknowledge
from domain.stairs.observe.replay import replayed
from domain.stairs.store import evaluations, faults, instances

router = APIRouter()
INSTANCE = "/tests/sessions/{session_id}/instances/{instance_id}"
AUDITS = allow(roles={"AUDITOR", "REVIEWER", "MANAGER", "ADMIN", "TENANT_OWNER"}, scopes={"stairs:read"})


@router.get(INSTANCE, dependencies=[LOOKS], summary="One instance: what is to be tested and what came of it")
def one(session_id: UUID, instance_id: UUID, connection: TenantSession) -> dict[str, Any]:
    """With instructions, warnings and prompts."""
    return plain(instances.load(connection, session_id, instance_id))


@router.post(INSTANCE + "/start", dependencies=[TESTS], summary="Begin a test")
def start(session_id: UUID, instance_id: UUID, connection: TenantSession, caller: CallerDep) -> dict[str, Any]:
    """From then on it is in progress."""
    return instance_told(results.step(connection, caller, session_id, instance_id, "in_progress", now=utc_now()))


@router.post(INSTANCE + "/skip", dependencies=[TESTS], summary="Leave a test out, with its reason")
def skip(
    session_id: UUID, instance_id: UUID, body: WithReason, connection: TenantSession, caller: CallerDep
) -> dict[str, Any]:
    """Final; the report shows it with the reason."""
    return instance_told(
        results.step(connection, caller, session_id, instance_id, "skipped", now=utc_now(), reason=body.reason)
    )


@router.post(INSTANCE + "/fail", dependencies=[TESTS], summary="Say that a test could not be carried out")
def fail(
    session_id: UUID, instance_id: UUID, body: WithReason, connection: TenantSession, caller: CallerDep
) -> dict[str, Any]:
    """It can be tried again. A value that does not comply is no failure of the test: send it as a result."""
    return instance_told(
        results.step(connection, caller, session_id, instance_id, "failed", now=utc_now(), reason=body.reason)
    )


@router.post(INSTANCE + "/retry", dependencies=[TESTS], summary="Put a test that could not be carried out back")
def retry(session_id: UUID, instance_id: UUID, connection: TenantSession, caller: CallerDep) -> dict[str, Any]:
    """From failed to pending."""
    return instance_told(results.step(connection, caller, session_id, instance_id, "pending", now=utc_now()))


@router.post(INSTANCE + "/retest", status_code=201, dependencies=[TESTS], summary="Add a test of the same place")
def retest(session_id: UUID, instance_id: UUID, connection: TenantSession, caller: CallerDep) -> dict[str, Any]:
    """After a repair; the first result stays."""
    return {"instance_id": str(sessions.retest(connection, caller, session_id, instance_id))}


@router.post(
    INSTANCE + "/results", dependencies=[TESTS], summary="Send a result; it is judged at once", response_model=None
)
def send(
    session_id: UUID, instance_id: UUID, body: Result, connection: TenantSession, caller: CallerDep
) -> dict[str, Any] | JSONResponse:
    """The verdict is the machine's and provisional: a reviewer countersigns it with the session.

    A second, different result for the same instance answers 409 and is kept for a reviewer; one for an approved
    session answers 409 and is kept apart.
    """
    taken = results.take_result(
        connection,
        caller,
        session_id,
        instance_id,
        body.submission_id or new_id(),
        body.payload(),
        now=utc_now(),
    )
    if taken.outcome in ("conflict", "locked"):
        code = {"conflict": "RESULT_CONFLICT", "locked": "SESSION_APPROVED"}[taken.outcome]
        return problem(409, code, taken.detail or "", hint="Nothing that stood was changed; what you sent is kept.")
    fault_id = taken.instance["fault_id"]
    return instance_told(taken.instance) | {
        "submission_id": str(taken.submission_id),
        "outcome": taken.outcome,
        "fault": None if fault_id is None else plain(faults.load(connection, fault_id)),
    }


@router.post(INSTANCE + "/acknowledge", dependencies=[REVIEWS], summary="Acknowledge observations of a verdict")
def acknowledge_observations(
    session_id: UUID, instance_id: UUID, body: Acknowledged, connection: TenantSession, caller: CallerDep
) -> dict[str, Any]:
    """Such as an uneven grid: no rule fails it, and no session is approved over it unseen."""
    row = acknowledge(connection, caller, session_id, instance_id, codes=body.codes, reason=body.reason, now=utc_now())
    return instance_told(row) | {"acknowledged": row["acknowledged"]}


@router.get(INSTANCE + "/evaluations", dependencies=[LOOKS], summary="Every verdict on an instance, in order")
def list_evaluations(session_id: UUID, instance_id: UUID, connection: TenantSession) -> dict[str, Any]:
    """With all that each was made from."""
    instances.load(connection, session_id, instance_id)
    return {"rows": [plain(vars(row)) for row in evaluations.of_instance(connection, instance_id)]}


@router.post("/evaluations/{evaluation_id}/replay", dependencies=[AUDITS], summary="Judge the same inputs again")
def replay(evaluation_id: UUID, connection: TenantSession) -> dict[str, Any]:
    """Compares the bytes of what comes out with those that were stored; stores nothing."""
    return replayed(evaluations.load(connection, evaluation_id))
