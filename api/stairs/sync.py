"""What phones carry: the bundle to walk from without a signal, and what they bring back."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Header, Response
from pydantic import ValidationError
from sqlalchemy import Connection
from sqlalchemy.exc import DataError, IntegrityError

from api.deps import CallerDep, TenantSession, allow, body_limit
from api.errors import MAX_FIELD_ERRORS
from api.stairs.access import LOOKS
from api.stairs.answers import instance_told, plain
from api.stairs.schemas import Settled, Submitted, Sync
from api.stairs.sessions import TESTS, WALKS
from domain.kernel.clock import utc_now
from domain.kernel.errors import Conflict, CountersignError
from domain.kernel.logs import logger
from domain.kernel.principal import Principal
from domain.stairs.observe.bundle import bundle
from domain.stairs.observe.conflicts import settle
from domain.stairs.observe.results import take_result
from domain.stairs.store import sessions, submissions
from domain.stairs.suggest.handing_in import proposed_anew

log = logger("api.stairs")
router = APIRouter(prefix="/tests/sessions/{session_id}")
REVIEWS = allow(roles={"REVIEWER", "MANAGER", "ADMIN", "TENANT_OWNER"})


@router.get("/bundle", dependencies=[LOOKS], summary="All that a device needs to walk the session without a signal")
def get_bundle(
    session_id: UUID,
    connection: TenantSession,
    caller: CallerDep,
    response: Response,
    if_none_match: Annotated[str | None, Header(max_length=200)] = None,
) -> Any:
    """`ETag` is the hash of the manifest; with `If-None-Match` an unchanged bundle answers 304."""
    made = bundle(connection, session_id, utc_now(), is_walked_from=bool(caller.roles & WALKS))
    etag = f'"{made["bundle_hash"]}"'
    if if_none_match in (etag, "*"):
        return Response(status_code=304, headers={"ETag": etag})
    response.headers["ETag"] = etag
    return made


@router.post("/sync", dependencies=[TESTS, body_limit(32 * 1024 * 1024)], summary="Bring back what was collected")
def sync(session_id: UUID, body: Sync, connection: TenantSession, caller: CallerDep) -> dict[str, Any]:
    """Each result by itself: one that is malformed keeps none of the others back. Sending again is harmless."""
    now = utc_now()
    sessions.load(connection, session_id)
    told = [_one(connection, caller, session_id, given, body, now) for given in body.submissions]
    counts = {
        outcome: sum(one["outcome"] == outcome for one in told)
        for outcome in ("accepted", "duplicate", "conflict", "locked", "invalid")
    }
    return {"session_id": str(session_id), "counts": counts, "results": told, "received_at": now.isoformat()}


@router.get("/conflicts", dependencies=[LOOKS], summary="Results that contradict what stands")
def conflicts(session_id: UUID, connection: TenantSession, include_settled: bool = False) -> dict[str, Any]:
    """Oldest first; each with the payload as it came."""
    found = submissions.conflicts(connection, session_id, open_only=not include_settled)
    return {"rows": [plain(vars(one)) for one in found]}


@router.post("/conflicts/{submission_id}/settle", dependencies=[REVIEWS], summary="Decide which result counts")
def settle_one(
    session_id: UUID, submission_id: UUID, body: Settled, connection: TenantSession, caller: CallerDep
) -> dict[str, Any]:
    """Both stay on record; with `took_this` the later one is judged and stands from then on."""
    row = settle(
        connection, caller, session_id, submission_id, resolution=body.resolution, reason=body.reason, now=utc_now()
    )
    proposed_anew(connection, session_id)
    return instance_told(row) | {"submission_id": str(submission_id), "resolution": body.resolution}


def _one(
    connection: Connection, caller: Principal, session_id: UUID, given: dict[str, Any], body: Sync, now: datetime
) -> dict[str, Any]:
    """One result in a transaction within the transaction."""
    named = {name: _id(given.get(name)) for name in ("submission_id", "instance_id")}
    try:
        result = Submitted.model_validate(given)
        with connection.begin_nested():
            taken = take_result(
                connection,
                caller,
                session_id,
                result.instance_id,
                result.submission_id,
                result.payload(),
                now=now,
                bundle_hash=body.bundle_hash,
                device_clock=body.device_clock,
            )
    except ValidationError as cause:
        errors = [
            {"field": _shown(".".join(map(str, one["loc"]))), "message": _shown(one["msg"])}
            for one in cause.errors(include_url=False, include_input=False, include_context=False)[:MAX_FIELD_ERRORS]
        ]
        return named | {"outcome": "invalid", "code": "RESULT_MALFORMED", "errors": errors}
    except CountersignError as error:
        outcome = "locked" if isinstance(error, Conflict) and error.code == "SESSION_CLOSED" else "invalid"
        return named | {"outcome": outcome, "code": error.code, "detail": error.detail, "hint": error.hint}
    except (DataError, IntegrityError) as error:
        log.warning("sync.refused_by_database", session_id=str(session_id), reason=type(error).__name__, exc_info=error)
        detail = "The result cannot be stored as it is; nothing of it was kept."
        return named | {"outcome": "invalid", "code": "RESULT_MALFORMED", "detail": detail, "hint": "Send it anew."}
    return named | {"outcome": taken.outcome, "detail": taken.detail} | instance_told(taken.instance)


def _id(given: Any) -> str | None:
    """The id as it came, so that the device finds its result again; None where it is none."""
    try:
        UUID(given)
    except (ValueError, TypeError, AttributeError):
        return None
    return str(given)


def _shown(text: str) -> str:
    """Text that every encoding takes, and no longer than an answer should be."""
    return text[:200] if text.isprintable() else text[:200].encode("ascii", "backslashreplace").decode()
