"""Suggest how an outage is told afterwards: the replay, from its rows and the ledger, as of a time (step 20)."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from domain.grid.outages.rules.as_of import in_utc
from domain.grid.outages.rules.replay import summarise
from domain.grid.outages.rules.replay_facts import (
    REPLAY_VERSION,
    GivenEtr,
    Impact,
    OutageRecord,
    Recorded,
    ReplayFacts,
    Truth,
    settings_of,
)
from domain.grid.outages.rules.summary import Approval
from domain.grid.outages.store import advice, crews, facts, outages, replays, runs, signals
from domain.grid.outages.store.outages import Outage
from domain.grid.outages.store.replays import Replay
from domain.grid.outages.store.runs import Question, Run
from domain.grid.outages.store.world import World, world_as_of
from domain.grid.outages.suggest.asked import LOOK_BACK
from domain.grid.outages.suggest.rank import zones_of_world
from domain.grid.outages.suggest.told_advice import crew_line, option_line, plan, zone_line
from domain.grid.outages.suggest.told_map import map_edges
from domain.kernel.canonical import content_hash, derived_id
from domain.kernel.events import record
from domain.kernel.lineage import enqueue
from domain.kernel.tenancy import load_tenant

# From the ledger's events to the milestones of a replay.
MILESTONES = {
    "grid.provisional.created": "provisional_created",
    "grid.provisional.probable": "provisional_probable",
    "grid.provisional.promoted": "promoted",
    "grid.etr.given": "first_etr",
    "grid.zones.ranked": "zone_ranked",
    "grid.options.generated": "options_generated",
    "grid.crews.recommended": "crew_recommended",
    "grid.outage.dispatched": "dispatched",
    "grid.outage.arrived": "arrived",
    "grid.outage.fault_found": "fault_found",
    "grid.outage.isolated": "isolated",
    "grid.outage.closed": "closed",
}
OBSERVED_BY_PEOPLE = {"dispatched", "arrived", "fault_found", "isolated", "closed"}
HISTORY = timedelta(days=5 * 366)
# Beside the credible ones a zone is told of from this probability on.
LEAST_PROBABILITY = 0.001
ADVICE_STEPS = ("RANK", "OPTIONS", "CREWS", "ETR")


@dataclass(frozen=True)
class Replayed:
    """A replay with its run, and whether this call made it."""

    run_id: uuid.UUID
    replay: Replay
    is_new: bool


def replay(
    connection: Connection,
    tenant_id: str,
    outage_id: uuid.UUID,
    *,
    now: datetime,
    as_of: datetime | None = None,
    requested_by: str,
    dagster_run_id: str | None = None,
) -> Replayed:
    """Tell an outage from all that is known by `as_of`, and keep it; the same facts are the same replay.

    Raises:
        NotFound: no such outage, or no network.
        Invalid: a time before the outage began or in the future.
    """
    outage = outages.load(connection, outage_id)
    at = in_utc(as_of, now) if as_of else end_of_story(connection, outage)
    question, told = question_of(connection, tenant_id, outage, at)
    replay_id = derived_id("grid.replay", tenant_id, str(question.run_id))
    summary = summarise(told(str(replay_id), question.input_hash))
    plain = summary.model_dump(mode="json")
    is_new = runs.keep(
        connection,
        question,
        outage_id=outage_id,
        output=plain,
        counts={"milestones": len(summary.milestones), "impacts": len(summary.curve)},
        topology_version_id=uuid.UUID(summary.provenance.topology_version_id or ""),
        requested_by=requested_by,
        run_at=now,
        dagster_run_id=dagster_run_id,
    )
    if is_new:
        replays.insert(
            connection,
            replay_id=replay_id,
            outage_id=outage_id,
            as_of=at,
            run_ids=[uuid.UUID(run["run_id"]) for run in summary.provenance.runs],
            run_id=question.run_id,
            input_hash=question.input_hash,
            content_hash=content_hash(plain),
            summary=plain,
        )
        record(
            connection,
            "grid.outage.replayed",
            actor_id=requested_by,
            actor_role="MACHINE",
            entity_type="outage",
            entity_id=str(outage_id),
            outage_id=str(outage_id),
            run_id=question.run_id,
            replay_id=replay_id,
            payload={"content_hash": content_hash(plain)},
        )
        enqueue(connection, ("grid", "outage_replays"), metadata={"replay_id": str(replay_id)})
    return Replayed(question.run_id, replays.load(connection, replay_id), is_new)


def end_of_story(connection: Connection, outage: Outage) -> datetime:
    """When the newest thing about the outage was known; a replay needs no later time, and no clock."""
    times = [outage.confirmed_at, outage.restored_at, outage.closed_at, signals.watermark(connection)]
    return max(at for at in (*times, outage.started_at) if at is not None)


def question_of(connection: Connection, tenant_id: str, outage: Outage, at: datetime) -> tuple[Question, Any]:
    """What determines the replay, and how its facts are put together once its ids are known."""
    world = world_as_of(connection, tenant_id, outage.started_at - LOOK_BACK)
    made = [run for run in runs.of_outage(connection, outage.outage_id, at) if run.step in ADVICE_STEPS]
    read = _read(connection, outage, at, made)
    tenant = load_tenant(connection)
    plain = {
        "outage": {name: str(value) for name, value in sorted(vars(outage).items())},
        "impacts": content_hash([[i.meter_id, str(i.out_at), str(i.restored_at)] for i in read["impacts"]]),
        "ledger": [[one.code, one.at.isoformat()] for one in read["recorded"]],
        "runs": [[str(run.run_id), run.output_hash] for run in made],
        "days": [[str(day), minutes] for day, minutes in read["days"].items()],
        "feedback": [str(one["feedback_id"]) for one in read["feedback"]],
        "topology_version_id": str(world.topology_version_id),
    }
    question = Question(
        tenant_id,
        "REPLAY",
        str(outage.outage_id),
        at,
        REPLAY_VERSION,
        plain,
        settings_of(),
        {"outage_id": str(outage.outage_id)},
    )

    def told(replay_id: str, input_hash: str) -> ReplayFacts:
        return ReplayFacts(
            replay_id=replay_id,
            tenant_id=tenant_id,
            tenant_name=tenant.name,
            generated_at=at,
            as_of=at,
            outage=_outage(outage, world, str(tenant.zone), read["served"], read["names"]),
            input_hash=input_hash,
            impacts=tuple(
                Impact(i.meter_id, i.out_at, i.restored_at, i.critical, read["kw"].get(i.meter_id, 0.0))
                for i in read["impacts"]
            ),
            recorded=tuple(read["recorded"]),
            runs=tuple(run.as_provenance() for run in made),
            saidi_by_day=read["days"],
            evidence_counts=read["counts"],
            data_quality=read["quality"],
            approvals=tuple(read["approvals"]),
            feedback=tuple({name: str(value) for name, value in one.items() if value} for one in read["feedback"]),
            truth=_truth(tenant_id, outage, world),
            map_edges=map_edges(tenant_id, outage, world, {i.meter_id for i in read["impacts"]}),
            topology_version_id=str(world.topology_version_id),
            topology_imported_at=world.imported_at,
            **_advice(connection, outage, made),
        )

    return question, told


def _read(connection: Connection, outage: Outage, at: datetime, made: list[Run]) -> dict[str, Any]:
    became = facts.provisionals_of(connection, outage.outage_id)
    first = facts.first_signals(connection, outage.outage_id, at)
    story = facts.ledger(connection, outage.outage_id, [own for own, _ in became], at)
    impacts = outages.impacts(connection, outage.outage_id)
    recorded = [
        Recorded(
            MILESTONES[one.event_type],
            one.at,
            "ledger",
            (str(one.event_id),),
            MILESTONES[one.event_type] in OBSERVED_BY_PEOPLE,
        )
        for one in story
        if one.event_type in MILESTONES
    ]
    recorded += _of_signals(first)
    zone = load_tenant(connection).zone
    day = outage.started_at.astimezone(zone).date()
    # A replay repeats what people decided; their signatures stand in it whenever they were given.
    signed = [signature for _, signature in became]
    return {
        "impacts": impacts,
        "recorded": sorted(recorded, key=lambda one: (one.at, one.code, one.evidence_ids)),
        "days": facts.saidi_days(connection, day - HISTORY, day),
        "counts": {kind: n for kind, (_, n) in sorted(first.items())},
        "approvals": [_approval(one) for one in facts.approvals(connection, signed, at)],
        "feedback": advice.feedback_on(connection, [run.run_id for run in made]),
        "served": facts.customers_served(connection),
        "kw": facts.mean_kw(connection, outage.outage_id),
        "names": facts.feeder_names(connection),
        "quality": {
            "last_gasp_delivery": round(facts.gasped(connection, outage.outage_id, at) / len(impacts), 4)
            if impacts
            else None,
            "restoration_reported": round(sum(i.source == "restoration" for i in impacts) / len(impacts), 4)
            if impacts
            else None,
            "restoration_derived": sum(i.source == "derived" for i in impacts),
        },
    }


def _of_signals(first: dict[str, tuple[datetime, int]]) -> list[Recorded]:
    found = []
    if first:
        found.append(Recorded("first_evidence", min(at for at, _ in first.values()), "meter_events"))
    for kind, code in (("POWER_OUT", "first_last_gasp"), ("CALL", "first_call"), ("POWER_ON", "verified_by_prn")):
        if kind in first:
            found.append(Recorded(code, first[kind][0], "meter_events"))
    return found


def _approval(row: dict[str, Any]) -> Approval:
    return Approval(
        act=row["kind"],
        by=row["name"],
        role=row["signer_role"],
        at=row["signed_at"].isoformat(),
        content_hash=row["content_hash"],
        countersignature_id=str(row["countersignature_id"]),
        reason=row["reason"],
    )


def _outage(outage: Outage, world: World, zone: str, served: int, names: dict[str, str]) -> OutageRecord:
    kind = next((one.type for one in world.network.devices if one.device_id == outage.device_id), "device")
    return OutageRecord(
        str(outage.outage_id),
        outage.feeder_id,
        names.get(outage.feeder_id, outage.feeder_id),
        outage.device_id,
        kind,
        outage.status,
        outage.started_at,
        served,
        zone,
        outage.cause,
        outage.restored_at,
        outage.planned,
    )


def _advice(connection: Connection, outage: Outage, made: list[Run]) -> dict[str, Any]:
    """The advice as it was given: of each step the run that people had before them last."""
    last = {run.step: run for run in made}
    found: dict[str, Any] = {}
    if "RANK" in last:
        rows = advice.of_run(connection, "fault_zone_rankings", last["RANK"].run_id)
        found["zones"] = tuple(
            zone_line(row) for row in rows if row["is_credible"] or row["probability"] >= LEAST_PROBABILITY
        )
    if "OPTIONS" in last:
        rows = advice.of_run(connection, "restoration_options", last["OPTIONS"].run_id)
        found["options"] = tuple(option_line(row) for row in rows if row["rank"] is not None)
        found["rejected_options"] = tuple(option_line(row) for row in rows if row["rank"] is None)
        found["plans"] = tuple(plan(row, outage) for row in rows if row["rank"] is not None)
        found["advised_at"] = last["OPTIONS"].as_of
    if "CREWS" in last:
        rows = advice.of_run(connection, "crew_recommendations", last["CREWS"].run_id)
        found["crews"] = tuple(crew_line(row, crews.names(connection)) for row in rows)
    given = [row for run in made if run.step == "ETR" for row in advice.of_run(connection, "outage_etrs", run.run_id)]
    found["etrs"] = tuple(GivenEtr(row["given_at"], row["p50_at"], row["p90_at"]) for row in given)
    return found


def _truth(tenant_id: str, outage: Outage, world: World) -> Truth | None:
    """Where the fault was, as somebody reported it, with the customers of that section itself."""
    if outage.true_device_id is None and outage.true_zone_id is None:
        return None
    zones = {zone.zone_id: zone for zone in zones_of_world(tenant_id, world)}
    zone = zones.get(outage.true_zone_id or "")
    return Truth(outage.true_device_id, outage.true_zone_id, () if zone is None else zone.meter_ids)
