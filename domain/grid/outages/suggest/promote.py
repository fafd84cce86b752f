"""Suggest which provisional outages are real: the decision table, laid before a person (step 16).

Nothing is promoted here. What a person signs is the content of the proposal: device, meters and times of each decision.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from domain.grid.outages.rules.device_tree import NONE, DeviceTree
from domain.grid.outages.rules.gates import PROMOTION
from domain.grid.outages.rules.inference.results import EVIDENCE_WORDS, EvidenceItem
from domain.grid.outages.rules.promotion import (
    HOLD,
    MERGE,
    PROMOTE,
    PROMOTION_VERSION,
    REJECT,
    Decision,
    OpenOutage,
    PromotionSettings,
    decide_all,
    facts_from,
    settings_of,
)
from domain.grid.outages.rules.promotion import Provisional as Facts
from domain.grid.outages.store import outages, provisionals, runs, signals
from domain.grid.outages.store.provisionals import Provisional
from domain.grid.outages.store.runs import Question
from domain.grid.outages.store.world import tree_of, world_as_of
from domain.kernel.advisory import SENTENCES
from domain.kernel.canonical import content_hash
from domain.kernel.charts.words import NBSP, chance
from domain.kernel.errors import Forbidden, Invalid, NotFound
from domain.kernel.proposals import Proposal, Subject, of_row, propose
from domain.kernel.redaction import redact_text
from domain.kernel.tenancy import load_tenant

MACHINE = "grid.outages"
_ACTION = {PROMOTE: "promote", MERGE: "merge", HOLD: "hold", REJECT: "reject"}
_OPEN_OUTAGES = ("OPEN", "DISPATCHED", "ARRIVED")


@dataclass(frozen=True)
class Decisions:
    """The table, its run, and the proposal that waits where there is something to promote."""

    run_id: uuid.UUID
    as_of: datetime
    counts: dict[str, int]
    decisions: list[dict[str, Any]]
    proposal: Proposal | None


def decisions(
    connection: Connection,
    tenant_id: str,
    *,
    now: datetime,
    prov_outage_ids: Sequence[uuid.UUID] = (),
    outage_id: uuid.UUID | None = None,
    override_reason: str = "",
    requested_by: str,
    actor_role: str = "MACHINE",
    dagster_run_id: str | None = None,
) -> Decisions:
    """Say of each provisional outage whether it may be promoted, and lay those that may before a person.

    Without ids all that wait are looked at. An override lets through what is not sure enough; then it is the
    operator's proposal, which another person signs.

    Raises:
        NotFound: one of the ids, or the network, is not there.
        Invalid: an override without a reason.
    """
    # Read before the beliefs: what is promoted meanwhile would else be told to join the outage that it became.
    standing = _standing(connection)
    rows = _wanted(connection, prov_outage_ids, outage_id)
    # The inference may be of a later time than the newest signal: a hold-off ends without one.
    inferred = runs.newest_as_of(connection, sorted({row.run_id for row in rows}))
    times = [signals.watermark(connection), inferred, *(row.first_evidence_at for row in rows)]
    at = max([one for one in times if one is not None], default=now)
    world = world_as_of(connection, tenant_id, at)
    tree = tree_of(tenant_id, world)
    facts = {str(row.prov_outage_id): _facts(row, tree, override_reason) for row in rows}
    decided, counts = decide_all(facts.values(), at, tenant_id, standing)
    by_id = {str(row.prov_outage_id): row for row in rows}
    table = [_row(by_id[one.outage_key], one, at) for one in decided]
    question = Question(
        tenant_id,
        "PROMOTE",
        str(outage_id or ""),
        at,
        PROMOTION_VERSION,
        {
            "provisionals": [[str(row.prov_outage_id), str(row.run_id), row.status, row.posterior] for row in rows],
            "standing": [[one.outage_id, list(one.device_ids)] for one in standing],
            "override": override_reason,
        },
        settings_of(PromotionSettings()),
        {
            "prov_outage_ids": sorted(by_id),
            "override": override_reason,
            "inferred": sorted({str(row.run_id) for row in rows}),
        },
    )
    runs.keep(
        connection,
        question,
        outage_id=outage_id,
        output=[[row["prov_outage_id"], row["action"]] for row in table],
        counts=dict(counts),
        topology_version_id=world.topology_version_id,
        requested_by=requested_by,
        run_at=now,
        dagster_run_id=dagster_run_id,
    )
    by = requested_by if override_reason else MACHINE
    proposal = _propose(connection, table, question.run_id, by, actor_role if override_reason else "MACHINE")
    return Decisions(question.run_id, at, dict(counts), table, proposal)


def approved_before(connection: Connection, digest: str) -> Proposal | None:
    """The proposal of exactly this content that a person has approved; None where there is none."""
    row = connection.execute(
        text(
            "SELECT * FROM v_proposals WHERE tenant_id = current_setting('app.tenant') AND kind = :kind"
            " AND content_hash = :hash AND state = 'APPROVED' ORDER BY created_at DESC, proposal_id LIMIT 1"
        ),
        {"kind": PROMOTION.kind, "hash": digest},
    ).one_or_none()
    return None if row is None else of_row(row)


def _wanted(connection: Connection, ids: Sequence[uuid.UUID], outage_id: uuid.UUID | None) -> list[Provisional]:
    if ids:
        rows = provisionals.load(connection, sorted(set(ids)))
        missing = sorted(str(one) for one in set(ids) - {row.prov_outage_id for row in rows})
        if missing:
            raise NotFound(f"There is no provisional outage {missing[0]}.", hint="GET /v1/provisionals lists them.")
        return rows
    if outage_id is not None:
        outages.load(connection, outage_id)
        return provisionals.listed(connection, ("PROMOTED", "MERGED", *provisionals.OPEN), outage_id=outage_id)
    return provisionals.listed(connection, provisionals.OPEN)


def _facts(row: Provisional, tree: DeviceTree, override_reason: str) -> Facts:
    evidence = [EvidenceItem(e["kind"], e["value"], e["llr"], tuple(e["meter_ids"])) for e in row.evidence]
    return facts_from(
        str(row.prov_outage_id),
        row.status,
        row.posterior,
        row.device_ids,
        path_of(tree, row.device_id),
        row.meters_reported,
        evidence,
        row.first_evidence_at,
        "collector:" if row.status == "COMMS" else None,
        override_reason,
    )


def path_of(tree: DeviceTree, device_id: str) -> tuple[str, ...]:
    """The device and those above it, nearest first; the device alone where it is not in the tree."""
    place = tree.device_at.get(device_id)
    if place is None:
        return (device_id,)
    found = []
    while place != NONE:
        found.append(tree.device_ids[place])
        place = int(tree.parent[place])
    return tuple(found)


def _standing(connection: Connection) -> list[OpenOutage]:
    found = outages.listed(connection, _OPEN_OUTAGES)
    return [OpenOutage(str(one.outage_id), one.device_ids) for one in sorted(found, key=lambda one: str(one.outage_id))]


def _row(row: Provisional, decision: Decision, at: datetime) -> dict[str, Any]:
    return {
        "prov_outage_id": str(row.prov_outage_id),
        "action": _ACTION[decision.decision] if row.is_open else row.status.lower(),
        "reason": decision.reason if row.is_open else "A person has decided it already.",
        "conditions": [{"code": one.code, "holds": one.holds, "reason": one.reason} for one in decision.conditions],
        "canon_key": decision.canonical_key,
        "into": decision.merge_into,
        "feeder_id": row.feeder_id,
        "device_id": row.device_id,
        "device_ids": list(row.device_ids),
        "posterior": row.posterior,
        "meters_predicted": row.meters_predicted,
        "meters_reported": row.meters_reported,
        "first_evidence_at": row.first_evidence_at.isoformat(),
        "window_start": row.window_start.isoformat(),
        "window_end": row.window_end.isoformat(),
        "as_of": at.isoformat(),
        "run_id": str(row.run_id),
        "meter_ids": list(row.meter_ids),
        "speaks_for_it": sorted({item["kind"] for item in row.evidence if item["llr"] > 0}),
    }


def _propose(
    connection: Connection, table: list[dict[str, Any]], run_id: uuid.UUID, by: str, actor_role: str
) -> Proposal | None:
    chosen = [row for row in table if row["action"] in {"promote", "merge"}]
    if not chosen:
        return None
    ids = sorted(row["prov_outage_id"] for row in chosen)
    subject = ids[0] if len(ids) == 1 else f"{len(ids)}-{content_hash(ids)[:32]}"
    since = datetime.fromisoformat(chosen[0]["first_evidence_at"]).astimezone(load_tenant(connection).zone)
    first, customers = chosen[0], sum(row["meters_predicted"] for row in chosen)
    more = f" and {len(chosen) - 1} more" if len(chosen) > 1 else ""
    return propose(
        connection,
        PROMOTION,
        Subject("provisional_outage", subject),
        content={"decisions": [_signed_part(row) for row in chosen], "advisory": list(SENTENCES)},
        summary=f"Promote an outage at {first['device_id']}{more}: about {customers:,} customers",
        proposed_by=by,
        actor_role=actor_role,
        evidence={
            "posterior": chance(first["posterior"]).replace(NBSP, " "),
            "meters_reported": f"{first['meters_reported']} of {first['meters_predicted']}",
            "feeder": first["feeder_id"],
            "first_evidence": f"{since:%a %-d %b %H:%M %Z}",
            "speaks_for_it": "; ".join(EVIDENCE_WORDS.get(kind, kind) for kind in first["speaks_for_it"]),
        },
        page_url=f"/grid/outages/provisional/{subject}" if len(ids) == 1 else "/grid/outages",
        severity=3 if customers >= 500 else 2 if customers >= 50 else 1,
        run_id=run_id,
    )


# What a signature makes effective. Posterior, counts and runs go on changing while signals come in; they stand beside
# it as evidence, so that a proposal is not outdated by every report that confirms it.
SIGNED = (
    "prov_outage_id",
    "action",
    "canon_key",
    "into",
    "feeder_id",
    "device_id",
    "device_ids",
    "first_evidence_at",
    "window_start",
    "meter_ids",
)


def _signed_part(row: dict[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in SIGNED}


def require_reason(override: bool, reason: str | None, ids: Sequence[uuid.UUID], *, is_person: bool) -> str:
    """The reason of an override, as it is kept; empty where nothing is overridden.

    Raises:
        Forbidden: PERSON_REQUIRED, a machine does not override: else one person would have proposed and signed.
        Invalid: an override without a reason, or of nothing in particular.
    """
    if not override:
        return ""
    if not is_person:
        raise Forbidden(
            "A machine's key cannot override; nothing was proposed.",
            hint="Send a person's token.",
            code="PERSON_REQUIRED",
        )
    if not ids:
        raise Invalid(
            "An override names what it is about; nothing was proposed.",
            hint="Send `prov_outage_ids`.",
            errors=[{"field": "prov_outage_ids", "message": "needed with override"}],
        )
    if not (reason or "").strip():
        raise Invalid("An override needs a reason; nothing was proposed.", hint="Send `reason`.")
    return redact_text((reason or "").strip())
