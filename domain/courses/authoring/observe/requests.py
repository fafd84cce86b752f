"""What people ask to be drafted: checked at once, queued for the worker. Nothing is generated here."""

import uuid
from collections.abc import Mapping

from sqlalchemy import Connection

from domain.courses.authoring.observe.drafts import Author
from domain.courses.authoring.store import items, jobs
from domain.courses.authoring.store.assembly import approved_syllabus, planned_slots
from domain.courses.authoring.store.jobs import Job
from domain.courses.content.request import SyllabusRequest
from domain.kernel.canonical import new_id
from domain.kernel.errors import Conflict, Invalid
from domain.kernel.gaps import note

PLANNED: Mapping[str, str] = {"LESSON": "lessons", "QUIZ": "quizzes", "PROJECT": "projects"}


def ask_for_syllabus(
    connection: Connection, author: Author, request: SyllabusRequest, syllabus_id: str | None = None
) -> Job:
    """Queue the drafting of a course's map; without an id the course gets one.

    Raises:
        Conflict: COURSE_EXISTS, the id is taken or being drafted.
    """
    named = syllabus_id or str(new_id())
    items.hold(connection, "SYLLABUS", named)
    if items.find_item(connection, named) or jobs.open_for(connection, named, "SYLLABUS"):
        raise Conflict(
            f"There is a course {named} already; nothing was asked for.",
            hint="Choose another syllabusId, or edit the draft of that course.",
            code="COURSE_EXISTS",
        )
    job = jobs.insert_job(connection, "SYLLABUS", named, request.model_dump(mode="json", by_alias=True), author.id)
    _tell(connection, author, job)
    return job


def ask_for_parts(connection: Connection, author: Author, syllabus_id: str, kind: str, module_id: str) -> Job:
    """Queue the drafting of a module's lessons, quizzes or project from the approved syllabus.

    What was asked for already and is not done yet answers the job that stands.

    Raises:
        NotFound: the tenant has no such course.
        Invalid: UNKNOWN_MODULE.
        Conflict: SYLLABUS_NOT_APPROVED; NOTHING_PLANNED; ALREADY_APPROVED, all of it is.
    """
    plan = approved_syllabus(connection, syllabus_id)
    module = plan.content.module(module_id)
    if module is None:
        raise Invalid(
            f"The approved syllabus has no module {module_id}; nothing was asked for.",
            hint=f"It has: {', '.join(one.id for one in plan.content.modules)}.",
            code="UNKNOWN_MODULE",
            errors=[{"field": "moduleId", "message": "is no module of the approved syllabus"}],
        )
    _refuse_needless(
        connection, syllabus_id, kind, [s for s in planned_slots(plan.content)[kind] if s[:3] == module_id]
    )
    items.hold(connection, "SYLLABUS", syllabus_id)
    standing = jobs.open_for(connection, syllabus_id, kind, module_id)
    if standing is not None:
        return standing
    job = jobs.insert_job(
        connection,
        kind,
        syllabus_id,
        {"moduleId": module_id, "moduleTitle": module.title, "syllabusRevision": plan.revision},
        author.id,
        module_id=module_id,
        syllabus=(plan.revision, plan.content_hash),
    )
    _tell(connection, author, job)
    return job


def _refuse_needless(connection: Connection, syllabus_id: str, kind: str, slots: list[str]) -> None:
    if not slots:
        raise Conflict(
            f"The approved syllabus plans no {PLANNED[kind]} in this module; nothing was asked for.",
            hint="A lesson's assessment hooks say what is planned.",
            code="NOTHING_PLANNED",
        )
    standing = {one.slot: one for one in items.of_course(connection, syllabus_id) if one.kind == kind}
    if all(slot in standing and standing[slot].status == "APPROVED" for slot in slots):
        raise Conflict(
            f"All {PLANNED[kind]} of this module are approved; nothing was asked for.",
            hint="Open one again with a reason to write its next version.",
            code="ALREADY_APPROVED",
        )


def _tell(connection: Connection, author: Author, job: Job) -> uuid.UUID:
    return note(
        connection,
        "courses.generation.asked",
        actor_id=author.id,
        actor_role=author.role,
        entity_type="generation_job",
        entity_id=str(job.job_id),
        payload={"kind": job.kind, "course": job.syllabus_id, "module": job.module_id},
    )
