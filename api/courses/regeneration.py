"""Regeneration over HTTP: jobs to be looked at and triggered, outputs to be adopted, retries with a reason.

Nothing here makes content: the worker does, where a person has triggered it.
"""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import Response

from api.courses.advice_schemas import (
    Adopt,
    Adopted,
    ExecutedIntent,
    ExecuteIntent,
    Intents,
    IntentTold,
    JobDetail,
    JobRow,
    Jobs,
    NewIntent,
    NewJob,
    OutputTold,
    RejectIntent,
    TriggeredJob,
    TriggerJob,
)
from api.courses.regenerating import (
    ACTING,
    ADOPTING,
    LOOKS,
    adopt,
    detail_told,
    execute,
    intent_told,
    output_told,
    reject,
    row_told,
    trigger,
)
from api.deps import CallerDep, TenantSession
from api.kernel.acting import ActingDep
from api.paging import By, Keyset, PageDep
from domain.courses.regeneration.observe.requests import ask_for_job, intend_retry
from domain.courses.regeneration.store import intents, jobs, outputs
from domain.kernel.errors import NotFound

router = APIRouter(prefix="/api/admin", tags=["Courses: regeneration"])
ORDER = Keyset("regeneration jobs", By("created_at", datetime, descending=True), By("job_id", UUID, descending=True))


@router.post(
    "/suggestions/{suggestion_id}/regeneration-jobs",
    dependencies=[ACTING],
    status_code=201,
    summary="Ask for content to be made anew",
)
def ask(
    response: Response,
    connection: TenantSession,
    caller: CallerDep,
    suggestion_id: UUID,
    body: NewJob | None = None,
) -> JobRow:
    """A job for an accepted suggestion, one for each. It waits for a person's trigger and runs by nothing else."""
    job = ask_for_job(connection, caller, suggestion_id, (body or NewJob()).note)
    response.headers["Location"] = f"/api/admin/regeneration-jobs/{job.job_id}"
    return row_told(job)


@router.get("/regeneration-jobs", dependencies=[LOOKS], summary="Regeneration jobs, the newest first")
def listed(
    connection: TenantSession,
    page: PageDep,
    status: Annotated[str | None, Query(pattern="^(PENDING|TRIGGERED|RUNNING|COMPLETED|FAILED)$")] = None,
    course_id: Annotated[str | None, Query(alias="courseId", max_length=100)] = None,
) -> Jobs:
    """Neither instruction nor output stands in the list."""
    after = ORDER.after(page)
    found = jobs.listed(
        connection,
        beyond=after.condition,
        order=after.order,
        values=after.values,
        limit=page.limit + 1,
        status=status,
        course_id=course_id,
    )
    shown = found[: page.limit]
    more = ORDER.write(vars(shown[-1])) if len(found) > page.limit else None
    return Jobs(jobs=[row_told(one) for one in shown], next_cursor=more)


@router.get("/regeneration-jobs/{job_id}", dependencies=[LOOKS], summary="One regeneration job")
def one(act: ActingDep, job_id: UUID) -> JobDetail:
    """Its instruction, how it stands, what it brought or why it failed, and what it follows from."""
    return detail_told(act, jobs.load(act.connection, job_id))


@router.post("/regeneration-jobs/{job_id}/trigger", dependencies=[ACTING], summary="Trigger a regeneration job")
def triggered(act: ActingDep, job_id: UUID, body: TriggerJob | None = None) -> TriggeredJob:
    """The person's countersignature on the instruction. The worker carries it out; nothing is made here."""
    said = body or TriggerJob()
    job, signed = trigger(act, job_id, said.rationale, said.content_hash)
    return TriggeredJob(**row_told(job).model_dump(), countersignature_id=signed.countersignature_id)


@router.get("/regeneration-jobs/{job_id}/retry-intents", dependencies=[LOOKS], summary="A job's retry intents")
def intents_of_job(connection: TenantSession, job_id: UUID) -> Intents:
    """Why people wanted it tried again, the newest first."""
    jobs.load(connection, job_id)
    return Intents(retry_intents=[intent_told(one) for one in intents.of_job(connection, job_id)])


@router.get("/regeneration-outputs/{output_id}", dependencies=[LOOKS], summary="What a job brought")
def output(act: ActingDep, output_id: UUID) -> OutputTold:
    """Each part beside the approved revision that stands, with the differences."""
    return output_told(act, outputs.load(act.connection, output_id))


@router.post("/regeneration-outputs/{output_id}/adopt", dependencies=[ADOPTING], summary="Adopt an output")
def adopted(act: ActingDep, output_id: UUID, body: Adopt | None = None) -> Adopted:
    """Its parts become drafts in the caller's name, origin REGENERATION; another person approves them."""
    said = body or Adopt()
    done, signed = adopt(act, output_id, said.note, said.content_hash)
    return Adopted(
        id=output_id, job_id=done.job_id, made=done.adoption or [], countersignature_id=signed.countersignature_id
    )


@router.post("/retry-intents", dependencies=[ACTING], status_code=201, summary="Give a reason to try a job again")
def intend(response: Response, connection: TenantSession, caller: CallerDep, body: NewIntent) -> IntentTold:
    """Of a failed job alone, one at a time. It is executed or rejected afterwards."""
    made = intend_retry(connection, caller, body.source_job_id, body.reason_code, body.reason_text.strip())
    response.headers["Location"] = f"/api/admin/retry-intents/{made.intent_id}"
    return intent_told(made)


@router.get("/retry-intents", dependencies=[LOOKS], summary="The retry intents of a job")
def intents_for(connection: TenantSession, job_id: Annotated[UUID, Query(alias="jobId")]) -> Intents:
    """Why people wanted it tried again, the newest first."""
    jobs.load(connection, job_id)
    return Intents(retry_intents=[intent_told(one) for one in intents.of_job(connection, job_id)])


@router.get("/retry-intents/{intent_id}", dependencies=[LOOKS], summary="One retry intent")
def intent(connection: TenantSession, intent_id: UUID) -> IntentTold:
    """Its reason, and what became of it."""
    return intent_told(intents.load(connection, intent_id))


@router.post("/retry-intents/{intent_id}/execute", dependencies=[ACTING], status_code=201, summary="Try a job again")
def executed(act: ActingDep, response: Response, intent_id: UUID, body: ExecuteIntent | None = None) -> ExecutedIntent:
    """Consumes the intent and makes a new job, which waits for its own trigger; the failed one stays as it is."""
    said = body or ExecuteIntent()
    done, signed = execute(act, intent_id, said.instruction_patch, said.note)
    if done.job_id is None:
        raise NotFound("No job came of it.")
    response.headers["Location"] = f"/api/admin/regeneration-jobs/{done.job_id}"
    return ExecutedIntent(
        retry_intent=intent_told(done),
        job=row_told(jobs.load(act.connection, done.job_id)),
        countersignature_id=signed.countersignature_id,
    )


@router.post("/retry-intents/{intent_id}/reject", dependencies=[ACTING], summary="Do not try a job again")
def rejected(act: ActingDep, intent_id: UUID, body: RejectIntent) -> IntentTold:
    """With the reason. Another reason is another intent."""
    done, _ = reject(act, intent_id, body.reason.strip())
    return intent_told(done)
