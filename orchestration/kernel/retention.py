"""Retention in the graph: each night what is due is laid before a person, and what an order covers is disposed of.

What a person signs one by one is carried out by the one sensor (`orchestration/signed.py`), through the doer here.
"""

from typing import Any

import dagster as dg

from domain.kernel.retention.dispose import ACTOR, disposal_doer, dispose_under_order
from domain.kernel.retention.plan import plan_of, propose_disposal
from domain.together import PRUNABLES
from orchestration.nightly import runs_of_tenants
from orchestration.partitions import TENANTS
from orchestration.resources import Machine, Objects
from orchestration.tables import shown_rows, table

DISPOSAL = disposal_doer(PRUNABLES, lambda: Objects().store())
PLANS = table(
    "kernel",
    "v_retention_plans",
    "What is older than the tenant keeps it, laid before a person. Nothing is removed by it. Grain: proposal.",
    verb="suggest",
    made_from=[dg.AssetDep(["grid", "meter_reads_electric"])],
    partitions=TENANTS,
    kind="view",
    owner="team:reviewers",
)
DISPOSALS = table(
    "kernel",
    "retention_disposals",
    "What was archived and removed, with archive and countersignature. Grain: piece, such as a local day. Unit: rows.",
    verb="fulfil",
    made_from=[dg.AssetDep(["countersign", name]) for name in ("retention_disposal", "standing_order")],
    partitions=TENANTS,
    owner="team:reviewers",
)


@dg.multi_asset(specs=[PLANS])
def plan_disposals(context: dg.AssetExecutionContext, machine: Machine) -> dg.MaterializeResult[None]:
    """Propose the disposal of what is due; the same plan again is the same proposal."""
    rows: list[dict[str, Any]] = []
    for name in sorted(PRUNABLES):
        with machine.session(context.partition_key) as connection:
            plan = plan_of(connection, PRUNABLES[name], machine.now())
            proposal = propose_disposal(connection, plan, ACTOR)
        waits = "nothing is due" if proposal is None else proposal.state
        rows.append({"subject": name, "kept_days": plan.days, "rows": plan.rows, "state": waits})
    return dg.MaterializeResult(metadata={"due": shown_rows(rows), "rows": sum(row["rows"] for row in rows)})


@dg.multi_asset(specs=[DISPOSALS])
def dispose_by_order(
    context: dg.AssetExecutionContext, machine: Machine, objects: Objects
) -> dg.MaterializeResult[None]:
    """Archive and remove what is due and covered by a standing order; what none covers waits for its signature."""
    rows: list[dict[str, Any]] = []
    for name in sorted(PRUNABLES):
        with machine.at_work():
            done = dispose_under_order(
                context.partition_key, PRUNABLES[name], objects.store(), machine.now(), machine.actor
            )
        rows.append({"subject": name, "rows": done.get("rows", 0), "reason": str(done.get("reason", "done"))})
    return dg.MaterializeResult(metadata={"disposed": shown_rows(rows), "rows": sum(row["rows"] for row in rows)})


plan_job = dg.define_asset_job(
    "retention_plan",
    selection=dg.AssetSelection.assets(plan_disposals).without_checks(),
    description="Lay what is due for disposal before a person.",
)
dispose_job = dg.define_asset_job(
    "retention_dispose",
    selection=dg.AssetSelection.assets(dispose_by_order).without_checks(),
    description="Archive and remove what is due, where a standing order covers it.",
)


@dg.schedule(
    cron_schedule="10 3 * * *",
    job=plan_job,
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
)
def retention_plan_schedule(
    context: dg.ScheduleEvaluationContext, machine: Machine
) -> list[dg.RunRequest] | dg.SkipReason:
    """Each night: what is due of every tenant."""
    return runs_of_tenants(context, machine, context.scheduled_execution_time.date())


@dg.schedule(
    cron_schedule="40 3 * * *",
    job=dispose_job,
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
)
def retention_dispose_schedule(
    context: dg.ScheduleEvaluationContext, machine: Machine
) -> list[dg.RunRequest] | dg.SkipReason:
    """Half an hour later: what a standing order covers."""
    return runs_of_tenants(context, machine, context.scheduled_execution_time.date())


defs = dg.Definitions(
    assets=[plan_disposals, dispose_by_order],
    jobs=[plan_job, dispose_job],
    schedules=[retention_plan_schedule, retention_dispose_schedule],
)
