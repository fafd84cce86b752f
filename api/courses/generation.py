"""Asking for drafts over HTTP: checked at once, done by the worker; `Prefer: wait=10` waits for it."""

import asyncio
import re
import time
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, TypeVar
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.responses import JSONResponse, Response
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool

from api.courses.access import DRAFTS, LOOKS
from api.courses.answers import items_told, job_told
from api.courses.schemas import DraftedTold, Jobs, JobTold, NewSyllabus, OfModule, Told
from api.deps import CallerDep, TenantId, TenantSession
from api.paging import By, Keyset, PageDep
from domain.courses.authoring.observe.drafts import Author
from domain.courses.authoring.observe.requests import ask_for_parts, ask_for_syllabus
from domain.courses.authoring.store import items, jobs
from domain.courses.authoring.store.jobs import Job
from domain.courses.content.text import CourseId
from domain.kernel.db import transaction
from domain.kernel.errors import Invalid, Unavailable
from domain.kernel.principal import Principal

router = APIRouter(prefix="/api/admin")
LONGEST_WAIT_S = 30
POLL_S = 0.2
ORDER = Keyset("generation jobs", By("created_at", datetime, descending=True), By("job_id", UUID, descending=True))
V = TypeVar("V")
Prefer = Annotated[
    str | None,
    Header(max_length=200, description="`wait=10` waits up to that many seconds.", examples=["wait=10"]),
]
DONE: dict[int | str, dict[str, Any]] = {
    201: {"model": DraftedTold, "description": "Done while the caller waited (`Prefer: wait=N`)."},
    202: {"model": JobTold, "description": "Queued; `Location` is the job's address."},
}


async def _course(syllabus_id: CourseId, request: Request, tenant_id: TenantId, caller: CallerDep) -> None:
    """Whether there is such a course; asked before the body is judged, and closed before anybody waits."""

    def look() -> None:
        with transaction(tenant_id, actor=caller.id) as connection:
            items.load_item(connection, syllabus_id, ("SYLLABUS",))

    async with request.app.state.sessions:
        await run_in_threadpool(look)


OF_COURSE = [DRAFTS, Depends(_course)]


@router.post("/syllabi", status_code=202, dependencies=[DRAFTS], responses=DONE, summary="Ask for a syllabus")
async def new_syllabus(
    body: NewSyllabus, request: Request, tenant_id: TenantId, caller: CallerDep, prefer: Prefer = None
) -> Response:
    """From the seven inputs a draft of the course's map; a reviewer approves it before anything else is drafted."""
    return await _asked(
        request,
        tenant_id,
        caller,
        prefer,
        lambda connection: ask_for_syllabus(connection, _author(caller), body.request, body.syllabus_id),
    )


def _author(caller: Principal) -> Author:
    return Author(caller.id, caller.actor_role)


def _route_of(kind: str, path: str, summary: str, says: str) -> None:
    """Ask for one kind of a module's parts; the three routes differ in nothing else."""

    async def asked(
        syllabus_id: CourseId,
        body: OfModule,
        request: Request,
        tenant_id: TenantId,
        caller: CallerDep,
        prefer: Prefer = None,
    ) -> Response:
        def ask(connection: Connection) -> Job:
            return ask_for_parts(connection, _author(caller), syllabus_id, kind, body.module_id)

        return await _asked(request, tenant_id, caller, prefer, ask)

    asked.__name__ = path
    router.post(
        f"/syllabi/{{syllabus_id}}/{path}:generate",
        status_code=202,
        dependencies=OF_COURSE,
        responses=DONE,
        summary=summary,
        description=says,
    )(asked)


_route_of(
    "LESSON",
    "lessons",
    "Ask for a module's lessons",
    "Exactly those that the approved syllabus plans. Approved lessons are left alone.",
)
_route_of("QUIZ", "quizzes", "Ask for a module's quizzes", "One for each quiz hook of the approved syllabus.")
_route_of("PROJECT", "projects", "Ask for a module's project", "Where the approved syllabus has a project hook.")


@router.get("/generation-jobs", dependencies=[LOOKS], summary="Generation jobs, the newest first")
def listed(
    connection: TenantSession,
    page: PageDep,
    syllabus_id: Annotated[str | None, Query(alias="syllabusId", max_length=64)] = None,
    status: Annotated[str | None, Query(max_length=20)] = None,
) -> Jobs:
    """Of one course, or in one state, where asked."""
    before: Any = None if page.cursor is None else tuple(ORDER.read(page.cursor))
    found = jobs.listed(connection, page.limit + 1, syllabus_id=syllabus_id, status=status, before=before)
    shown = found[: page.limit]
    more = ORDER.write(vars(shown[-1])) if len(found) > page.limit else None
    return Jobs(jobs=[job_told(one) for one in shown], next_cursor=more)


@router.get("/generation-jobs/{job_id}", dependencies=[LOOKS], summary="One generation job")
def one(job_id: UUID, connection: TenantSession) -> JobTold:
    """How far it is, what it drafted, or why it drafted nothing."""
    return job_told(jobs.load_job(connection, job_id))


async def _asked(
    request: Request, tenant_id: str, caller: Principal, prefer: str | None, ask: Callable[[Connection], Job]
) -> Response:
    """Queue the job in a transaction of its own, so that the worker sees it, then wait for it as long as preferred."""

    async def within(what: Callable[[Connection], V]) -> V:
        def call() -> V:
            with transaction(tenant_id, actor=caller.id) as connection:
                return what(connection)

        async with request.app.state.sessions:
            return await run_in_threadpool(call)

    job = await within(ask)
    job_id = job.job_id
    deadline = time.monotonic() + _wait_s(prefer)
    while job.status in {"QUEUED", "RUNNING"} and time.monotonic() < deadline:
        await asyncio.sleep(POLL_S)
        job = await within(lambda connection: jobs.load_job(connection, job_id))
    told = job_told(job)
    if job.status == "FAILED":
        raise _refused(job)
    if job.status != "COMPLETED":
        return _answer(202, told, told.url, prefer)
    drafted = await within(lambda connection: _drafted(connection, job))
    named = job.syllabus_id if job.kind == "SYLLABUS" else None
    return _answer(201, drafted, f"/api/admin/syllabi/{named}" if named else told.url, prefer)


def _drafted(connection: Connection, job: Job) -> DraftedTold:
    ids = [one["itemId"] for one in (job.made or {}).get("items", [])]
    found = [items.load_item(connection, one) for one in ids]
    return DraftedTold(job=job_told(job), items=items_told(connection, found))


def _refused(job: Job) -> Invalid | Unavailable:
    said = job.error or {}
    family = Unavailable if said.get("code") in {"UNAVAILABLE", "WORKER_LOST", "INTERNAL"} else Invalid
    return family(
        str(said.get("message", "Nothing was drafted.")),
        hint=f"The job is /api/admin/generation-jobs/{job.job_id}; nothing was stored.",
        code=str(said.get("code", "GENERATION_INVALID")),
        errors=list(said.get("errors", [])),
    )


def _answer(status: int, told: Told, location: str, prefer: str | None) -> JSONResponse:
    headers = {"Location": location}
    if _wait_s(prefer):
        headers["Preference-Applied"] = f"wait={_wait_s(prefer)}"
    return JSONResponse(told.model_dump(mode="json", by_alias=True), status, headers=headers)


def _wait_s(prefer: str | None) -> int:
    found = re.search(r"(?:^|[,;\s])wait=([0-9]{1,4})(?:$|[,;\s])", prefer or "")
    return min(int(found[1]), LONGEST_WAIT_S) if found else 0
