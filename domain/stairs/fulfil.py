"""Fulfil: write the signed edition of a report, exactly what was signed; and make a kept file again, to compare."""

import uuid
from collections.abc import Callable

from sqlalchemy import Connection

from domain.kernel.artifacts import Artifact
from domain.kernel.canonical import sha256_hex
from domain.kernel.errors import Conflict
from domain.kernel.fulfil import Doer, Outcome
from domain.kernel.messages.kinds import MessageKind
from domain.kernel.messages.outbox import tell
from domain.kernel.objects.store import Store
from domain.kernel.principal import Role
from domain.kernel.proposals import Proposal
from domain.kernel.report.brand import ReportSignature
from domain.kernel.report.editions import SIGNED
from domain.kernel.report.files import keep_files
from domain.kernel.report.signing import signature_of
from domain.kernel.signed import Countersignature, load_countersignature
from domain.kernel.verify import Rendered
from domain.stairs.report.editions import KIND, render
from domain.stairs.report.identity import RENDERER_VERSION, read_content
from domain.stairs.report.places import file_of
from domain.stairs.rules.report_gates import NOTICE, REPORT
from domain.stairs.store import faults, reports


def report_doer(open_store: Callable[[], Store]) -> Doer:
    """How a countersigned report is carried out: the signed edition."""

    def carry_out(connection: Connection, signed: Countersignature, proposal: Proposal) -> Outcome:
        return _signed_edition(connection, open_store(), signed, proposal)

    return Doer(REPORT, carry_out, hash_now)


def notice_doer(open_store: Callable[[], Store]) -> Doer:
    """How a countersigned notice is carried out: the signed edition, the fault notified, the owner told."""

    def carry_out(connection: Connection, signed: Countersignature, proposal: Proposal) -> Outcome:
        outcome = _signed_edition(connection, open_store(), signed, proposal)
        report = reports.of_content(connection, proposal.content_hash)
        told = report.content["report"]
        faults.change(connection, uuid.UUID(told["fault"]["fault_id"]), {"notified_at": signed.signed_at})
        if told["fault"]["severity"] == "critical":
            tell(
                connection,
                MessageKind.CRITICAL_FAULT,
                {Role.OWNER, Role.MANAGER},
                subject_type="compliance_report",
                subject_id=str(report.report_id),
                title=f"Notice of a fault in {told['building']['name']}: {told['fault']['description']}",
                body=str(told["fault"]["action_required"] or ""),
                path="/",
            )
        return outcome

    return Doer(NOTICE, carry_out, hash_now)


def _signed_edition(connection: Connection, store: Store, signed: Countersignature, proposal: Proposal) -> Outcome:
    report = reports.of_content(connection, proposal.content_hash)
    signature = signature_of(connection, signed)
    made = render(*read_content(report.checked()), signature)
    files = keep_files(
        connection,
        store,
        SIGNED,
        {one: file_of(signed.tenant_id, report, SIGNED, one, data) for one, data in made.items()},
        kind=KIND,
        made_from={
            "report_id": str(report.report_id),
            "content_hash": signed.content_hash,
            "renderer_version": RENDERER_VERSION,
            # The name as it was when it was signed: people marry, and the file stays.
            "signature": signature.model_dump(mode="json"),
        },
        actor_id=str(signed.signer_id),
        signed=signed,
    )
    told = {"files": files, "content_hash": signed.content_hash}
    reports.refer(connection, report.report_id, SIGNED, told, signed.countersignature_id)
    ids = [uuid.UUID(one["artifact_id"]) for one in files.values()]
    return Outcome(ids, {"sha256": {one: told["sha256"] for one, told in files.items()}})


def hash_now(connection: Connection, proposal: Proposal) -> str | None:
    """The hash of the proposed content as it is kept.

    Raises:
        Conflict: CONTENT_CHANGED, the stored content is not what its hash says.
    """
    report = reports.of_content(connection, proposal.content_hash)
    report.checked()
    return report.content_hash


def render_report(connection: Connection, _store: Store, artifact: Artifact) -> Rendered:
    """The file made again from the stored content and the signature that it bears.

    Raises:
        Conflict: NOT_REBUILDABLE, the content is no longer what was signed or exported.
    """
    facts = artifact.made_from
    report = reports.load(connection, uuid.UUID(facts["report_id"]))
    content = report.checked()
    signature = None
    if artifact.countersignature_id is not None:
        signed = load_countersignature(connection, artifact.countersignature_id)
        signature = ReportSignature.model_validate(facts["signature"])
        if signed.content_hash != report.content_hash:
            raise Conflict("The report is no longer what was signed; the file was not made.", code="NOT_REBUILDABLE")
    made = render(*read_content(content), signature)
    return Rendered(sha256_hex(made[facts["format"]]), report.content_hash, RENDERER_VERSION)
