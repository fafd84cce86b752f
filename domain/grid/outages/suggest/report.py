"""Suggest the report: its draft edition at once, and the proposal that a person signs for the signed one (step 21)."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from domain.grid.outages.report.editions import KIND, MEDIA_TYPES, render
from domain.grid.outages.report.identity import RENDERER_VERSION, report_content_hash
from domain.grid.outages.rules.gates import AFTER_ACTION
from domain.grid.outages.rules.summary import ReplaySummary
from domain.grid.outages.store import editions, replays
from domain.grid.outages.store.replays import Replay
from domain.kernel.canonical import content_hash
from domain.kernel.errors import Conflict
from domain.kernel.events import record
from domain.kernel.lineage import enqueue
from domain.kernel.objects.store import Link, Store
from domain.kernel.proposals import Proposal, Subject, propose
from domain.kernel.report.brand import ReportOptions
from domain.kernel.report.editions import DRAFT
from domain.kernel.report.signing import brand_of

MACHINE = "grid.outages"


@dataclass(frozen=True)
class Exported:
    """The draft edition: its files as `report_blob_ref` names them, a link to each, and the proposal that waits."""

    replay: Replay
    files: dict[str, dict[str, Any]]
    links: dict[str, Link]
    proposal: Proposal


def export(
    connection: Connection,
    store: Store,
    tenant_id: str,
    replay_id: uuid.UUID,
    *,
    now: datetime,
    formats: Sequence[str] = ("pdf", "docx"),
    page_size: str = "A4",
    requested_by: str,
) -> Exported:
    """Write the draft edition and lay its content before a person.

    Raises:
        NotFound: no such replay.
        Conflict: CONTENT_CHANGED, the stored summary is not what its hash says.
        Unavailable: the store does not take it; nothing was noted.
    """
    replay = replays.load(connection, replay_id)
    summary, brand = summary_of(replay), brand_of(connection)
    options = ReportOptions.model_validate({"page_size": page_size.upper()})
    digest = report_content_hash(summary, brand, options)
    made = render(summary, brand, options, formats)
    made_from = {
        "replay_id": str(replay_id),
        "content_hash": digest,
        "renderer_version": RENDERER_VERSION,
        "brand": brand.model_dump(mode="json"),
        "options": options.model_dump(mode="json"),
        "run_id": str(replay.run_id),
    }
    files = editions.keep_files(
        connection,
        store,
        tenant_id,
        replay,
        DRAFT,
        {one: (data, MEDIA_TYPES[one]) for one, data in made.items()},
        kind=KIND,
        made_from=made_from,
        actor_id=requested_by,
    )
    replays.refer(
        connection,
        replay_id,
        DRAFT,
        {"files": files, "content_hash": digest, "brand": made_from["brand"], "options": made_from["options"]},
    )
    proposal = _propose(connection, replay, summary, digest)
    _tell(connection, replay, digest, files, requested_by)
    links = {
        one: store.link(tenant_id, editions.target_of(replay, DRAFT, one, told), now) for one, told in files.items()
    }
    return Exported(replays.load(connection, replay_id), files, links, proposal)


def summary_of(replay: Replay) -> ReplaySummary:
    """The stored summary, held against its hash.

    Raises:
        Conflict: CONTENT_CHANGED.
    """
    if content_hash(replay.summary) != replay.content_hash:
        raise Conflict(
            f"The summary of replay {replay.replay_id} is not what its hash says; no report was made.",
            hint="Somebody changed it behind the platform. Make the replay again.",
            code="CONTENT_CHANGED",
        )
    return ReplaySummary.model_validate(replay.summary)


def _propose(connection: Connection, replay: Replay, summary: ReplaySummary, digest: str) -> Proposal:
    reliability, outage = summary.reliability, summary.outage
    return propose(
        connection,
        AFTER_ACTION,
        Subject("outage_replay", str(replay.replay_id)),
        hashed=digest,
        summary=f"Sign the after-action report of the outage at {outage.device_id}, {outage.started_at[:10]}",
        proposed_by=MACHINE,
        evidence={
            "customers_out": f"{outage.customers_out_peak:,}",
            "customer_minutes": f"{reliability.cmi:,.0f}",
            "saidi": f"{reliability.saidi_min:.3f} min",
            "missing_milestones": summary.data_quality.get("missing_milestones", 0),
        },
        severity=1,
        run_id=replay.run_id,
    )


def _tell(
    connection: Connection, replay: Replay, digest: str, files: dict[str, dict[str, Any]], requested_by: str
) -> None:
    record(
        connection,
        "grid.report.exported",
        actor_id=requested_by,
        actor_role="MACHINE",
        entity_type="outage_replay",
        entity_id=str(replay.replay_id),
        outage_id=str(replay.outage_id),
        run_id=replay.run_id,
        replay_id=replay.replay_id,
        payload={"content_hash": digest, "sha256": {one: told["sha256"] for one, told in files.items()}},
    )
    enqueue(connection, ("grid", "outage_replays"), metadata={"replay_id": str(replay.replay_id)})
