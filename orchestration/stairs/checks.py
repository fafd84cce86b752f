"""The audits of FireMode as asset checks, for the tenant of the run."""

from collections.abc import Callable, Iterator

import dagster as dg
from sqlalchemy import Connection

from domain.kernel.tenancy import tenant_directory
from domain.stairs.observe import audits
from domain.stairs.observe.audits import Audit
from orchestration.checks import PARTITION_TAG
from orchestration.resources import Machine, Objects
from orchestration.tables import shown_rows

CHECKS: dict[tuple[str, str], Callable[..., Audit]] = {
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
        yield _result(key, [(one, _run(machine, objects, audit, one)) for one in tenants])


def _run(machine: Machine, objects: Objects, audit: Callable[..., Audit], tenant_id: str) -> Audit:
    with machine.session(tenant_id) as connection:
        return audit(connection, *_more(audit, machine, objects, connection))


def _more(audit: Callable[..., Audit], machine: Machine, objects: Objects, _: Connection) -> list[object]:
    if audit is audits.no_rule_gaps:
        return [machine.now().date()]
    return [objects.store()] if audit is audits.evidence_is_whole else []


def _result(key: dg.AssetCheckKey, found: list[tuple[str, Audit]]) -> dg.AssetCheckResult:
    failed = [(tenant, one) for tenant, one in found if not one.passed]
    told = failed or found
    rows = [row for _, one in told for row in one.rows]
    metadata: dict[str, dg.MetadataValue] = {"rows": shown_rows(rows)} if rows else {}
    return dg.AssetCheckResult(
        passed=not failed,
        asset_key=key.asset_key,
        check_name=key.name,
        severity=dg.AssetCheckSeverity.ERROR if any(o.is_error for _, o in failed) else dg.AssetCheckSeverity.WARN,
        description=" ".join(f"{tenant}: {one.says}" for tenant, one in told[:5]) or "There is no tenant.",
        metadata=metadata,
    )
