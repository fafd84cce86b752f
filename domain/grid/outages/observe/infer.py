"""Infer what is out: from all signals that had arrived to provisional outages, each with its evidence.

Running it again on the same signals is the same run and changes nothing. What a person has decided stays decided.
"""

import uuid
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from domain.grid.outages.rules.as_of import in_utc
from domain.grid.outages.rules.inference.infer import infer_outages
from domain.grid.outages.rules.inference.results import Inferred, InferredOutage
from domain.grid.outages.rules.inference.settings import OUTAGE_INFERENCE_VERSION, InferenceSettings, settings_of
from domain.grid.outages.rules.signals import Signal, Standing
from domain.grid.outages.rules.storm_mode import storm_as_input
from domain.grid.outages.store import advice, outages, provisionals, runs, signals, storm_modes
from domain.grid.outages.store.provisionals import Provisional
from domain.grid.outages.store.runs import Question, Run
from domain.grid.outages.store.signals import as_signal
from domain.grid.outages.store.world import World, tree_of, world_as_of
from domain.kernel.canonical import content_hash, derived_id
from domain.kernel.errors import NotFound
from domain.kernel.events import record
from domain.kernel.lineage import enqueue

# Signals older than this no longer say what is out now; an outage that lasts longer was promoted or is looked for anew.
LOOK_BACK = timedelta(hours=6)
# A candidate that nothing has confirmed for this long is let go.
LASTS = timedelta(hours=2)
MOST_CLASSES = 20


@dataclass(frozen=True)
class InferRun:
    """One inference: its run, counts by state, and the provisional outages as they stand now."""

    run_id: uuid.UUID
    as_of: datetime
    counts: dict[str, int]
    rows: list[Provisional]
    is_new: bool


def infer(
    connection: Connection,
    tenant_id: str,
    *,
    now: datetime,
    as_of: datetime | None = None,
    requested_by: str,
    dagster_run_id: str | None = None,
) -> InferRun:
    """Infer from what had arrived by `as_of`, by default from all; in the caller's transaction.

    Raises:
        NotFound: the tenant has no network, or no signal was ever reported.
        Invalid: AS_OF, a time that has not come.
    """
    at = in_utc(as_of, now) if as_of else signals.watermark(connection)
    if at is None:
        raise NotFound(
            "No meter has reported anything yet; nothing was inferred.",
            hint="Report last gasps: POST /v1/grid/meter-events.",
        )
    heard = _heard(connection, at)
    world = world_as_of(connection, tenant_id, at - LOOK_BACK)
    standing, storm = _standing(connection, at), storm_modes.declared(connection, at)
    question = _question(tenant_id, at, world, heard, standing, storm)
    former = runs.find(connection, question.run_id)
    if former is not None:
        return _as_before(connection, former)
    inferred = infer_outages(tree_of(tenant_id, world), heard, at, standing=standing, declared_storm=storm)
    rows = _rows(tenant_id, question.run_id, inferred)
    counts = _counts(rows, len(heard))
    # One writer at a time: two runs that bring the same provisional outages up to date do so one after the other.
    provisionals.lock(connection)
    is_new = runs.keep(
        connection,
        replace(question, made_from={"provisionals": [str(row.prov_outage_id) for row in rows]}),
        outage_id=None,
        output=[_told(row) for row in rows],
        counts=counts,
        topology_version_id=world.topology_version_id,
        requested_by=requested_by,
        run_at=now,
        dagster_run_id=dagster_run_id,
    )
    if not is_new:
        return _as_before(connection, runs.load(connection, question.run_id))
    _keep(connection, question.run_id, inferred)
    _put(connection, rows, at, requested_by)
    enqueue(connection, ("grid", "provisional_outages"), metadata={"run_id": str(question.run_id), **counts})
    stored = provisionals.in_order(connection, [row.prov_outage_id for row in rows])
    return InferRun(question.run_id, at, counts, stored, is_new=True)


def _as_before(connection: Connection, run: Run) -> InferRun:
    """What a run that stands inferred, as its provisional outages stand by now."""
    return InferRun(run.run_id, run.as_of, run.counts, inferred_by(connection, run), is_new=False)


def inferred_by(connection: Connection, run: Run) -> list[Provisional]:
    """The provisional outages that a run inferred, as they stand by now, the most customers at stake first."""
    return provisionals.in_order(connection, [uuid.UUID(one) for one in run.made_from.get("provisionals", [])])


def inferred_again(connection: Connection, tenant_id: str, run: Run) -> tuple[Question, list[Any]]:
    """The question of a recorded inference as it would be asked now, and its answer, for comparison."""
    heard, standing = _heard(connection, run.as_of), _standing(connection, run.as_of)
    world = world_as_of(connection, tenant_id, run.as_of - LOOK_BACK)
    storm = storm_modes.declared(connection, run.as_of)
    question = _question(tenant_id, run.as_of, world, heard, standing, storm)
    inferred = infer_outages(tree_of(tenant_id, world), heard, run.as_of, standing=standing, declared_storm=storm)
    return question, [_told(row) for row in _rows(tenant_id, question.run_id, inferred)]


def _heard(connection: Connection, at: datetime) -> list[Signal]:
    return [as_signal(one) for one in signals.between(connection, at - LOOK_BACK, at)]


def _standing(connection: Connection, at: datetime) -> tuple[Standing, ...]:
    """Outages that people had confirmed by then and that are not long over: what they explain is not inferred again."""
    return tuple(
        Standing(
            str(one.outage_id),
            one.device_id,
            frozenset(impact.meter_id for impact in outages.impacts(connection, one.outage_id)),
            one.started_at,
            one.restored_at if one.restored_at is not None and one.restored_at <= at else None,
        )
        for one in sorted(
            outages.listed(connection, ("OPEN", "DISPATCHED", "ARRIVED", "RESTORED")), key=lambda one: one.outage_id
        )
        if (one.confirmed_at or one.started_at) <= at and (one.restored_at is None or one.restored_at > at - LOOK_BACK)
    )


def _question(
    tenant_id: str,
    at: datetime,
    world: World,
    heard: list[Signal],
    standing: tuple[Standing, ...],
    storm: bool | None,
) -> Question:
    inputs = {
        "topology_version_id": str(world.topology_version_id),
        "switched": [list(world.open_devices), list(world.closed_devices)],
        "signals": content_hash(
            [[one.type, one.meter_id, one.device_id, one.at.isoformat(), one.value] for one in heard]
        ),
        "standing": [[one.outage_id, len(one.meter_ids), str(one.ended_at)] for one in standing],
    } | storm_as_input(storm)
    return Question(tenant_id, "INFER", "", at, OUTAGE_INFERENCE_VERSION, inputs, settings_of(InferenceSettings()), {})


def _rows(tenant_id: str, run_id: uuid.UUID, inferred: Inferred) -> list[Provisional]:
    ids = {one.outage_key: derived_id("grid.provisional", tenant_id, one.outage_key) for one in inferred.outages}
    return [
        Provisional(
            prov_outage_id=ids[one.outage_key],
            feeder_id=one.feeder_id,
            device_id=one.device_id,
            device_ids=one.device_ids,
            eq_class_id=one.device_ids[0],
            window_start=one.window_start,
            window_end=one.window_end,
            first_evidence_at=one.first_evidence_at,
            meters_predicted=len(one.meters_predicted),
            meters_reported=len(one.meters_reported),
            meter_ids=one.meters_predicted,
            posterior=one.posterior,
            posterior_meters_out=one.posterior_meters_out,
            evidence=[
                {"kind": item.kind, "value": item.value, "llr": item.llr, "meter_ids": list(item.meter_ids)}
                for item in one.evidence
            ],
            credible=[{"device_ids": list(own), "posterior": chance} for own, chance in one.credible],
            next_pings=[{"meter_id": meter, "expected_bits": bits} for meter, bits in one.next_pings],
            status=one.status,
            hold_until=one.first_evidence_at + timedelta(seconds=InferenceSettings().hold_off_s),
            nested_of=ids.get(one.nested_of) if one.nested_of else None,
            run_id=run_id,
        )
        for one in inferred.outages
        if not (one.explained_by or "").startswith(("standing:", "planned:"))
    ]


def _counts(rows: list[Provisional], heard: int) -> dict[str, int]:
    states = ("PROBABLE", "VERIFY", "CANDIDATE", "MOMENTARY", "COMMS")
    return {"signals": heard, "provisionals": len(rows)} | {
        state.lower(): sum(row.status == state for row in rows) for state in states
    }


def _told(row: Provisional) -> list[Any]:
    """What is hashed as the output: ids, classes and rounded figures."""
    return [str(row.prov_outage_id), list(row.device_ids), row.posterior, row.status, row.meters_predicted]


def _keep(connection: Connection, run_id: uuid.UUID, inferred: Inferred) -> None:
    advice.put(
        connection,
        "evidence_clusters",
        run_id,
        [
            {
                "cluster_id": derived_id("grid.cluster", str(run_id), one.cluster_id),
                "feeder_id": one.feeder_id,
                "window_start": one.window_start,
                "window_end": one.window_end,
                "reports": one.last_gasps,
                "meters": one.last_gasps,
                "kind": "session",
            }
            for one in inferred.clusters
        ],
    )
    best: dict[str, tuple[float, InferredOutage, tuple[str, ...]]] = {}
    for one in inferred.outages:
        for own, chance in one.credible[:MOST_CLASSES]:
            if own[0] not in best or chance > best[own[0]][0]:
                best[own[0]] = (chance, one, own)
    ordered = sorted(best.values(), key=lambda row: (-row[0], row[2][0]))
    advice.put(
        connection,
        "device_posteriors",
        run_id,
        [
            {
                "eq_class_id": own[0],
                "feeder_id": one.feeder_id,
                "device_ids": own,
                "posterior": chance,
                "rank": rank,
                "meters_predicted": len(one.meters_predicted),
                "meters_reported": len(one.meters_reported),
            }
            for rank, (chance, one, own) in enumerate(ordered, start=1)
        ],
    )


def _put(connection: Connection, rows: list[Provisional], at: datetime, actor_id: str) -> None:
    """Bring the provisional outages up to date and tell the ledger what is new or has become probable."""
    standing = {one.prov_outage_id: one for one in provisionals.load(connection, [r.prov_outage_id for r in rows])}
    provisionals.put(connection, rows)
    provisionals.expire(connection, [row.prov_outage_id for row in rows], at - LASTS)
    for row in rows:
        former = standing.get(row.prov_outage_id)
        if former is None:
            _tell(connection, row, "created", at, actor_id)
        if row.status == "PROBABLE" and (former is None or former.status in {"CANDIDATE", "VERIFY"}):
            _tell(connection, row, "probable", at, actor_id)


def _tell(connection: Connection, row: Provisional, what: str, at: datetime, actor_id: str) -> None:
    record(
        connection,
        f"grid.provisional.{what}",
        actor_id=actor_id,
        actor_role="MACHINE",
        occurred_at=at,
        entity_type="provisional_outage",
        entity_id=str(row.prov_outage_id),
        prov_outage_id=str(row.prov_outage_id),
        run_id=row.run_id,
        payload={"device_ids": list(row.device_ids), "posterior": row.posterior, "meters": row.meters_predicted},
    )
