"""That an output becomes a draft: in the signing transaction, in the name of whoever adopts it. Nothing is approved."""

import uuid
from typing import Any

from sqlalchemy import Connection

from domain.courses.authoring.observe import drafts
from domain.courses.authoring.observe.drafts import Author, Draft
from domain.courses.authoring.rules.shapes import read_content
from domain.courses.authoring.store import items
from domain.courses.authoring.store.assembly import approved_syllabus
from domain.courses.authoring.suggest.drafts import lay
from domain.courses.regeneration.store import jobs, outputs
from domain.courses.regeneration.store.outputs import Output
from domain.kernel.errors import Conflict
from domain.kernel.events import record
from domain.kernel.lineage import enqueue
from domain.kernel.proposals import Proposal
from domain.kernel.signed import Countersignature


def check_adoptable(output: Output, job: jobs.Job) -> None:
    """An output is adopted once, after its job has ended well.

    Raises:
        Conflict: ALREADY_ADOPTED, JOB_NOT_COMPLETED.
    """
    if output.adopted_at is not None:
        raise Conflict(
            "The output was adopted already; nothing was made.",
            hint="Its drafts stand in the course's list of parts.",
            code="ALREADY_ADOPTED",
        )
    if job.status != "COMPLETED":
        raise Conflict(f"The job is {job.status.lower()}; nothing was made.", code="JOB_NOT_COMPLETED")


def adopt(connection: Connection, signed: Countersignature, proposal: Proposal) -> None:
    """Make a draft of each part of the output, origin REGENERATION, and lay it before reviewers.

    Raises:
        Conflict: ALREADY_ADOPTED, JOB_NOT_COMPLETED; HASH_MISMATCH; SYLLABUS_NOT_APPROVED.
        Invalid: CONTENT_DOES_NOT_FIT, the syllabus has changed since.
    """
    output = outputs.load(connection, uuid.UUID(proposal.subject.id))
    job = jobs.load(connection, output.job_id)
    check_adoptable(output, job)
    if output.content_hash != signed.content_hash:
        raise Conflict("What was signed is not the output; nothing was made.", code="HASH_MISMATCH")
    made = [_draft(connection, signed, job, part) for part in output.parts]
    outputs.add_adoption(connection, signed, output.output_id, made)
    record(
        connection,
        "REGEN_OUTPUT_ADOPTED",
        **signed.actor,
        entity_type=outputs.SUBJECT,
        entity_id=str(output.output_id),
        payload={
            "jobId": str(job.job_id),
            "made": made,
            "contentHash": output.content_hash,
            "countersignatureId": str(signed.countersignature_id),
        },
    )
    enqueue(connection, ("courses", "content_revisions"), metadata={"adopted": len(made)})


def _draft(connection: Connection, signed: Countersignature, job: jobs.Job, part: dict[str, Any]) -> dict[str, Any]:
    kind, item_id = part["kind"], part["itemId"]
    content = read_content(kind, part["content"])
    syllabus = None if kind == "SYLLABUS" else approved_syllabus(connection, job.syllabus_id)
    items.hold(connection, kind, item_id)
    standing = items.find_item(connection, item_id)
    if standing is not None:
        drafts.check_fit(connection, standing, content, syllabus)
    author = Author(str(signed.signer_id), signed.signer_role)
    draft = Draft(
        kind,
        job.syllabus_id,
        content,
        "REGENERATION",
        syllabus,
        reason=signed.reason or f"Adopted from regeneration job {job.job_id}.",
    )
    item_id, revision = drafts.add(connection, author, draft)
    lay(connection, items.load_item(connection, item_id))
    return {"itemId": item_id, "revision": revision}
