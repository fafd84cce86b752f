"""The audits of courses as asset checks, and when they run."""

from collections.abc import Callable, Iterator

import dagster as dg
from sqlalchemy import Connection

from domain.courses.authoring.observe import audits
from domain.kernel.finding import Finding
from domain.kernel.tenancy import tenant_directory
from orchestration.checks import result_of
from orchestration.resources import Machine

CHECKS: dict[str, Callable[[Connection], Finding]] = {
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
        yield result_of(key, [_run(machine, CHECKS[key.name], one) for one in tenants])


def _run(machine: Machine, audit: Callable[[Connection], Finding], tenant_id: str) -> tuple[str, Finding]:
    with machine.session(tenant_id) as connection:
        return tenant_id, audit(connection)


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
