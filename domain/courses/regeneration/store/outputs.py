"""What jobs brought: kept once, never changed, adopted by a person or not at all."""

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from domain.courses.regeneration.store.jobs import Job
from domain.kernel.canonical import canonical_json, derived_id, sha256_hex
from domain.kernel.errors import NotFound
from domain.kernel.signed import Countersignature

SUBJECT = "regeneration_output"
KIND = "courses.regeneration_output"


@dataclass(frozen=True)
class Output:
    """One output. Grain: one job.

    Attributes:
        ref: where it is kept: `regeneration/<job>/<sha256>.json`.
        content_text: canonical; {jobId, instructionHash, parts: [{kind, itemId, content}]}.
        adopted_at: when a person made drafts of it; `adoption` holds which.
    """

    output_id: uuid.UUID
    job_id: uuid.UUID
    ref: str
    content_text: str
    content_hash: str
    answers: list[dict[str, Any]]
    artifact_id: uuid.UUID
    created_at: datetime
    adopted_at: datetime | None
    adopted_by: uuid.UUID | None
    adoption: list[dict[str, Any]] | None
    countersignature_id: uuid.UUID | None

    @property
    def parts(self) -> list[dict[str, Any]]:
        """What was made: kind, item and content of each part."""
        found: list[dict[str, Any]] = json.loads(self.content_text)["parts"]
        return found


_SELECT = (
    "SELECT o.output_id, o.job_id, o.ref, o.content_text, o.content_hash, o.answers, o.artifact_id, o.created_at,"
    " a.at AS adopted_at, a.actor AS adopted_by, a.made AS adoption, a.countersignature_id"
    " FROM regeneration_outputs AS o LEFT JOIN regeneration_output_adoptions AS a"
    " ON a.tenant_id = o.tenant_id AND a.output_id = o.output_id"
    " WHERE o.tenant_id = NULLIF(current_setting('app.tenant', true), '')"
)


def bytes_of(job: Job, parts: Sequence[dict[str, Any]]) -> bytes:
    """The canonical bytes of an output; the job's id is in them, so that no two outputs are the same file."""
    return canonical_json(
        {"jobId": str(job.job_id), "instructionHash": job.instruction_hash, "parts": [dict(one) for one in parts]}
    )


def ref_of(job: Job, raw: bytes) -> str:
    """Where an output is kept: it follows from job and content."""
    return f"regeneration/{job.job_id}/{sha256_hex(raw)}.json"


def insert(
    connection: Connection, job: Job, raw: bytes, answers: Sequence[dict[str, Any]], artifact_id: uuid.UUID
) -> tuple[uuid.UUID, str]:
    """Keep the output of a job that the caller holds; answers its id and reference."""
    output_id, ref = derived_id("courses.regeneration_output", str(job.job_id)), ref_of(job, raw)
    connection.execute(
        text(
            "INSERT INTO regeneration_outputs (output_id, job_id, ref, content_text, content_hash, answers,"
            " artifact_id) VALUES (:id, :job, :ref, :text, :hash, CAST(:answers AS jsonb), :artifact)"
        ),
        {
            "id": output_id,
            "job": job.job_id,
            "ref": ref,
            "text": raw.decode(),
            "hash": sha256_hex(raw),
            "answers": json.dumps(list(answers)),
            "artifact": artifact_id,
        },
    )
    return output_id, ref


def load(connection: Connection, output_id: uuid.UUID) -> Output:
    """One output.

    Raises:
        NotFound: the tenant has no such output.
    """
    row = connection.execute(text(f"{_SELECT} AND o.output_id = :id"), {"id": output_id}).one_or_none()
    if row is None:
        raise NotFound("There is no such output.", hint="GET /api/admin/regeneration-jobs/{jobId} names a job's.")
    return Output(**row._mapping)


def of_job(connection: Connection, job_id: uuid.UUID) -> Output | None:
    """What the job brought, or None."""
    row = connection.execute(text(f"{_SELECT} AND o.job_id = :id"), {"id": job_id}).one_or_none()
    return None if row is None else Output(**row._mapping)


def add_adoption(
    connection: Connection, signed: Countersignature, output_id: uuid.UUID, made: Sequence[dict[str, Any]]
) -> None:
    """Write that a person made drafts of an output, and which."""
    connection.execute(
        text(
            "INSERT INTO regeneration_output_adoptions (output_id, actor, at, note, made, countersignature_id)"
            " VALUES (:id, :who, :at, :note, CAST(:made AS jsonb), :signed)"
        ),
        {
            "id": output_id,
            "who": signed.signer_id,
            "at": signed.signed_at,
            "note": signed.reason,
            "made": json.dumps(list(made)),
            "signed": signed.countersignature_id,
        },
    )
