"""Countersign: what a person says of a fault, from which on it is a finding and no longer a machine's proposal."""

import uuid

from sqlalchemy import Connection

from domain.kernel.errors import Conflict
from domain.kernel.events import record
from domain.kernel.lineage import enqueue
from domain.kernel.proposals import Proposal
from domain.kernel.signed import Countersignature
from domain.stairs.store import faults

STATES = {"confirm": "confirmed", "reclassify": "reclassified", "dismiss": "dismissed"}


def review(connection: Connection, signed: Countersignature, proposal: Proposal) -> None:
    """Write what was signed to the fault, in the signing transaction.

    Raises:
        Conflict: ALREADY_REVIEWED, another person was faster.
    """
    said = proposal.content
    fault_id = uuid.UUID(said["fault_id"])
    fault = faults.load(connection, fault_id, lock=True)
    if fault["review_state"] != "proposed":
        raise Conflict(f"The fault is {fault['review_state']} already; nothing was changed.", code="ALREADY_REVIEWED")
    state = STATES[said["action"]]
    values = {
        "review_state": state,
        "reviewed_by": signed.signer_id,
        "reviewed_at": signed.signed_at,
        "review_reason": said["reason"],
        "countersignature_id": signed.countersignature_id,
        **said.get("becomes", {}),
    }
    if state == "dismissed":
        values |= {"status": "dismissed"}
    faults.change(connection, fault_id, values)
    record(
        connection,
        f"stairs.fault.{state}",
        **signed.actor,
        entity_type="fault",
        entity_id=str(fault_id),
        payload={"countersignature_id": str(signed.countersignature_id), "reason": said["reason"]},
    )
    enqueue(connection, ("stairs", "faults"), metadata={"reviewed": 1})
