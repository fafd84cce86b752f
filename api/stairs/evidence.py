"""Evidence over HTTP: register a capture, send its bytes in one piece or in many, ask how many have arrived."""

import re
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, BackgroundTasks, Header, Request, Response
from fastapi.concurrency import run_in_threadpool
from sqlalchemy import Connection

from api.deps import CallerDep, TenantSession, body_limit
from api.stairs.access import LOOKS
from api.stairs.answers import plain
from api.stairs.schemas import NewEvidence
from api.stairs.sessions import TESTS
from domain.kernel.clock import utc_now
from domain.kernel.devices import is_within
from domain.kernel.errors import Invalid, NotFound
from domain.kernel.objects.chosen import open_store
from domain.kernel.principal import Principal
from domain.stairs.observe.evidence import LARGEST_BYTES, add_bytes, forget_pieces, received, register
from domain.stairs.store import evidence
from domain.stairs.suggest.handing_in import proposed_anew

router = APIRouter()
CONTENT_RANGE = re.compile(r"bytes (\d{1,12})-(\d{1,12})/(\d{1,12})", re.ASCII)


@router.post(
    "/tests/sessions/{session_id}/instances/{instance_id}/evidence",
    status_code=201,
    dependencies=[TESTS],
    summary="Register a capture; its bytes follow",
)
def add(
    session_id: UUID, instance_id: UUID, body: NewEvidence, connection: TenantSession, caller: CallerDep
) -> dict[str, Any]:
    """The same evidence_id again changes nothing."""
    told = body.model_dump(exclude={"prompt"})
    told["metadata"] = dict(body.metadata or {}) | ({} if body.prompt is None else {"prompt": body.prompt})
    row = register(connection, caller, session_id, instance_id, told, utc_now())
    return plain(row, "session_status") | {"received_bytes": received(caller.tenant_id, row)}


@router.get("/evidence/{evidence_id}", dependencies=[LOOKS], summary="One capture, and how many bytes have arrived")
def one(evidence_id: UUID, connection: TenantSession, caller: CallerDep) -> dict[str, Any]:
    """`received_bytes` is where a device goes on."""
    row = _of_caller(connection, caller, evidence_id)
    return plain(row, "session_status") | {"received_bytes": received(caller.tenant_id, row)}


@router.put(
    "/evidence/{evidence_id}/content",
    dependencies=[TESTS, body_limit(LARGEST_BYTES)],
    summary="Send the bytes, whole or from where the last piece ended",
    openapi_extra={"requestBody": {"content": {"application/octet-stream": {"schema": {"format": "binary"}}}}},
)
async def put_content(
    evidence_id: UUID,
    request: Request,
    response: Response,
    afterwards: BackgroundTasks,
    connection: TenantSession,
    caller: CallerDep,
    content_range: Annotated[str | None, Header(max_length=100)] = None,
) -> dict[str, Any]:
    """`Content-Range: bytes FIRST-LAST/TOTAL` sends a piece and answers 202 until all have arrived.

    The server takes the SHA-256 of what arrived; other bytes than those declared are refused and thrown away.
    """
    data = await request.body()
    offset, total = _range(content_range, len(data))
    # In a thread: whoever holds the session commits through the loop that would wait here.
    row = await run_in_threadpool(_take_in, connection, caller, evidence_id, data, offset, total)
    is_whole = row["uploaded_at"] is not None
    response.status_code = 200 if is_whole else 202
    if is_whole:
        # Not before the transaction stands: a copy that is killed in between still has the pieces.
        afterwards.add_task(forget_pieces, caller.tenant_id, evidence_id)
    return plain(row, "session_status") | {"received_bytes": received(caller.tenant_id, row), "total_bytes": total}


def _of_caller(connection: Connection, caller: Principal, evidence_id: UUID) -> dict[str, Any]:
    """The capture; a device that was handed another session does not see it."""
    row = evidence.load(connection, evidence_id)
    if not is_within(caller, f"tests/sessions/{row['session_id']}"):
        raise NotFound("There is no such capture.")
    return row


def _take_in(
    connection: Connection, caller: Principal, evidence_id: UUID, data: bytes, offset: int, total: int
) -> dict[str, Any]:
    _of_caller(connection, caller, evidence_id)
    row = add_bytes(connection, open_store(), caller, evidence_id, data, offset=offset, total=total, now=utc_now())
    if row["uploaded_at"] is not None:
        proposed_anew(connection, row["session_id"])
    return row


def _range(header: str | None, size: int) -> tuple[int, int]:
    if header is None:
        return 0, size
    match = CONTENT_RANGE.fullmatch(header.strip())
    if match is None:
        raise Invalid(f"{header!r} is no range.", hint="Write it like `Content-Range: bytes 0-1048575/4194304`.")
    first, last, total = map(int, match.groups())
    if last < first or last - first + 1 != size or last >= total:
        raise Invalid(
            f"The range names {last - first + 1} of {total} bytes, {size} came; nothing was kept.",
            hint="Name the piece that is sent.",
        )
    return first, total
