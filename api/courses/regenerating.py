"""What the endpoints and the pages of regeneration do alike: each act of a person, laid down and signed at once."""

from typing import Any
from uuid import UUID

from api.courses.advice_schemas import IntentTold, JobDetail, JobRow, OutputPart, OutputTold, PartChange
from api.deps import allow
from api.kernel.acting import Acting
from domain.courses.authoring.rules.difference import changes
from domain.courses.authoring.store import items
from domain.courses.regeneration.countersign import adoption, retries
from domain.courses.regeneration.countersign import jobs as triggering
from domain.courses.regeneration.laid import lay_adoption, lay_retry, lay_trigger
from domain.courses.regeneration.rules.instruction import patched
from domain.courses.regeneration.store import intents, jobs, outputs
from domain.courses.regeneration.store.intents import Intent
from domain.courses.regeneration.store.jobs import Job
from domain.courses.regeneration.store.outputs import Output
from domain.kernel.errors import Conflict
from domain.kernel.proposals import Proposal, Subject, lock_subject
from domain.kernel.signed import Countersignature, Decision

ADMINS = frozenset({"REVIEWER", "ADMIN", "TENANT_OWNER"})
LOOKS = allow(roles=ADMINS | {"AUDITOR"})
ACTING = allow(roles=ADMINS)
ADOPTING = allow(roles={"REVIEWER", "ADMIN"})


def trigger(act: Acting, job_id: UUID, rationale: str | None, seen: str | None = None) -> tuple[Job, Countersignature]:
    """Trigger a job that waits.

    Raises:
        NotFound: no such job.
        Conflict: NOT_PENDING, HASH_MISMATCH.
    """
    job = jobs.load(act.connection, job_id)
    _hold(act, triggering.trigger.__name__, Subject(jobs.SUBJECT, str(job_id)))
    triggering.check_pending(jobs.load(act.connection, job_id))
    _check_seen(seen, job.instruction_hash)
    signed = _signed(act, lay_trigger(act.connection, job), Decision.APPROVED, rationale)
    return jobs.load(act.connection, job_id), signed


def adopt(act: Acting, output_id: UUID, note: str | None, seen: str | None = None) -> tuple[Output, Countersignature]:
    """Make drafts of an output.

    Raises:
        NotFound: no such output.
        Conflict: ALREADY_ADOPTED, JOB_NOT_COMPLETED, HASH_MISMATCH.
    """
    output = outputs.load(act.connection, output_id)
    _hold(act, adoption.adopt.__name__, Subject(outputs.SUBJECT, str(output_id)))
    output = outputs.load(act.connection, output_id)
    job = jobs.load(act.connection, output.job_id)
    adoption.check_adoptable(output, job)
    _check_seen(seen, output.content_hash)
    signed = _signed(act, lay_adoption(act.connection, output, job), Decision.APPROVED, note)
    return outputs.load(act.connection, output_id), signed


def execute(
    act: Acting, intent_id: UUID, patch: dict[str, Any] | None, note: str | None
) -> tuple[Intent, Countersignature]:
    """Consume an intent: a new job is made, which waits for its own trigger.

    Raises:
        NotFound: no such intent.
        Conflict: NOT_PENDING, ALREADY_RETRIED.
        Invalid: PATCH_NOT_ALLOWED, INSTRUCTION_INVALID.
    """
    intent = _pending(act, intent_id)
    source = jobs.load(act.connection, intent.source_job_id)
    instruction = patched(source.instruction, patch, intent.reason_code)
    signed = _signed(act, lay_retry(act.connection, intent, instruction.hash, patch), Decision.APPROVED, note)
    return intents.load(act.connection, intent_id), signed


def reject(act: Acting, intent_id: UUID, reason: str) -> tuple[Intent, Countersignature]:
    """Say that the job is not tried again for this reason.

    Raises:
        NotFound: no such intent.
        Conflict: NOT_PENDING.
    """
    intent = _pending(act, intent_id)
    source = jobs.load(act.connection, intent.source_job_id)
    laid = lay_retry(act.connection, intent, source.instruction_hash, None)
    signed = _signed(act, laid, Decision.REFUSED, reason)
    return intents.load(act.connection, intent_id), signed


def _pending(act: Acting, intent_id: UUID) -> Intent:
    intents.load(act.connection, intent_id)
    _hold(act, "retry", Subject(intents.SUBJECT, str(intent_id)))
    intent = intents.load(act.connection, intent_id)
    retries.check_pending(intent)
    return intent


def _hold(act: Acting, name: str, subject: Subject) -> None:
    """One act at a time on the same thing, so that the second sees what the first has made of it."""
    lock_subject(act.connection, f"act.{name}", subject)


def _check_seen(seen: str | None, standing: str) -> None:
    if seen is not None and seen != standing:
        raise Conflict("What you saw is not what stands; nothing was signed.", hint="Reload it.", code="HASH_MISMATCH")


def _signed(act: Acting, proposal: Proposal, decision: Decision, reason: str | None) -> Countersignature:
    answer = act.decide(
        proposal.proposal_id, decision, reason=(reason or "").strip() or None, content_hash=proposal.content_hash
    )
    return answer.countersignature


def row_told(job: Job) -> JobRow:
    """A job as the list names it: neither instruction nor output."""
    return JobRow(**_row(job))


def _row(job: Job) -> dict[str, Any]:
    names = ("status", "target_type", "target_id", "created_at", "created_by")
    return {"id": job.job_id} | {name: getattr(job, name) for name in names}


def detail_told(act: Acting, job: Job) -> JobDetail:
    """A job, whole."""
    output, child = outputs.of_job(act.connection, job.job_id), jobs.retry_of(act.connection, job.job_id)
    return JobDetail(
        **_row(job),
        course_id=job.syllabus_id,
        instruction_json=job.instruction.content(),
        instruction_hash=job.instruction_hash,
        output_ref=job.output_ref,
        output_id=output.output_id if output else None,
        error_json=job.error,
        locked_at=job.locked_at,
        completed_at=job.completed_at,
        suggestion_id=job.suggestion_id,
        retry_of_job_id=job.retry_of_job_id,
        retry_intent_id=job.retry_intent_id,
        retried_by_job_id=child.job_id if child else None,
        adopted_at=output.adopted_at if output else None,
    )


def output_told(act: Acting, output: Output) -> OutputTold:
    """An output with its differences to what is approved now."""
    return OutputTold(
        id=output.output_id,
        job_id=output.job_id,
        output_ref=output.ref,
        content_hash=output.content_hash,
        created_at=output.created_at,
        adopted_at=output.adopted_at,
        adopted_by=output.adopted_by,
        made=output.adoption,
        countersignature_id=output.countersignature_id,
        parts=[_part(act, one) for one in output.parts],
    )


def _part(act: Acting, part: dict[str, Any]) -> OutputPart:
    standing = items.find_item(act.connection, part["itemId"])
    revision = standing.approved_revision if standing else None
    before = items.load_revision(act.connection, part["itemId"], revision).content if revision else {}
    found = changes(before, part["content"])
    return OutputPart(
        kind=part["kind"],
        item_id=part["itemId"],
        content=part["content"],
        approved_revision=revision,
        changes=[
            PartChange(
                op=one.op,
                pointer=one.pointer,
                before=one.before,
                after=one.after,
                words=[{"mark": piece.mark, "text": piece.text} for piece in one.words],
            )
            for one in found
        ],
    )


def intent_told(intent: Intent) -> IntentTold:
    """An intent with what became of it."""
    return IntentTold(**{"id" if name == "intent_id" else name: value for name, value in vars(intent).items()})
