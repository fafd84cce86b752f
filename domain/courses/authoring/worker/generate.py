"""Generation jobs, carried out: claimed with a lease, drafted outside any transaction, stored at once or not at all.

A worker that dies leaves its job RUNNING until the lease ends; then `reap` ends it as FAILED, and whoever wants the
content asks again. One that was only slow finds its job ended and stores nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from prometheus_client import Counter
from sqlalchemy import Connection

from domain.courses.authoring.generation.author import Author, Prompt, RawAnswer
from domain.courses.authoring.generation.generate import (
    generate_lessons,
    generate_projects,
    generate_quizzes,
    generate_syllabus,
)
from domain.courses.authoring.observe import drafts
from domain.courses.authoring.observe.drafts import Draft
from domain.courses.authoring.rules.answers import Place
from domain.courses.authoring.rules.package import Frozen
from domain.courses.authoring.rules.shapes import slot_of
from domain.courses.authoring.store import assembly, items, jobs
from domain.courses.authoring.store.jobs import Job
from domain.courses.authoring.suggest.drafts import lay
from domain.courses.content.lesson import Lesson
from domain.courses.content.request import SyllabusRequest
from domain.courses.content.syllabus import Syllabus
from domain.courses.content.text import Document
from domain.kernel.db import transaction
from domain.kernel.errors import Conflict, CountersignError
from domain.kernel.gaps import note
from domain.kernel.lineage import enqueue
from domain.kernel.logs import logger
from domain.kernel.renewing import renewed
from domain.kernel.settings import DbRole

ACTOR = "system:generation"
LEASE = timedelta(minutes=15)
log = logger("courses.worker")
jobs_total = Counter("generation_jobs", "Generation jobs that ended.", ["kind", "status"])


@dataclass(frozen=True)
class Drafted:
    """What an author wrote for one job, and what was asked and answered."""

    contents: tuple[Document, ...]
    answer: RawAnswer
    prompt: Prompt
    syllabus: Frozen[Syllabus] | None


def work_one(tenant_id: str, author: Callable[[], Author], lease: timedelta = LEASE) -> Job | None:
    """Carry out the oldest job that waits in the tenant; answers how it ended, None where none waited."""
    with transaction(tenant_id, DbRole.MACHINE, actor=ACTOR) as connection:
        job = jobs.claim(connection, lease)
    if job is None:
        return None
    log.info("generation.claimed", job_id=str(job.job_id), kind=job.kind, course=job.syllabus_id)
    with renewed(lease, partial(_renew, tenant_id, job, lease), str(job.job_id)):
        _carry_out(tenant_id, job, author)
    with transaction(tenant_id, DbRole.MACHINE, actor=ACTOR) as connection:
        ended = jobs.load_job(connection, job.job_id)
    jobs_total.labels(ended.kind, ended.status).inc()
    log.info("generation.ended", job_id=str(job.job_id), status=ended.status)
    return ended


def reap(tenant_id: str) -> int:
    """End the tenant's jobs whose worker was lost; answers how many."""
    with transaction(tenant_id, DbRole.MACHINE, actor=ACTOR) as connection:
        lost = jobs.reap(connection)
        for job_id in lost:
            _tell(connection, jobs.load_job(connection, job_id))
    return len(lost)


def _carry_out(tenant_id: str, job: Job, author: Callable[[], Author]) -> None:
    try:
        drafted = _drafted(tenant_id, job, author())
        with transaction(tenant_id, DbRole.MACHINE, actor=ACTOR) as connection:
            _store(connection, job, drafted)
    except CountersignError as error:
        _failed(tenant_id, job, error.code, str(error), error.errors)
    except Exception as error:
        log.error("generation.failed", job_id=str(job.job_id), exc_info=error)
        _failed(tenant_id, job, "INTERNAL", f"The author failed: {type(error).__name__}.", [])


def _drafted(tenant_id: str, job: Job, author: Author) -> Drafted:
    """What the author writes. No transaction is open while it thinks."""
    if job.kind == "SYLLABUS":
        plan = generate_syllabus(SyllabusRequest.model_validate(job.request), author)
        return Drafted(plan.contents, plan.answer, plan.prompt, None)
    with transaction(tenant_id, DbRole.MACHINE, actor=ACTOR) as connection:
        source, lessons = _context(connection, job)
        asked = jobs.request_of(connection, job.syllabus_id)
    request = SyllabusRequest.model_validate(asked) if asked else None
    place = Place(source.content, job.syllabus_id, str(job.module_id))
    made: Any
    if job.kind == "LESSON":
        made = generate_lessons(place, author, request=request)
    else:
        made = (generate_quizzes if job.kind == "QUIZ" else generate_projects)(place, author, lessons, request=request)
    return Drafted(made.contents, made.answer, made.prompt, source)


def _context(connection: Connection, job: Job) -> tuple[Frozen[Syllabus], dict[str, Lesson]]:
    """The syllabus that was approved when the job was asked for, and what is there of its lessons."""
    revision = items.load_revision(connection, job.syllabus_id, job.syllabus_revision or 0)
    source = assembly.frozen(revision, Syllabus)
    lessons = {}
    for one in items.of_course(connection, job.syllabus_id):
        if one.kind == "LESSON":
            number = one.approved_revision or one.revision
            content = items.load_revision(connection, one.item_id, number).content
            lessons[one.slot] = Lesson.model_validate(content)
    planned = {lesson.id for lesson in source.content.lessons}
    return source, {name: lesson for name, lesson in lessons.items() if name in planned}


def _store(connection: Connection, job: Job, drafted: Drafted) -> None:
    """Revisions, answers, proposals and the job's end: all of it or nothing."""
    if not jobs.renew(connection, job, LEASE):
        raise Conflict("The job was ended while it was worked on; nothing was kept.", code="WORKER_LOST")
    author = drafts.Author(job.requested_by, "MACHINE")
    made, skipped = [], []
    for content in sorted(drafted.contents, key=lambda one: str(getattr(one, "id", ""))):
        draft = Draft(job.kind, job.syllabus_id, content, "GENERATED", drafted.syllabus, job.job_id)
        item_id = items.item_id_of(job.kind, job.syllabus_id, slot_of(content))
        items.hold(connection, job.kind, item_id)
        standing = items.find_item(connection, item_id)
        if standing is not None and standing.status == "APPROVED":
            # What a person has approved is not drafted over; to have it anew is to open it again.
            skipped.append(item_id)
            continue
        item_id, revision = drafts.add(connection, author, draft)
        lay(connection, items.load_item(connection, item_id))
        made.append({"itemId": item_id, "revision": revision})
    jobs.insert_answers(connection, job, [_answer(job, drafted)])
    if not jobs.complete(connection, job, {"items": made, "skipped": skipped}):
        raise Conflict("The job was ended while it was worked on; nothing was kept.", code="WORKER_LOST")
    _tell(connection, jobs.load_job(connection, job.job_id))
    enqueue(connection, ("courses", "content_revisions"), metadata={"drafted": len(made), "kind": job.kind})


def _answer(job: Job, drafted: Drafted) -> dict[str, Any]:
    said, prompt = drafted.answer, drafted.prompt
    return {
        "seq": 0,
        "slot": job.module_id or "syllabus",
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
        if jobs.fail(connection, job, {"code": code, "message": message, "errors": errors[:50]}):
            _tell(connection, jobs.load_job(connection, job.job_id))


def _tell(connection: Connection, job: Job) -> None:
    """How a job ended; the drafts have events of their own."""
    note(
        connection,
        "courses.generation.ended",
        actor_id=ACTOR,
        actor_role="MACHINE",
        entity_type="generation_job",
        entity_id=str(job.job_id),
        status="ok" if job.status == "COMPLETED" else "failed",
        payload={"kind": job.kind, "course": job.syllabus_id, "code": (job.error or {}).get("code")},
    )


def _renew(tenant_id: str, job: Job, lease: timedelta) -> bool:
    with transaction(tenant_id, DbRole.MACHINE, actor=ACTOR) as connection:
        return jobs.renew(connection, job, lease)
