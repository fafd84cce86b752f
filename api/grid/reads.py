"""Meter files over HTTP: upload one, look at what is loaded, fetch what was rejected and why."""

import re
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, File, Form, Query, Request, UploadFile
from fastapi.responses import FileResponse

from api.deps import CallerDep, TenantSession, allow, body_limit
from api.forms import refuse_more_than_one
from api.limits import Limit, spend
from domain.grid.metering.formats.parsed import FileMapping, column_pairs
from domain.grid.metering.observe.files import ingest_file
from domain.grid.metering.observe.rejects import rejects_path
from domain.grid.metering.store import cold, jobs, meters
from domain.grid.metering.store.batches import recent_batches
from domain.kernel.clock import FIRST_DAY, LAST_DAY, utc_now
from domain.kernel.errors import NotFound
from domain.kernel.objects.chosen import open_store
from domain.kernel.settings import settings
from domain.kernel.tenancy import load_tenant

router = APIRouter(prefix="/api/ami/reads", tags=["GridLens"])
WRITES = allow(roles={"OPERATOR", "ADMIN", "TENANT_OWNER"}, scopes={"ami:write"})
LOOKS = allow(roles={"OPERATOR", "ADMIN", "TENANT_OWNER", "MANAGER", "REVIEWER", "AUDITOR"}, scopes={"ami:read"})
# The gate's bound on a body; what a file may hold is a setting of the copy and judged by the parser.
MAX_BODY_BYTES = 512 * 1024 * 1024
# An archive is fetched and checked as a whole for each question.
ARCHIVED = Limit("ami.archived_reads", 60)


async def one_file(request: Request) -> None:
    """The framework would hand over the last of several files and drop the others without a word.

    Raises:
        Invalid: ONE_FILE, more than one was sent.
    """
    refuse_more_than_one((await request.form()).getlist("file"))


@router.post(
    "",
    dependencies=[WRITES, body_limit(MAX_BODY_BYTES), Depends(one_file)],
    summary="Upload a meter file: CSV, Parquet, NEM12 or Green Button",
)
def upload(
    caller: CallerDep,
    file: Annotated[UploadFile, File(description="The file; its format is found from its content.")],
    dry_run: Annotated[bool, Form(description="Check and report; store nothing.")] = False,
    zone: Annotated[str | None, Form(max_length=64, description="Zone of stamps without offset.")] = None,
    stamp: Annotated[Literal["start", "end"] | None, Form(description="What a single time column holds.")] = None,
    interval_minutes: Annotated[int | None, Form(description="Interval length, where stamps do not show it.")] = None,
    date_order: Annotated[Literal["dmy", "mdy"] | None, Form(description="Order of slashed dates.")] = None,
    meter_id: Annotated[str | None, Form(max_length=200, description="The meter of a file that names none.")] = None,
    column: Annotated[list[str] | None, Form(description="HEADER=NAME: read a column under our name.")] = None,
) -> dict[str, Any]:
    """Take the file in. A table that names feeders and no meters is the energy delivered at their heads.

    Rows that cannot be taken are left out and written to a rejects file that says why; a file that makes no sense as
    a whole stores nothing. The fields about the file are those of `countersign grid ingest`.
    """
    now = utc_now()
    name = Path(file.filename or "upload").name[:200]
    with jobs.job(caller.tenant_id, "upload", now) as job:
        result = ingest_file(
            caller.tenant_id,
            file.file,
            name,
            mode=settings().effective_write_mode,
            now=now,
            actor=caller.id,
            mapping=FileMapping(zone, stamp, interval_minutes, date_order, meter_id, column_pairs(column or [])),
            dry_run=dry_run,
        )
        job.counts = {key: value for key, value in result.counts.items() if isinstance(value, int)}
    answer = result.as_json()
    if result.rejects_path is not None:
        answer["rejects_url"] = f"/api/ami/reads/rejects/{result.sha256}"
    answer.pop("rejects_path")
    return answer


@router.get("/meters/{meter_id}", dependencies=[LOOKS], summary="A meter's reads of one local day, archived or not")
def of_meter(
    meter_id: str,
    connection: TenantSession,
    caller: CallerDep,
    day: Annotated[
        date, Query(description="The tenant's local date.", examples=["2026-03-01"], ge=FIRST_DAY, le=LAST_DAY)
    ],
) -> dict[str, Any]:
    """The reads in time order, with `archive` null where they are in the database.

    A day whose reads were archived is answered from its file, checked against its SHA-256, with the values that the
    database had.

    Raises:
        NotFound: the tenant has no such meter; OBJECT_MISSING, the archive is lost.
        Conflict: OBJECT_DAMAGED, the archive is not what was kept.
    """
    if meters.meter(connection, meter_id) is None:
        raise NotFound("There is no meter with this id.", hint="/grid/network lists the meters' feeders.")
    tenant = load_tenant(connection)
    archived = cold.cold_day(connection, tenant, day)
    if archived is not None:
        spend(caller, ARCHIVED)
    rows = list(cold.reads_of_day(connection, open_store, tenant, day, meter_id))
    lies = (
        None if archived is None else {"artifact_id": archived.artifact.artifact_id, "sha256": archived.artifact.sha256}
    )
    return {"status": "ok", "counts": {"reads": len(rows)}, "day": day, "archive": lies, "rows": rows}


@router.get("/batches", dependencies=[LOOKS], summary="What was loaded, newest first")
def batches(
    connection: TenantSession,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    cursor: Annotated[str | None, Query(max_length=150)] = None,
) -> dict[str, Any]:
    """One row a batch: source, window, write mode and counts; `next_cursor` goes on where this page ends."""
    rows, following = recent_batches(connection, limit, cursor)
    return {"status": "ok", "counts": {"batches": len(rows)}, "rows": rows, "next_cursor": following}


@router.get("/rejects/{sha256}", dependencies=[LOOKS], summary="The rejected rows of a file, with reasons")
def rejects(sha256: str, caller: CallerDep) -> FileResponse:
    """The rejects of the file with this SHA-256, as CSV.

    Raises:
        NotFound: no rows of such a file were rejected for this tenant.
    """
    found = rejects_path(caller.tenant_id, sha256) if re.fullmatch(r"[0-9a-f]{64}", sha256) else None
    if found is None or not found.exists():
        raise NotFound("There are no rejects of such a file.", hint="Upload the file again to see what is rejected.")
    return FileResponse(found, media_type="text/csv", filename=found.name)
