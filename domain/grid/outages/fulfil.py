"""Fulfil: write the signed edition of a report, exactly what was signed; and make a kept file again, to compare."""

import uuid
from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection

from domain.grid.outages.report.editions import KIND, MEDIA_TYPES, render
from domain.grid.outages.report.identity import RENDERER_VERSION, report_content_hash
from domain.grid.outages.rules.gates import AFTER_ACTION
from domain.grid.outages.rules.summary import ReplaySummary
from domain.grid.outages.store import editions, replays
from domain.kernel.artifacts import Artifact
from domain.kernel.canonical import sha256_hex
from domain.kernel.errors import Conflict
from domain.kernel.fulfil import Doer, Outcome
from domain.kernel.objects.store import Store
from domain.kernel.proposals import Proposal
from domain.kernel.report.brand import Brand, ReportOptions, ReportSignature
from domain.kernel.report.editions import SIGNED
from domain.kernel.report.signing import signature_of
from domain.kernel.signed import Countersignature, load_countersignature
from domain.kernel.verify import Rendered


def report_doer(open_store: Callable[[], Store]) -> Doer:
    """How a countersigned report is carried out: both formats of the signed edition."""

    def carry_out(connection: Connection, signed: Countersignature, proposal: Proposal) -> Outcome:
        replay = replays.load(connection, uuid.UUID(proposal.subject.id))
        summary, brand, options = _content(replay.summary, replay.report_blob_ref)
        signature = signature_of(connection, signed)
        made = render(summary, brand, options, tuple(MEDIA_TYPES), signature)
        files = editions.keep_files(
            connection,
            open_store(),
            signed.tenant_id,
            replay,
            SIGNED,
            {one: (data, MEDIA_TYPES[one]) for one, data in made.items()},
            kind=KIND,
            made_from={
                "replay_id": str(replay.replay_id),
                "content_hash": signed.content_hash,
                "renderer_version": RENDERER_VERSION,
                "brand": brand.model_dump(mode="json"),
                "options": options.model_dump(mode="json"),
                # The name as it was when it was signed: people marry, and the file stays.
                "signature": signature.model_dump(mode="json"),
                "run_id": str(replay.run_id),
            },
            actor_id=str(signed.signer_id),
            signed=signed,
        )
        told = {"files": files, "content_hash": signed.content_hash}
        replays.refer(connection, replay.replay_id, SIGNED, told, signed.countersignature_id)
        ids = [uuid.UUID(one["artifact_id"]) for one in files.values()]
        return Outcome(ids, {"sha256": {one: told["sha256"] for one, told in files.items()}})

    return Doer(AFTER_ACTION, carry_out, hash_now)


def hash_now(connection: Connection, proposal: Proposal) -> str | None:
    """The hash of the report's content as it stands: of the stored summary, brand and layout."""
    replay = replays.load(connection, uuid.UUID(proposal.subject.id))
    if "draft" not in replay.report_blob_ref:
        return None
    return report_content_hash(*_content(replay.summary, replay.report_blob_ref))


def _content(summary: dict[str, Any], ref: dict[str, Any]) -> tuple[ReplaySummary, Brand, ReportOptions]:
    draft = ref["draft"]
    return (
        ReplaySummary.model_validate(summary),
        Brand.model_validate(draft["brand"]),
        ReportOptions.model_validate(draft["options"]),
    )


def render_report(connection: Connection, _store: Store, artifact: Artifact) -> Rendered:
    """The file made again from the stored summary, its brand and layout, and the signature it bears.

    Raises:
        Conflict: NOT_REBUILDABLE, the replay is no longer what was signed or exported.
    """
    facts = artifact.made_from
    replay = replays.load(connection, uuid.UUID(facts["replay_id"]))
    summary = ReplaySummary.model_validate(replay.summary)
    brand, options = Brand.model_validate(facts["brand"]), ReportOptions.model_validate(facts["options"])
    digest = report_content_hash(summary, brand, options)
    signature = None
    if artifact.countersignature_id is not None:
        signed = load_countersignature(connection, artifact.countersignature_id)
        signature = ReportSignature.model_validate(facts["signature"])
        if signed.content_hash != digest:
            raise Conflict("The replay is no longer what was signed; the file was not made.", code="NOT_REBUILDABLE")
    made = render(summary, brand, options, (facts["format"],), signature)
    return Rendered(sha256_hex(made[facts["format"]]), digest, RENDERER_VERSION)
