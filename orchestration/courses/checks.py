"""The audits of courses as asset checks, and when they run."""

from collections.abc import Callable, Iterator

import dagster as dg
from sqlalchemy import Connection

from domain.courses.authoring.observe import audits
from domain.courses.authoring.observe.audits import Audit
from domain.kernel.tenancy import tenant_directory
from orchestration.resources import Machine
from orchestration.tables import shown_rows

CHECKS: dict[str, Callable[[Connection], Audit]] = {
    "hashes_recompute": audits.hashes_recompute,
    "versions_have_no_gaps": audits.versions_have_no_gaps,
}
SPECS = [
    dg.AssetCheckSpec(name, asset=["courses", "course_packages"], description=audit.__doc__)
    for name, audit in CHECKS.items()
]


@dg.multi_asset_check(name="course_checks", specs=SPECS, can_subset=True)
def course_checks(context: dg.AssetCheckExecutionContext, machine: Machine) -> Iterator[dg.AssetCheckResult]:
    """Every audit for all tenants."""
    with machine.at_work():
        tenants = tenant_directory()
    for key in sorted(context.selected_asset_check_keys, key=lambda one: one.name):
        yield _result(key, [(one, _run(machine, CHECKS[key.name], one)) for one in tenants])


def _run(machine: Machine, audit: Callable[[Connection], Audit], tenant_id: str) -> Audit:
    with machine.session(tenant_id) as connection:
        return audit(connection)


def _result(key: dg.AssetCheckKey, found: list[tuple[str, Audit]]) -> dg.AssetCheckResult:
    failed = [(tenant, one) for tenant, one in found if not one.passed]
    rows = [{"tenant": tenant, **row} for tenant, one in failed for row in one.rows]
    return dg.AssetCheckResult(
        passed=not failed,
        asset_key=key.asset_key,
        check_name=key.name,
        severity=dg.AssetCheckSeverity.ERROR,
        description=" ".join(f"{tenant}: {one.says}" for tenant, one in (failed or found)[:5]) or "There is no tenant.",
        metadata={"rows": shown_rows(rows)} if rows else {},
    )


audit_job = dg.define_asset_job(
    "courses_audit",
    selection=dg.AssetSelection.checks(
        *(dg.AssetCheckKey(dg.AssetKey(["courses", "course_packages"]), name) for name in CHECKS)
    ),
    description="Recompute the hash of every newest package, and look for gaps between versions.",
)
audit_schedule = dg.ScheduleDefinition(
    name="courses_audit_schedule",
    job=audit_job,
    cron_schedule="20 3 * * *",
    default_status=dg.DefaultScheduleStatus.RUNNING,
)
