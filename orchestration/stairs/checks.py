"""The audits of FireMode as asset checks, for the tenant of the run."""

from collections.abc import Callable, Iterator

import dagster as dg

from domain.kernel.finding import Finding
from domain.kernel.tenancy import tenant_directory
from domain.stairs.observe import audits
from orchestration.checks import PARTITION_TAG, result_of
from orchestration.resources import Machine, Objects

CHECKS: dict[tuple[str, str], Callable[..., Finding]] = {
    ("test_instance_templates", "cardinality"): audits.cardinality,
    ("faults", "one_open_fault"): audits.one_open_fault,
    ("instance_evaluations", "verdicts_replay"): audits.verdicts_replay,
    ("as1851_rules", "no_rule_gaps"): audits.no_rule_gaps,
    ("test_instances", "evidence_is_whole"): audits.evidence_is_whole,
}
SPECS = [
    dg.AssetCheckSpec(name, asset=["stairs", of], description=audit.__doc__) for (of, name), audit in CHECKS.items()
]


@dg.multi_asset_check(name="stairs_checks", specs=SPECS, can_subset=True)
def stairs_checks(
    context: dg.AssetCheckExecutionContext, machine: Machine, objects: Objects
) -> Iterator[dg.AssetCheckResult]:
    """Every audit for the run's tenant, or for all tenants where the run names none."""
    with machine.at_work():
        named = context.run.tags.get(PARTITION_TAG)
        tenants = [named] if named else tenant_directory()
    for key in sorted(context.selected_asset_check_keys, key=lambda one: (one.asset_key.path, one.name)):
        audit = CHECKS[(key.asset_key.path[-1], key.name)]
        yield result_of(key, [_run(machine, objects, audit, one) for one in tenants])


def _run(machine: Machine, objects: Objects, audit: Callable[..., Finding], tenant_id: str) -> tuple[str, Finding]:
    with machine.session(tenant_id) as connection:
        return tenant_id, audit(connection, *_more(audit, machine, objects))


def _more(audit: Callable[..., Finding], machine: Machine, objects: Objects) -> list[object]:
    if audit is audits.no_rule_gaps:
        return [machine.now().date()]
    return [objects.store()] if audit is audits.evidence_is_whole else []
