"""Triggered jobs, carried out: claimed with a lease, made outside any transaction, stored at once or not at all.

A worker that dies leaves its job RUNNING until the lease ends; then `reap` ends it, forward only. One that was only
slow finds its job ended and stores nothing. Nothing here triggers, adopts or tries again: people do.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from prometheus_client import Counter, Histogram
from sqlalchemy import Connection

from domain.courses.authoring.generation.author import Author
from domain.courses.authoring.rules.shapes import part_problems, slot_of
from domain.courses.authoring.store import assembly, items
from domain.courses.authoring.store import jobs as drafting
from domain.courses.content.lesson import Lesson
from domain.courses.content.request import SyllabusRequest
from domain.courses.content.syllabus import Syllabus
from domain.courses.regeneration.execution.telling import ACTOR, tell_moved
from domain.courses.regeneration.executors.executor import ExecutionResult, Material, RegenerationExecutor
from domain.courses.regeneration.laid import lay_adoption
from domain.courses.regeneration.rules.instruction import target_of
from domain.courses.regeneration.store import jobs, outputs
from domain.courses.regeneration.store.jobs import Job
from domain.kernel import artifacts
from domain.kernel.db import transaction
from domain.kernel.errors import Conflict, CountersignError, Invalid
from domain.kernel.lineage import enqueue
from domain.kernel.logs import logger
from domain.kernel.objects.store import Store
from domain.kernel.renewing import renewed
from domain.kernel.settings import DbRole

LEASE = timedelta(minutes=15)
MOST_ERRORS = 50
log = logger("courses.regeneration")
jobs_ended = Counter(
    "regen_jobs_ended", "Regeneration jobs that this process ended; /metrics of the API counts all.", ["status"]
)
claim_latency = Histogram("regen_claim_latency_seconds", "From a job's trigger to its claim.")


@dataclass(frozen=True)
class Tools:
    """What a worker works with.

    Attributes:
        executors: by type of target.
        author: who writes.
        store: where outputs are kept.
        lease: how long a claim holds without being renewed.
    """

    executors: Mapping[str, RegenerationExecutor]
    author: Callable[[], Author]
    store: Callable[[], Store]
    lease: timedelta = LEASE


def work_one(tenant_id: str, tools: Tools, job_id: UUID | None = None) -> Job | None:
    """Carry out the named job, or the one that was triggered first; answers how it ended, None where none waited."""
    with transaction(tenant_id, DbRole.MACHINE, actor=ACTOR) as connection:
        claimed = jobs.claim(connection, tools.lease, job_id)
        if claimed is None:
            return None
        job, waited_s = claimed
        tell_moved(connection, job, "REGEN_JOB_LOCKED")
    claim_latency.observe(waited_s)
    log.info("regeneration.claimed", job_id=str(job.job_id), target=job.target_id, waited_s=round(waited_s, 3))
    with renewed(tools.lease, partial(_renew, tenant_id, job, tools.lease), str(job.job_id)):
        _carry_out(tenant_id, job, tools)
    with transaction(tenant_id, DbRole.MACHINE, actor=ACTOR) as connection:
        ended = jobs.load(connection, job.job_id)
    jobs_ended.labels(ended.status).inc()
    log.info("regeneration.ended", job_id=str(job.job_id), status=ended.status)
    return ended


def reap(tenant_id: str) -> int:
    """End the tenant's jobs whose worker was lost, forward only; answers how many."""
    with transaction(tenant_id, DbRole.MACHINE, actor=ACTOR) as connection:
        found = jobs.lost(connection)
        for job, ref in found:
            if ref is not None:
                jobs.complete(connection, job, ref)
            else:
                jobs.fail(connection, job, _error("WORKER_LOST", "The worker ended before the job did.", []))
            ended = jobs.load(connection, job.job_id)
            tell_moved(connection, ended, f"REGEN_JOB_{ended.status}")
            jobs_ended.labels(ended.status).inc()
    return len(found)


def _carry_out(tenant_id: str, job: Job, tools: Tools) -> None:
    try:
        result = _result(tenant_id, job, tools)
        with transaction(tenant_id, DbRole.MACHINE, actor=ACTOR) as connection:
            _store(connection, job, result, tools.store())
    except CountersignError as error:
        _failed(tenant_id, job, error.code, str(error), error.errors)
    except Exception as error:
        log.error("regeneration.failed", job_id=str(job.job_id), exc_info=error)
        _failed(tenant_id, job, "INTERNAL", f"The executor failed: {type(error).__name__}.", [])


def _result(tenant_id: str, job: Job, tools: Tools) -> ExecutionResult:
    """What the executor of the job's type makes. No transaction is open while it works."""
    executor = tools.executors.get(job.target_type)
    if executor is None:
        raise Invalid(f"Nobody makes a {job.target_type.lower()} anew in this version.", code="NO_EXECUTOR")
    instruction = job.instruction.content()
    with transaction(tenant_id, DbRole.MACHINE, actor=ACTOR) as connection:
        material = material_of(connection, instruction)
        tell_moved(connection, job, "REGEN_JOB_STARTED")
    result = executor.run(instruction, target_of(job.target_id), material, tools.author())
    _check(result, material, job)
    return result


def material_of(connection: Connection, instruction: Mapping[str, Any]) -> Material:
    """The syllabus that the instruction names, the lessons as they stand, and the learning intent.

    Raises:
        Conflict: SYLLABUS_CHANGED, the named revision is not the one that was seen.
    """
    course_id = instruction["courseId"]
    revision = items.load_revision(connection, course_id, int(instruction["syllabusRevision"]))
    if revision.content_hash != instruction["syllabusHash"]:
        raise Conflict("The syllabus is not the one that the instruction names.", code="SYLLABUS_CHANGED")
    lessons = {}
    for one in items.of_course(connection, course_id):
        if one.kind == "LESSON":
            number = one.approved_revision or one.revision
            lessons[one.slot] = Lesson.model_validate(items.load_revision(connection, one.item_id, number).content)
    asked = drafting.request_of(connection, course_id)
    request = SyllabusRequest.model_validate(asked) if asked else None
    return Material(assembly.frozen(revision, Syllabus), lessons, request)


def _check(result: ExecutionResult, material: Material, job: Job) -> None:
    """What was made belongs where the syllabus plans it.

    Raises:
        Invalid: CONTENT_DOES_NOT_FIT.
    """
    if not result.contents:
        raise Invalid("Nothing was made.", code="CONTENT_DOES_NOT_FIT")
    problems = [
        problem
        for content in result.contents
        for problem in part_problems(content, material.syllabus.content, job.syllabus_id)
    ]
    if problems:
        raise Invalid(
            "What was made does not fit the syllabus.",
            code="CONTENT_DOES_NOT_FIT",
            errors=[{"field": "content", "message": one} for one in problems[:MOST_ERRORS]],
        )


def _store(connection: Connection, job: Job, result: ExecutionResult, store: Store) -> None:
    """Bytes, output and the job's end: all of it or nothing, and only while the job is this worker's."""
    jobs.hold(connection, job)
    raw = outputs.bytes_of(job, [_part(job, result, content) for content in _ordered(result)])
    kept = artifacts.keep(
        connection,
        store,
        raw,
        kind=outputs.KIND,
        media_type="application/json",
        made_from={"job_id": str(job.job_id), "instruction_hash": job.instruction_hash},
        actor_id=ACTOR,
    )
    output_id, ref = outputs.insert(connection, job, raw, [_answer(result)], kept.artifact_id)
    if not jobs.complete(connection, job, ref):
        raise Conflict("The job was ended while it was worked on; nothing was kept.", code="WORKER_LOST")
    ended = jobs.load(connection, job.job_id)
    tell_moved(connection, ended, "REGEN_JOB_COMPLETED")
    lay_adoption(connection, outputs.load(connection, output_id), ended)
    enqueue(connection, ("courses", "regeneration_outputs"), metadata={"outputs": 1, "target": job.target_type})


def _ordered(result: ExecutionResult) -> list[Any]:
    return sorted(result.contents, key=lambda one: str(getattr(one, "id", "")))


def _part(job: Job, result: ExecutionResult, content: Any) -> dict[str, Any]:
    return {
        "kind": result.kind,
        "itemId": items.item_id_of(result.kind, job.syllabus_id, slot_of(content)),
        "content": content.model_dump(mode="json", by_alias=True),
    }


def _answer(result: ExecutionResult) -> dict[str, Any]:
    """What was asked and answered, word for word."""
    said, prompt = result.answer, result.prompt
    return {
        "provider": said.provider,
        "model": said.model,
        "seed": said.seed,
        "prompt_id": said.prompt_id,
        "prompt_sha256": said.prompt_sha256,
        "prompt_text": prompt.text,
        "raw_answer": said.text,
    }


def _failed(tenant_id: str, job: Job, code: str, message: str, errors: list[dict[str, Any]]) -> None:
    with transaction(tenant_id, DbRole.MACHINE, actor=ACTOR) as connection:
        if jobs.fail(connection, job, _error(code, message, errors)):
            tell_moved(connection, jobs.load(connection, job.job_id), "REGEN_JOB_FAILED")


def _error(code: str, message: str, errors: list[dict[str, Any]]) -> dict[str, Any]:
    return {"code": code, "message": message, "errors": errors[:MOST_ERRORS]}


def _renew(tenant_id: str, job: Job, lease: timedelta) -> bool:
    with transaction(tenant_id, DbRole.MACHINE, actor=ACTOR) as connection:
        return jobs.renew(connection, job, lease)
