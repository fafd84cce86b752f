"""Countersign: what a person's signature makes of provisional outages. The only writer of canonical ones.

What was signed takes effect, whatever was inferred since: the meters, the device and the times of the signed content.
"""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from domain.grid.outages.store import facts, outages, provisionals, signals
from domain.grid.outages.store.outages import ENDED
from domain.grid.outages.store.provisionals import Provisional
from domain.kernel.canonical import derived_id
from domain.kernel.errors import Conflict
from domain.kernel.events import record
from domain.kernel.lineage import enqueue
from domain.kernel.proposals import Proposal
from domain.kernel.signed import Countersignature


def promote(connection: Connection, signed: Countersignature, proposal: Proposal) -> None:
    """Record each outage that the signed decisions promote or merge, in the signing transaction.

    Raises:
        Conflict: ALREADY_DECIDED, one of them was decided or explained since it was proposed; OUTAGE_OVER, the
            outage that it would join has ended.
    """
    decisions = [one for one in proposal.content["decisions"] if one["action"] in {"promote", "merge"}]
    standing = {
        str(row.prov_outage_id): row
        for row in provisionals.load(
            connection, sorted(uuid.UUID(one["prov_outage_id"]) for one in decisions), lock=True
        )
    }
    for one in sorted(decisions, key=lambda decision: str(decision["prov_outage_id"])):
        _take_effect(connection, signed, one, _checked(standing.get(one["prov_outage_id"])))
    if decisions:
        enqueue(connection, ("grid", "outages"), metadata={"promoted": len(decisions)})


def reject(connection: Connection, signed: Countersignature, proposal: Proposal) -> None:
    """Record that a person holds them not to be outages; what somebody decided otherwise meanwhile stays."""
    for one in provisionals.load(
        connection, [uuid.UUID(d["prov_outage_id"]) for d in proposal.content["decisions"]], lock=True
    ):
        if one.is_open:
            _note(connection, signed, str(one.prov_outage_id), None, "REJECTED")


def _checked(standing: Provisional | None) -> Provisional:
    if standing is None or not standing.is_open:
        state = "is not there" if standing is None else f"is {standing.status.lower()}"
        raise Conflict(
            f"A provisional outage {state} by now; nothing was promoted.",
            hint="Ask for the decisions anew: POST /v1/provisionals/promote.",
            code="ALREADY_DECIDED",
        )
    return standing


def _take_effect(connection: Connection, signed: Countersignature, one: dict[str, Any], standing: Provisional) -> None:
    since, until = datetime.fromisoformat(one["window_start"]), max(standing.window_end, standing.window_start)
    merges = one["action"] == "merge"
    if merges:
        outage_id, is_new = _still_open(connection, uuid.UUID(one["into"])), False
    else:
        outage_id = derived_id("grid.outage", signed.tenant_id, one["canon_key"])
        # A colleague may have promoted the same meanwhile under another proposal: then this one joins it.
        is_new = outages.insert(connection, _row(connection, signed, one, standing, outage_id))
    outages.impacts_insert(connection, outage_id, one["meter_ids"], since, since, until)
    whole = len(outages.impacts(connection, outage_id))
    outages.progress(connection, outage_id, {"customers_out_peak": whole})
    signals.link(
        connection,
        one["meter_ids"],
        since,
        until,
        prov_outage_id=uuid.UUID(one["prov_outage_id"]),
        canon_outage_id=outage_id,
    )
    _note(connection, signed, one["prov_outage_id"], outage_id, "PROMOTED" if is_new else "MERGED")


def _still_open(connection: Connection, outage_id: uuid.UUID) -> uuid.UUID:
    """The outage to join, held until the transaction ends."""
    if outages.load(connection, outage_id, lock=True).status in ENDED:
        raise Conflict(
            "The outage that it would join is over by now; nothing was merged.",
            hint="Ask for the decisions anew: POST /v1/provisionals/promote.",
            code="OUTAGE_OVER",
        )
    return outage_id


def _row(
    connection: Connection, signed: Countersignature, one: dict[str, Any], standing: Provisional, outage_id: uuid.UUID
) -> dict[str, Any]:
    return {
        "outage_id": outage_id,
        "canon_key": one["canon_key"],
        "feeder_id": one["feeder_id"],
        "device_id": one["device_id"],
        "device_ids": one["device_ids"],
        "started_at": datetime.fromisoformat(one["first_evidence_at"]),
        "detected_at": facts.first_believed(connection, standing.prov_outage_id) or standing.first_evidence_at,
        "confirmed_at": signed.signed_at,
        "customers": len(one["meter_ids"]),
        "run_id": standing.run_id,
        "signature": signed.countersignature_id,
    }


def _note(
    connection: Connection, signed: Countersignature, prov_outage_id: str, outage_id: uuid.UUID | None, status: str
) -> None:
    provisionals.decide(
        connection,
        uuid.UUID(prov_outage_id),
        status,
        outage_id=outage_id,
        by=str(signed.signer_id),
        at=signed.signed_at,
        reason=signed.reason,
        countersignature_id=signed.countersignature_id,
    )
    record(
        connection,
        f"grid.provisional.{status.lower()}",
        **signed.actor,
        entity_type="provisional_outage",
        entity_id=prov_outage_id,
        outage_id=None if outage_id is None else str(outage_id),
        prov_outage_id=prov_outage_id,
        payload={"countersignature_id": str(signed.countersignature_id), "reason": signed.reason},
    )
