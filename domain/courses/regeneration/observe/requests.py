"""What people ask for: a job for an accepted suggestion, an intent to try a failed one again. Nothing runs by it."""

import uuid

from sqlalchemy import Connection, text

from domain.courses.authoring.store import items
from domain.courses.authoring.store.assembly import approved_syllabus, planned_slots
from domain.courses.content.syllabus import Syllabus
from domain.courses.regeneration.laid import lay_retry, lay_trigger, refuse_retried, retry_intents_total
from domain.courses.regeneration.rules.instruction import Base, Target, instruction_of, target_of
from domain.courses.regeneration.store import intents, jobs
from domain.courses.regeneration.store.intents import Intent
from domain.courses.regeneration.store.jobs import Job, Origin
from domain.kernel.advice import suggestions
from domain.kernel.errors import Conflict, Invalid, NotFound
from domain.kernel.gaps import note
from domain.kernel.principal import Principal

MOST_NOTE = 2000


def ask_for_job(connection: Connection, caller: Principal, suggestion_id: uuid.UUID, said: str = "") -> Job:
    """A PENDING job for an accepted suggestion; it runs when a person has triggered it, and not before.

    Raises:
        NotFound: no such suggestion for a course.
        Conflict: SUGGESTION_NOT_ACCEPTED; JOB_EXISTS, it was asked for already; SYLLABUS_NOT_APPROVED.
        Invalid: TARGET_UNKNOWN, NOTE_TOO_LONG.
    """
    found = suggestions.load(connection, suggestion_id)
    if found.room != "courses":
        raise NotFound("There is no such suggestion for a course.", hint="GET /api/admin/suggestions lists them.")
    if found.status != "ACCEPTED":
        raise Conflict(
            f"The suggestion is {found.status.lower()}, not accepted; no job was made.",
            hint="Accept it first; that is an act of its own.",
            code="SUGGESTION_NOT_ACCEPTED",
        )
    if len(said) > MOST_NOTE:
        raise Invalid(f"A note has at most {MOST_NOTE} characters; no job was made.", code="NOTE_TOO_LONG")
    connection.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended('regenerate|' || :id, 0))"), {"id": str(suggestion_id)}
    )
    if jobs.of_suggestion(connection, suggestion_id) is not None:
        raise Conflict(
            "This suggestion has a regeneration job already; no other was made.",
            hint="Open its job; one that failed can be tried again.",
            code="JOB_EXISTS",
        )
    course_id, _, version = found.context.partition("@")
    target = target_of(found.target_id)
    syllabus = approved_syllabus(connection, course_id)
    instruction = instruction_of(
        target_id=found.target_id,
        course_id=course_id,
        package_version=int(version) if version.isdigit() else None,
        suggestion_id=str(found.suggestion_id),
        suggestion_hash=found.content_hash,
        observed=found.message,
        note=said.strip(),
        syllabus=Base(course_id, syllabus.revision, syllabus.content_hash),
        base=_base(connection, course_id, target, syllabus.content),
    )
    job = jobs.insert(
        connection,
        target_type=target.type,
        target_id=found.target_id,
        syllabus_id=course_id,
        instruction=instruction,
        origin=Origin(suggestion_id=suggestion_id),
        created_by=caller.id,
    )
    tell_created(connection, job, caller)
    lay_trigger(connection, job)
    return job


def _base(connection: Connection, course_id: str, target: Target, syllabus: Syllabus) -> list[Base]:
    """The approved revisions of what is to be made anew, as they stand."""
    kind = {"COURSE": "SYLLABUS", "MODULE": "LESSON"}.get(target.type, target.type)
    planned = ["syllabus"] if kind == "SYLLABUS" else planned_slots(syllabus)[kind]
    wanted = [slot for slot in planned if target.type == "COURSE" or slot.startswith(target.place)]
    if not wanted:
        raise Conflict(
            f"The approved syllabus of {course_id} no longer plans {target.type.lower()} {target.place};"
            " no job was made.",
            hint="The suggestion is about an earlier version; dismiss what no longer applies.",
            code="TARGET_GONE",
        )
    standing = {one.slot: one for one in items.of_course(connection, course_id) if one.kind == kind}
    return [
        Base(standing[slot].item_id, standing[slot].approved_revision or 0, standing[slot].approved_hash or "")
        for slot in wanted
        if slot in standing and standing[slot].approved_revision is not None
    ]


def tell_created(connection: Connection, job: Job, caller: Principal) -> None:
    """That a job was made; nothing runs by it."""
    note(
        connection,
        "REGEN_JOB_CREATED",
        actor_id=caller.id,
        actor_role=caller.actor_role,
        entity_type=jobs.SUBJECT,
        entity_id=str(job.job_id),
        payload={"jobId": str(job.job_id), "status": job.status, "targetId": job.target_id, "course": job.syllabus_id},
    )


def intend_retry(
    connection: Connection, caller: Principal, source_job_id: uuid.UUID, reason_code: str, reason_text: str
) -> Intent:
    """An intent to try a failed job again; somebody executes or rejects it.

    Raises:
        NotFound: no such job.
        Conflict: JOB_NOT_FAILED, INTENT_PENDING, ALREADY_RETRIED.
    """
    source = jobs.load(connection, source_job_id)
    if source.status != "FAILED":
        raise Conflict(
            f"The job is {source.status.lower()}; only a failed one is tried again.",
            hint="Wait for its end.",
            code="JOB_NOT_FAILED",
        )
    refuse_retried(connection, source)
    made = intents.insert(connection, source, reason_code, reason_text, caller.id)
    note(
        connection,
        "RETRY_INTENT_CREATED",
        actor_id=caller.id,
        actor_role=caller.actor_role,
        entity_type=intents.SUBJECT,
        entity_id=str(made.intent_id),
        payload={"sourceJobId": str(source_job_id), "reasonCode": reason_code},
    )
    retry_intents_total.labels("PENDING", reason_code).inc()
    lay_retry(connection, made, source.instruction_hash, None)
    return made
