"""RestoreIQ as assets: signals, what is inferred of them, what people promoted, and the advice on it.

Whatever door is used, the API's or a run's, the same verbs make the same rows under the same run ids.
"""

import uuid
from collections.abc import Iterator

import dagster as dg

from domain.grid.outages.observe.infer import infer
from domain.grid.outages.observe.progress import follow
from domain.grid.outages.observe.waiting import held_off, newest_signal, waiting_for_advice, waiting_for_replay
from domain.grid.outages.suggest.crews import recommend
from domain.grid.outages.suggest.promote import decisions
from domain.grid.outages.suggest.replay import replay
from domain.kernel.tenancy import tenant_directory
from orchestration.partitions import TENANTS, make_known
from orchestration.queue import FIRST
from orchestration.resources import Machine
from orchestration.tables import table

OWNER = "team:control-room"


def _table(name: str, says: str, verb: str, *made_from: str | dg.AssetDep) -> dg.AssetSpec:
    return table("grid", name, says, verb=verb, made_from=made_from, partitions=TENANTS, owner=OWNER)  # type: ignore[arg-type]


SIGNALS = _table(
    "meter_events",
    "Last gasps, restorations, pings, calls, SCADA, crews' words. Grain: who, what and when.",
    "observe",
    "meters",
)
INFERRED = [
    _table(
        "device_posteriors",
        "Which device is the topmost open one, by what meters reported. Grain: run and device class.",
        "observe",
        "meter_events",
    ),
    _table(
        "provisional_outages",
        "What is held to be out until a person decides. Grain: belief.",
        "suggest",
        "device_posteriors",
    ),
]
OUTAGES = _table(
    "outages",
    "Outages that a person promoted, and how far they are restored. Grain: outage.",
    "countersign",
    dg.AssetDep(["countersign", "outage_promotion"]),
    "provisional_outages",
)
ADVICE = [
    _table(
        "fault_zone_rankings",
        "Where the fault is, with patrol order. Grain: run and zone. Units: probability, miles.",
        "suggest",
        "outages",
    ),
    _table(
        "restoration_options",
        "What could be done, and what was rejected with the reasons. Grain: run and option. Units: kW, min, pu.",
        "suggest",
        "fault_zone_rankings",
    ),
    _table(
        "crew_recommendations",
        "Who could go. Grain: run, job and crew. Units: min, km.",
        "suggest",
        "restoration_options",
    ),
]
REPLAYED = _table(
    "outage_replays",
    "Outages told afterwards, with what following the advice would have changed. Grain: replay.",
    "suggest",
    "crew_recommendations",
)


Requests = list[dg.RunRequest] | dg.SkipReason
Results = Iterator[dg.MaterializeResult[None]]


@dg.multi_asset(specs=INFERRED)
def infer_outages_of_tenant(context: dg.AssetExecutionContext, machine: Machine) -> Results:
    """Infer what is out, note who is back, and lay what may be promoted before a person."""
    tenant_id, now = context.partition_key, machine.now()
    with machine.session(tenant_id) as connection:
        # As of now, not of the newest signal: a hold-off ends without one.
        made = infer(
            connection, tenant_id, now=now, as_of=now, requested_by=machine.actor, dagster_run_id=context.run.run_id
        )
        back = follow(connection, made.as_of, actor_id=machine.actor)
        decided = decisions(
            connection, tenant_id, now=now, requested_by=machine.actor, dagster_run_id=context.run.run_id
        )
    yield dg.MaterializeResult(asset_key=INFERRED[0].key, metadata={"run_id": str(made.run_id), **made.counts})
    yield dg.MaterializeResult(asset_key=INFERRED[1].key, metadata={**made.counts, **decided.counts, **back})


@dg.multi_asset(specs=ADVICE)
def advise_on_outages(context: dg.AssetExecutionContext, machine: Machine) -> Results:
    """Rank zones, generate options and recommend crews for every open outage of the tenant."""
    tenant_id, counts = context.partition_key, {"outages": 0, "recommendations": 0}
    for outage_id in _of(machine, tenant_id):
        with machine.session(tenant_id) as connection:
            made = recommend(
                connection,
                tenant_id,
                outage_id,
                now=machine.now(),
                requested_by=machine.actor,
                dagster_run_id=context.run.run_id,
            )
        counts["outages"] += 1
        counts["recommendations"] += len(made.rows)
    for spec in ADVICE:
        yield dg.MaterializeResult(asset_key=spec.key, metadata=counts)


def _of(machine: Machine, tenant_id: str) -> list[uuid.UUID]:
    with machine.session(tenant_id) as connection:
        return waiting_for_advice(connection)


@dg.multi_asset(specs=[REPLAYED])
def replay_outages(context: dg.AssetExecutionContext, machine: Machine) -> dg.MaterializeResult[None]:
    """Tell every restored outage of the tenant that has not been told since."""
    tenant_id = context.partition_key
    with machine.session(tenant_id) as connection:
        waiting = waiting_for_replay(connection)
        for outage_id in waiting:
            replay(
                connection,
                tenant_id,
                outage_id,
                now=machine.now(),
                requested_by=machine.actor,
                dagster_run_id=context.run.run_id,
            )
    return dg.MaterializeResult(metadata={"replays": len(waiting)})


infer_job = dg.define_asset_job(
    "grid_infer_outages",
    selection=dg.AssetSelection.assets(infer_outages_of_tenant),
    description="Infer what is out in one tenant's network, and lay it before a person.",
    tags=FIRST,
)
advise_job = dg.define_asset_job(
    "grid_advise_on_outages",
    selection=dg.AssetSelection.assets(advise_on_outages),
    description="Rank zones, generate options and recommend crews for a tenant's open outages.",
    tags=FIRST,
)
replay_job = dg.define_asset_job(
    "grid_replay_outages",
    selection=dg.AssetSelection.assets(replay_outages),
    description="Tell a tenant's restored outages afterwards.",
    tags=FIRST,
)


@dg.sensor(job=infer_job, minimum_interval_seconds=30, default_status=dg.DefaultSensorStatus.RUNNING)
def signals_sensor(context: dg.SensorEvaluationContext, machine: Machine) -> Requests:
    """Infer anew where signals have arrived since; the newest one names the run, so that it is launched once."""
    requests = []
    for tenant_id in _tenants(context.instance, machine):
        with machine.session(tenant_id) as connection:
            mark = newest_signal(connection, machine.now()) or held_off(connection, machine.now())
        if mark is not None:
            requests.append(_request(f"{tenant_id}|{mark}", tenant_id))
    return requests or dg.SkipReason("No signal has arrived, and no hold-off has ended.")


@dg.sensor(job=advise_job, minimum_interval_seconds=30, default_status=dg.DefaultSensorStatus.RUNNING)
def promoted_outages_sensor(
    context: dg.SensorEvaluationContext, machine: Machine
) -> list[dg.RunRequest] | dg.SkipReason:
    """Advise on outages that a person has promoted and that have no advice yet."""
    requests = []
    for tenant_id in _tenants(context.instance, machine):
        with machine.session(tenant_id) as connection:
            waiting = waiting_for_advice(connection)
        if waiting:
            requests.append(_request(f"{tenant_id}|{'|'.join(map(str, waiting))}", tenant_id))
    return requests or dg.SkipReason("No promoted outage waits for advice.")


@dg.sensor(job=replay_job, minimum_interval_seconds=60, default_status=dg.DefaultSensorStatus.RUNNING)
def restored_outages_sensor(context: dg.SensorEvaluationContext, machine: Machine) -> Requests:
    """Tell outages afterwards that are restored and have no replay yet."""
    requests = []
    for tenant_id in _tenants(context.instance, machine):
        with machine.session(tenant_id) as connection:
            waiting = waiting_for_replay(connection)
        if waiting:
            requests.append(_request(f"{tenant_id}|{'|'.join(map(str, waiting))}", tenant_id))
    return requests or dg.SkipReason("No restored outage waits to be told.")


def _request(key: str, tenant_id: str) -> dg.RunRequest:
    return dg.RunRequest(run_key=key, partition_key=tenant_id, tags={"tenant": tenant_id})


def _tenants(instance: dg.DagsterInstance, machine: Machine) -> list[str]:
    with machine.at_work():
        tenants = tenant_directory()
    make_known(instance, tenants)
    return tenants


ASSETS: list[dg.AssetSpec | dg.AssetsDefinition] = [
    SIGNALS,
    infer_outages_of_tenant,
    OUTAGES,
    advise_on_outages,
    replay_outages,
]
JOBS = [infer_job, advise_job, replay_job]
SENSORS = [signals_sensor, promoted_outages_sensor, restored_outages_sensor]
