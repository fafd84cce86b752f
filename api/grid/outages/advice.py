"""Advice on an outage over HTTP: zones, options, crews, replay, report, feedback. It commands nothing."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter

from api.deps import CallerDep, TenantSession, allow
from api.grid.outages.answers import answer, of_advice, short_option
from api.grid.outages.promotion import ADVISES, LOOKS, OPERATES
from api.grid.outages.schemas import Advise, Export, Feedback, GenerateReplay, Rank
from domain.grid.outages.store import advice, editions, replays, runs
from domain.grid.outages.store.replays import Replay
from domain.grid.outages.suggest.crews import recommend
from domain.grid.outages.suggest.options import generate
from domain.grid.outages.suggest.rank import rank
from domain.grid.outages.suggest.replay import replay
from domain.grid.outages.suggest.report import export
from domain.kernel.canonical import new_id
from domain.kernel.clock import utc_now
from domain.kernel.events import record
from domain.kernel.objects.chosen import open_store
from domain.kernel.objects.store import Link
from domain.kernel.redaction import redact

router = APIRouter(prefix="/v1", tags=["RestoreIQ"])
EXPORTS = allow(roles={"OPERATOR", "MANAGER", "REVIEWER", "ADMIN", "TENANT_OWNER"}, scopes={"grid:advise"})


@router.post("/fault-zones/rank", dependencies=[ADVISES], summary="Rank where the fault is")
def rank_zones(body: Rank, connection: TenantSession, caller: CallerDep) -> dict[str, Any]:
    """Zones by probability, with patrol order and the prefix that holds 90 %."""
    made = rank(
        connection,
        caller.tenant_id,
        body.outage_id,
        now=utc_now(),
        as_of=body.as_of,
        rank_by=body.rank_by,
        requested_by=caller.id,
    )
    return of_advice(made, body.mode, "zones", zones=made.rows)


@router.post("/restoration-options/generate", dependencies=[ADVISES], summary="Generate restoration options")
def generate_options(body: Advise, connection: TenantSession, caller: CallerDep) -> dict[str, Any]:
    """What could be done, best first, and what was rejected with the reasons; with the estimate of restoration."""
    made = generate(
        connection,
        caller.tenant_id,
        body.outage_id,
        now=utc_now(),
        as_of=body.as_of,
        ranking=body.run_id,
        requested_by=caller.id,
    )
    rows = [short_option(row) for row in made.rows]
    told = of_advice(
        made,
        body.mode,
        "options",
        options=[row for row in rows if row["rank"] is not None],
        rejected=[row for row in rows if row["rank"] is None],
    )
    given = made.estimate
    etr = None if given is None else {"run_id": given.run_id, "p50_at": given.p50_at, "p90_at": given.p90_at}
    return told | {"etr": etr}


@router.post("/crews/recommendations/generate", dependencies=[ADVISES], summary="Recommend crews")
def recommend_crews(body: Advise, connection: TenantSession, caller: CallerDep) -> dict[str, Any]:
    """The best three crews of each job, and the joint plan (`is_assigned`)."""
    made = recommend(
        connection,
        caller.tenant_id,
        body.outage_id,
        now=utc_now(),
        as_of=body.as_of,
        ranking=body.run_id,
        requested_by=caller.id,
    )
    return of_advice(made, body.mode, "crews", recommendations=made.rows)


@router.post("/replays/after-action/generate", dependencies=[ADVISES], summary="Replay an outage")
def generate_replay(body: GenerateReplay, connection: TenantSession, caller: CallerDep) -> dict[str, Any]:
    """The outage as it was. `minimal` answers ids and counts, `summary` the main parts, `full` everything."""
    made = replay(connection, caller.tenant_id, body.outage_id, now=utc_now(), as_of=body.as_of, requested_by=caller.id)
    kept = made.replay
    counts = {
        "milestones": sum(one["at"] is not None for one in kept.summary["milestones"]),
        "events": sum(kept.summary["evidence_counts"].values()),
    }
    told = answer(
        "generated" if made.is_new else "unchanged", run_id=made.run_id, outage_id=kept.outage_id, counts=counts
    )
    told |= {"replay_id": kept.replay_id, "content_hash": kept.content_hash, "as_of": kept.as_of}
    return told | ({} if body.mode == "minimal" else {"summary": _summary(kept, body.mode)})


SUMMARY_PARTS = (
    "schema_version",
    "outage",
    "milestones",
    "metrics",
    "reliability",
    "etr",
    "ranking_quality",
    "evidence_counts",
    "data_quality",
    "narrative",
    "advisory",
)


def _summary(kept: Replay, mode: str) -> dict[str, Any]:
    return kept.summary if mode == "full" else {name: kept.summary[name] for name in SUMMARY_PARTS}


@router.get("/replays/{replay_id}", dependencies=[LOOKS], summary="One replay with links to its report")
def one_replay(replay_id: UUID, connection: TenantSession, caller: CallerDep) -> dict[str, Any]:
    """The replay's summary; links to the files are signed for this answer."""
    kept = replays.load(connection, replay_id)
    told = answer(kept.status, run_id=kept.run_id, outage_id=kept.outage_id, counts={})
    files = {
        edition: _links(kept, edition, caller.tenant_id)
        for edition in ("draft", "signed")
        if edition in kept.report_blob_ref
    }
    return told | {
        "replay_id": replay_id,
        "content_hash": kept.content_hash,
        "summary": kept.summary,
        "files": files,
        "report_blob_ref": kept.report_blob_ref,
    }


def _links(kept: Replay, edition: str, tenant_id: str) -> dict[str, Any]:
    store, now = open_store(), utc_now()
    return {
        one: _file(told, store.link(tenant_id, editions.target_of(kept, edition, one, told), now))
        for one, told in kept.report_blob_ref[edition]["files"].items()
    }


def _file(told: dict[str, Any], link: Link) -> dict[str, Any]:
    return {
        "url": link.url,
        "expires_at": link.expires_at,
        "sha256": told["sha256"],
        "size_bytes": told["size_bytes"],
    }


@router.post("/reports/after-action/export", dependencies=[EXPORTS], summary="Export the after-action report")
def export_report(body: Export, connection: TenantSession, caller: CallerDep) -> dict[str, Any]:
    """The draft edition at once, marked as such; a person's signature on `proposal_id` makes the signed one."""
    made = export(
        connection,
        open_store(),
        caller.tenant_id,
        body.replay_id,
        now=utc_now(),
        formats=body.formats,
        page_size=body.page_size,
        requested_by=caller.id,
    )
    kept = made.replay
    told = answer("exported", run_id=kept.run_id, outage_id=kept.outage_id, counts={"files": len(made.files)})
    return told | {
        "replay_id": kept.replay_id,
        "edition": "draft",
        "files": {one: _file(own, made.links[one]) for one, own in made.files.items()},
        "proposal_id": made.proposal.proposal_id,
        "content_hash": made.proposal.content_hash,
        "page": f"/countersign/{made.proposal.proposal_id}",
    }


@router.post("/feedback", dependencies=[OPERATES], status_code=201, summary="Say what became of a recommendation")
def feedback(body: Feedback, connection: TenantSession, caller: CallerDep) -> dict[str, Any]:
    """Kept under the run that recommended it; acceptance by algorithm version follows from it."""
    run = runs.load(connection, body.run_id)
    feedback_id = new_id()
    advice.feedback(connection, redact(body.model_dump()) | {"feedback_id": feedback_id, "actor_id": caller.id})
    record(
        connection,
        "grid.feedback.given",
        actor_id=caller.id,
        actor_role=caller.actor_role,
        entity_type=body.rec_type,
        entity_id=body.rec_id,
        outage_id=None if run.outage_id is None else str(run.outage_id),
        run_id=body.run_id,
        payload={"action": body.action, "reason_code": body.reason_code},
    )
    return answer("stored", run_id=body.run_id, outage_id=run.outage_id, counts={}) | {"feedback_id": feedback_id}
