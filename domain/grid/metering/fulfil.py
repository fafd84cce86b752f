"""What GridLens carries out on a signature: the list for the field crew, and the disposal of old reads."""

from collections.abc import Callable

from sqlalchemy import Connection

from domain.grid.metering.rules.inspection import INSPECTION, RENDERER_VERSION, list_csv
from domain.grid.metering.store.retention import NAME, DayOfReads, old_days, remove_day
from domain.kernel import artifacts
from domain.kernel.artifacts import Artifact
from domain.kernel.canonical import sha256_hex
from domain.kernel.fulfil import Doer, Outcome
from domain.kernel.objects.store import Store
from domain.kernel.proposals import Proposal, load_proposal
from domain.kernel.retention.policy import CLASSES, Prunable
from domain.kernel.signed import Countersignature, load_countersignature
from domain.kernel.verify import Rendered

INSPECTION_LIST = "grid.inspection_list"

_KEPT = CLASSES[NAME]
METER_READS = Prunable(NAME, _KEPT.says, _KEPT.days, _KEPT.least_days, old_days, remove_day, DayOfReads())


def inspection_doer(open_store: Callable[[], Store]) -> Doer:
    """How a countersigned inspection is carried out: the signed list becomes the crew's file."""

    def carry_out(connection: Connection, signed: Countersignature, proposal: Proposal) -> Outcome:
        kept = artifacts.keep(
            connection,
            open_store(),
            list_csv(proposal.content),
            kind=INSPECTION_LIST,
            media_type="text/csv",
            made_from={"content_hash": signed.content_hash, "renderer_version": RENDERER_VERSION},
            actor_id=str(signed.signer_id),
            countersignature_id=signed.countersignature_id,
        )
        return Outcome([kept.artifact_id], {"meters": len(proposal.content["meters"]), "sha256": kept.sha256})

    return Doer(INSPECTION, carry_out)


def render_inspection_list(connection: Connection, _store: Store, artifact: Artifact) -> Rendered:
    """The file made again from what was signed."""
    assert artifact.countersignature_id is not None  # noqa: S101 - a list is only ever made on a signature
    signed = load_countersignature(connection, artifact.countersignature_id)
    content = load_proposal(connection, signed.proposal_id).content
    return Rendered(sha256_hex(list_csv(content)), signed.content_hash, RENDERER_VERSION)
