"""Insight in the graph: each night a tenant's UTC day is aggregated, judged, and what it suggests laid before people.

The work is one call of the domain's (`run_analytics_jobs`), which takes the lock, keeps the order and tells the ledger.
"""

from collections.abc import Iterator
from datetime import timedelta

import dagster as dg

from domain.courses.insight.nightly import run_analytics_jobs, seal_old_days
from domain.courses.insight.observe.audits import AUDITS
from domain.kernel.settings import settings
from domain.kernel.tenancy import tenant_directory
from orchestration.nightly import runs_of_tenants
from orchestration.partitions import TENANT_DAYS, TENANTS, TenantDay
from orchestration.resources import Machine
from orchestration.tables import Verb, shown_rows, table

OWNER = "team:learning"
POOL = "analytics"


def _table(name: str, says: str, verb: Verb, *made_from: str | dg.AssetDep, is_view: bool = False) -> dg.AssetSpec:
    spec = table(
        "courses",
        name,
        says,
        verb=verb,
        made_from=made_from,
        partitions=TENANT_DAYS,
        kind="view" if is_view else "table",
        owner=OWNER,
    )
    return spec.replace_attributes(skippable=True)


EVENTS = table(
    "courses",
    "analytics_events",
    "What browsers tell of learning, kept 90 days. Grain: event. Units: instants in UTC.",
    verb="observe",
    partitions=TENANT_DAYS,
    owner=OWNER,
)
NIGHT = [
    _table(
        "learner_lesson_state",
        "What each learner opened and completed, kept for good. Grain: learner, version, lesson. Units: seconds.",
        "observe",
        "analytics_events",
    ),
    _table(
        "course_view_days",
        "Views of courses' pages, from which funnels are told. Grain: version, day, learner.",
        "observe",
        "analytics_events",
    ),
    _table(
        "analytics_daily_aggregates",
        "What a day brought and how things stood at its end. Grain: version, lesson or course, day. Units: seconds.",
        "observe",
        "learner_lesson_state",
    ),
    _table(
        "signal_evaluations",
        "Every rate as it was judged that night, with its interval and ruleset. Grain: rule, target, day.",
        "suggest",
        "analytics_daily_aggregates",
    ),
    _table(
        "analytics_signals",
        "Episodes of what is noticed. Grain: episode.",
        "suggest",
        "signal_evaluations",
        is_view=True,
    ),
    _table(
        "content_suggestions",
        "What a person may look at, with its evidence; accepting one starts nothing. Grain: episode, type, target.",
        "suggest",
        "analytics_signals",
        is_view=True,
    ),
]
SEALS = table(
    "courses",
    "analytics_seals",
    "Days whose aggregates never change again, since their raw events may go. Grain: seal.",
    verb="observe",
    made_from=["analytics_daily_aggregates"],
    partitions=TENANTS,
    owner=OWNER,
)


@dg.multi_asset(specs=NIGHT, pool=POOL)
def aggregate_and_judge(context: dg.AssetExecutionContext, machine: Machine) -> Iterator[dg.MaterializeResult[None]]:
    """Aggregate up to the day's end, the last three days anew; then judge, and lay before people what follows."""
    part = TenantDay.of(context.partition_key)
    with machine.at_work():
        done = run_analytics_jobs(part.tenant_id, part.day, held_by=f"dagster run {context.run.run_id}")
    if done.get("skipped"):
        context.log.info("Another run holds the lock; this one was skipped.")
        return
    told = {name: value for name, value in done.items() if isinstance(value, int | str)}
    for spec in NIGHT:
        yield dg.MaterializeResult(asset_key=spec.key, metadata=told)
    if not done["success"]:
        rows = [
            {"step": one["step"], "course": one.get("courseId", ""), "error": one["error"]} for one in done["errors"]
        ]
        raise dg.Failure("A part of the night failed; the rest stands.", metadata={"errors": shown_rows(rows)})


@dg.multi_asset(specs=[SEALS], pool=POOL)
def seal_days(context: dg.AssetExecutionContext, machine: Machine) -> dg.MaterializeResult[None]:
    """Seal what is older than raw events are kept, and put signals away that closed long ago."""
    with machine.at_work():
        done = seal_old_days(context.partition_key, machine.now().date())
    return dg.MaterializeResult(metadata={name: value if value is not None else "none" for name, value in done.items()})


CHECK_SPECS = [
    dg.AssetCheckSpec(name, asset=["courses", of], description=audit.__doc__) for name, (of, audit) in AUDITS.items()
]


@dg.multi_asset_check(name="insight_checks", specs=CHECK_SPECS, can_subset=True)
def insight_checks(context: dg.AssetCheckExecutionContext, machine: Machine) -> Iterator[dg.AssetCheckResult]:
    """Every audit of aggregates and events for all tenants."""
    with machine.at_work():
        tenants = tenant_directory()
    for key in sorted(context.selected_asset_check_keys, key=lambda one: one.name):
        wrong = []
        for tenant in tenants:
            with machine.session(tenant) as connection:
                wrong += [{"tenant": tenant, **row} for row in AUDITS[key.name][1](connection)]
        yield dg.AssetCheckResult(
            passed=not wrong,
            asset_key=key.asset_key,
            check_name=key.name,
            metadata={"rows": shown_rows(wrong[:20])} if wrong else {},
        )


nightly_job = dg.define_asset_job(
    "analytics_nightly",
    selection=dg.AssetSelection.assets(aggregate_and_judge),
    description="Aggregate, judge and suggest: a tenant's UTC day and the two before it.",
)
retention_job = dg.define_asset_job(
    "courses_retention",
    selection=dg.AssetSelection.assets(seal_days).without_checks(),
    description="Seal the aggregates of days whose raw events may go.",
)


@dg.schedule(
    cron_schedule="0 2 * * *",
    job=nightly_job,
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
)
def analytics_nightly_schedule(
    context: dg.ScheduleEvaluationContext, machine: Machine
) -> list[dg.RunRequest] | dg.SkipReason:
    """Each night at two: the UTC day that ended, of every tenant. The operator may have it switched off."""
    if not settings().enable_analytics:
        return dg.SkipReason("ORCHESTRATOR_ENABLE_ANALYTICS is off: nights run only when somebody starts one.")
    day = (context.scheduled_execution_time - timedelta(days=1)).date()
    return runs_of_tenants(context, machine, day, lambda tenant: TenantDay(tenant, day).key)


@dg.schedule(
    cron_schedule="0 3 * * *",
    job=retention_job,
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
)
def courses_retention_schedule(
    context: dg.ScheduleEvaluationContext, machine: Machine
) -> list[dg.RunRequest] | dg.SkipReason:
    """An hour later: seal; disposal is planned, signed and carried out by the kernel after that."""
    return runs_of_tenants(context, machine, context.scheduled_execution_time.date())


ASSETS: list[dg.AssetSpec | dg.AssetsDefinition] = [EVENTS, aggregate_and_judge, seal_days]
JOBS = [nightly_job, retention_job]
SCHEDULES = [analytics_nightly_schedule, courses_retention_schedule]
