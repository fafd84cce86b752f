"""When messages are sent, and what time alone brings on: seals that are overdue."""

import dagster as dg

from domain.kernel.messages.deliver import Delivered, deliver, is_anything_due
from domain.kernel.seals.sealing import sealed_tenants
from domain.kernel.seals.state import seal_state, tell_overdue
from domain.kernel.tenancy import tenant_directory
from orchestration.queue import FIRST
from orchestration.resources import Machine

PLATFORM = "PLATFORM"


@dg.op(out=dg.Out(dg.Nothing))
def deliver_messages_op(context: dg.OpExecutionContext, machine: Machine) -> None:
    """Send what is due, tenant by tenant; what cannot be sent now waits for a later run."""
    with machine.at_work():
        done: dict[str, Delivered] = {one: deliver(one) for one in [*tenant_directory(), PLATFORM]}
    sums = {name: sum(getattr(told, name) for told in done.values()) for name in ("sent", "dropped", "later", "failed")}
    context.log.info("Messages: %s", ", ".join(f"{count} {name}" for name, count in sums.items()))


# It brings its resource itself, as the inbox's job does: a copy of its sensor would warn.
@dg.job(
    resource_defs={"machine": Machine()},
    description="Send the messages that are due to people, as digests, to the channels that they chose.",
    tags=FIRST,
)
def deliver_messages() -> None:
    """One run sends for every tenant."""
    deliver_messages_op()


@dg.sensor(job=deliver_messages, minimum_interval_seconds=30, default_status=dg.DefaultSensorStatus.RUNNING)
def messages_sensor(context: dg.SensorEvaluationContext, machine: Machine) -> dg.RunRequest | dg.SkipReason:
    """Launch a delivery when one is due and none runs."""
    running = context.instance.get_runs_count(
        dg.RunsFilter(
            job_name=deliver_messages.name,
            statuses=[dg.DagsterRunStatus.QUEUED, dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED],
        )
    )
    if running:
        return dg.SkipReason("A delivery runs.")
    with machine.at_work():
        due = [one for one in [*tenant_directory(), PLATFORM] if is_anything_due(one)]
    return dg.RunRequest() if due else dg.SkipReason("Nothing is due.")


@dg.sensor(minimum_interval_seconds=600, default_status=dg.DefaultSensorStatus.RUNNING)
def seals_overdue_sensor(machine: Machine) -> dg.SkipReason:
    """Tell of ledgers whose sealing is overdue, apart from the sealing job: it may be what does not run."""
    told = 0
    with machine.at_work():
        tenants = sealed_tenants()
    for tenant_id in tenants:
        with machine.session(tenant_id) as connection:
            told += tell_overdue(connection, seal_state(connection, tenant_id), machine.now())
    return dg.SkipReason(f"Told {told} people of overdue seals." if told else "Nobody is to be told of a seal.")
