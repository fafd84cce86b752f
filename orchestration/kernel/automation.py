"""What keeps Dagster's picture true, and what the kernel does by the clock: hourly seals, gaps of the audit."""

import dagster as dg

from domain.kernel import lineage
from domain.kernel.gaps import fill_gaps
from domain.kernel.seals.sealing import sealed_tenants
from domain.kernel.tenancy import tenant_directory
from orchestration.kernel.assets import SEALS
from orchestration.kernel.checks import sealing_is_not_overdue
from orchestration.partitions import TENANT_DAYS, make_known
from orchestration.resources import Machine


@dg.sensor(minimum_interval_seconds=30, default_status=dg.DefaultSensorStatus.RUNNING)
def tenants_sensor(context: dg.SensorEvaluationContext, machine: Machine) -> dg.SkipReason:
    """Give each tenant its partitions."""
    with machine.at_work():
        new = make_known(context.instance, tenant_directory())
    return dg.SkipReason(f"New tenants: {', '.join(new)}." if new else "No new tenants.")


@dg.sensor(minimum_interval_seconds=10, default_status=dg.DefaultSensorStatus.RUNNING)
def lineage_sensor(context: dg.SensorEvaluationContext, machine: Machine) -> dg.SkipReason:
    """Show in the graph what the API and the commands made: each waiting row becomes a runless materialisation."""
    with machine.at_work():
        tenants = tenant_directory()
        make_known(context.instance, tenants)
    told = sum(_tell(context.instance, machine, tenant_id) for tenant_id in tenants)
    return dg.SkipReason(f"Told of {told} things that were made without Dagster." if told else "Nothing waits.")


def _tell(instance: dg.DagsterInstance, machine: Machine, tenant_id: str) -> int:
    """Report, then mark: a row is told twice rather than never."""
    with machine.session(tenant_id) as connection:
        made = lineage.waiting(connection)
        for one in made:
            instance.report_runless_asset_event(_event(one))
        lineage.mark_sent(connection, made)
    return len(made)


def _event(made: lineage.Made) -> dg.AssetMaterialization:
    partition: str = made.partition
    if "|" in partition:
        partition = TENANT_DAYS.get_partition_key_from_str(partition)
    shown = {name: value for name, value in made.metadata.items() if value is not None}
    return dg.AssetMaterialization(
        asset_key=list(made.asset_key),
        partition=partition,
        description="Made without Dagster and told afterwards.",
        metadata={**shown, "outbox_id": made.outbox_id},
    )


SEAL_JOB = dg.define_asset_job(
    "seal_ledgers_hourly",
    selection=dg.AssetSelection.assets(SEALS.key) | dg.AssetSelection.checks(sealing_is_not_overdue),
    description="Seal every tenant's ledger, then see that nothing is overdue.",
)
SEAL_SCHEDULE = dg.ScheduleDefinition(
    name="seal_ledgers_schedule",
    job=SEAL_JOB,
    cron_schedule="7 * * * *",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
)


@dg.sensor(minimum_interval_seconds=60, default_status=dg.DefaultSensorStatus.RUNNING)
def audit_gaps_sensor(machine: Machine) -> dg.SkipReason:
    """Write the events that could not be written at once."""
    filled = 0
    with machine.at_work():
        tenants = sealed_tenants()
    for tenant_id in tenants:
        with machine.session(tenant_id) as connection:
            filled += fill_gaps(connection)
    return dg.SkipReason(f"Filled {filled} gaps of the audit." if filled else "The audit has no gaps.")
