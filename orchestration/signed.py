"""The human step in the graph: what people sign are nodes that no button makes; one sensor launches what follows.

What belongs here: the nodes, the sensor over all countersignatures, the one job that carries out. What is carried out,
and how, stands in the rooms' `fulfil`.
"""

import uuid
from collections.abc import Mapping, Sequence

import dagster as dg

from domain.kernel.errors import Conflict, Invalid
from domain.kernel.fulfil import Doer, Outcome, fulfil, waiting_for_fulfilment
from domain.kernel.gates import Gate
from domain.kernel.tenancy import tenant_directory
from orchestration.partitions import TENANTS, make_known
from orchestration.queue import FIRST
from orchestration.resources import Machine
from orchestration.tables import table

PLATFORM = "PLATFORM"
# Runs for one signature, with those that ended before their work began; then a person looks.
MOST_RUNS = 10


class FulfilmentConfig(dg.Config):
    """Which countersignature to carry out. Without one nothing is done."""

    countersignature_id: str = ""

    def asked(self) -> uuid.UUID:
        """The id.

        Raises:
            Conflict: none was given: nothing takes effect without one.
            Invalid: it is not an id.
        """
        if not self.countersignature_id:
            raise Conflict(
                "This step carries out what a person has countersigned, and no countersignature id was given;"
                " nothing was done.",
                hint="Have it countersigned in the queue; the sensor then launches it. Or set"
                " ops.kernel__fulfilments.config.countersignature_id to the id that the signature's page shows.",
                code="NOT_COUNTERSIGNED",
            )
        try:
            return uuid.UUID(self.countersignature_id)
        except ValueError as cause:
            raise Invalid(
                f"{self.countersignature_id!r} is no countersignature id; nothing was done.",
                hint="Copy it from the signature's page.",
            ) from cause


def node_of(gate: Gate) -> dg.AssetSpec:
    """What a person signs, as a node of the lineage that no button can make."""
    return dg.AssetSpec(
        key=["countersign", gate.kind.replace(".", "_")],
        deps=[dg.AssetKey(["kernel", "proposals"])],
        description=f"{gate.title}, signed by {', '.join(sorted(gate.roles))}. {gate.consequence} Grain: signature.",
        group_name="countersign",
        tags={"verb": "countersign"},
        kinds={"postgres"},
        owners=["team:reviewers"],
        partitions_def=TENANTS,
        metadata={"dagster/table_name": "public.countersignatures"},
    )


PROPOSALS = table(
    "kernel",
    "proposals",
    "What waits for a person. Nothing of it has taken effect. Grain: proposal.",
    verb="suggest",
    partitions=TENANTS,
    owner="team:reviewers",
)


def definitions(gates: Sequence[Gate], doers: Mapping[str, Doer]) -> dg.Definitions:
    """The nodes of all gates, and asset, job and sensor of what is carried out."""
    upstream = [dg.AssetDep(node_of(gate).key) for gate in gates if gate.is_fulfilled]

    @dg.asset(
        key=["kernel", "fulfilments"],
        deps=upstream,
        description="What was carried out after a signature, once each. Grain: countersignature.",
        group_name="kernel",
        tags={"verb": "fulfil"},
        kinds={"postgres"},
        owners=["team:reviewers"],
        partitions_def=TENANTS,
        metadata={"dagster/table_name": "public.fulfilments"},
    )
    def fulfilments(
        context: dg.AssetExecutionContext, config: FulfilmentConfig, machine: Machine
    ) -> dg.MaterializeResult[None]:
        with machine.at_work():
            asked = config.asked()
            done = fulfil(context.partition_key, asked, doers, run_id=context.run.run_id, actor_id=machine.actor)
        return dg.MaterializeResult(metadata=_shown(asked, done))

    job = dg.define_asset_job(
        "carry_out",
        selection=dg.AssetSelection.assets(fulfilments),
        description="Carry out one countersignature of one tenant. Asks for its id and refuses without.",
        tags=FIRST,
    )

    @dg.sensor(job=job, minimum_interval_seconds=5, default_status=dg.DefaultSensorStatus.RUNNING)
    def signed_sensor(context: dg.SensorEvaluationContext, machine: Machine) -> list[dg.RunRequest] | dg.SkipReason:
        """Launch the carrying out of every approval that has none, once each; a failed one is tried twice more."""
        with machine.at_work():
            tenants = [*tenant_directory(), PLATFORM]
        make_known(context.instance, tenants)
        requests = [
            one for tenant_id in tenants for one in _requests(context.instance, machine, tenant_id, sorted(doers))
        ]
        return requests or dg.SkipReason("Nothing that was countersigned waits to be carried out.")

    return dg.Definitions(
        assets=[PROPOSALS, *(node_of(gate) for gate in gates), fulfilments], jobs=[job], sensors=[signed_sensor]
    )


def _requests(
    instance: dg.DagsterInstance, machine: Machine, tenant_id: str, kinds: Sequence[str]
) -> list[dg.RunRequest]:
    with machine.session(tenant_id) as connection:
        found = waiting_for_fulfilment(connection, kinds)
    asked = (_request(instance, tenant_id, one, attempts) for one, attempts in found)
    return [one for one in asked if one is not None]


def _request(
    instance: dg.DagsterInstance, tenant_id: str, countersignature_id: uuid.UUID, attempts: int
) -> dg.RunRequest | None:
    """The run key is the countersignature's id, so that two ticks launch one run; a further one has its number.

    Runs are counted beside attempts: one that ended before it could note its attempt has used up its key all the same.
    """
    tags = {"tenant": tenant_id, "countersignature": str(countersignature_id)}
    runs = instance.get_runs(filters=dg.RunsFilter(tags={"countersignature": str(countersignature_id)}))
    if len(runs) >= MOST_RUNS or any(not run.is_finished for run in runs):
        return None
    former = max(attempts, len(runs))
    return dg.RunRequest(
        run_key=str(countersignature_id) if former == 0 else f"{countersignature_id}|{former + 1}",
        partition_key=tenant_id,
        run_config=dg.RunConfig(
            ops={"kernel__fulfilments": FulfilmentConfig(countersignature_id=str(countersignature_id))}
        ),
        tags=tags,
    )


def _shown(asked: uuid.UUID, done: Outcome) -> dict[str, str | int | float | bool]:
    facts = {name: value for name, value in done.facts.items() if isinstance(value, str | int | float | bool)}
    return facts | {
        "countersignature_id": str(asked),
        "already_carried_out": done.already,
        "artifacts": len(done.artifact_ids),
    }
