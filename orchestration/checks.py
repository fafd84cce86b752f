"""How an audit of the domain becomes an asset check.

A check runs for the partition of its run. Started by hand without one, it runs for each tenant's latest day with reads
and fails when one of them does.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import dagster as dg
from sqlalchemy import Connection

from domain.kernel.finding import Finding
from domain.kernel.tenancy import tenant_directory
from orchestration.partitions import TenantDay
from orchestration.resources import Machine
from orchestration.tables import shown_rows

PARTITION_TAG = "dagster/partition"


Auditor = Callable[[Connection, str, date], Finding]
LastDay = Callable[[Connection, str], date | None]


def audit_checks(
    name: str, audits: Mapping[tuple[str, str], Sequence[tuple[str, Auditor]]], *, last_day: LastDay
) -> dg.AssetChecksDefinition:
    """One step that runs several audits.

    Args:
        name: of the step.
        audits: for each asset key its checks, as (name, audit); the audit's docstring says what is promised.
        last_day: a tenant's latest day, for a run without a partition.
    """
    table = {dg.AssetCheckKey(dg.AssetKey(key), what): audit for key, some in audits.items() for what, audit in some}
    specs = [
        dg.AssetCheckSpec(key.name, asset=key.asset_key, description=audit.__doc__) for key, audit in table.items()
    ]

    @dg.multi_asset_check(name=name, specs=specs, can_subset=True)
    def run_audits(context: dg.AssetCheckExecutionContext, machine: Machine) -> Iterator[dg.AssetCheckResult]:
        slots = _slots(context, machine, last_day)
        for key in sorted(context.selected_asset_check_keys, key=lambda key: (key.asset_key.path, key.name)):
            yield result_of(key, [_run(machine, table[key], slot) for slot in slots])

    return run_audits


def _slots(context: dg.AssetCheckExecutionContext, machine: Machine, last_day: LastDay) -> list[TenantDay]:
    partition = context.run.tags.get(PARTITION_TAG)
    if partition is not None:
        return [TenantDay.of(partition)]
    with machine.at_work():
        tenants = tenant_directory()
    days = []
    for tenant_id in tenants:
        with machine.session(tenant_id) as connection:
            days.append((tenant_id, last_day(connection, tenant_id)))
    return [TenantDay(tenant_id, day) for tenant_id, day in days if day is not None]


def _run(machine: Machine, audit: Auditor, slot: TenantDay) -> tuple[str, Finding]:
    with machine.session(slot.tenant_id) as connection:
        return f"{slot.tenant_id}, {slot.day}", audit(connection, slot.tenant_id, slot.day)


def result_of(key: dg.AssetCheckKey, found: Sequence[tuple[str, Finding]]) -> dg.AssetCheckResult:
    """One check's result from what the audit found, place by place; where any fails, those that failed are told.

    Args:
        key: the check.
        found: each place, as a person names it (a tenant, a tenant's day), with its finding.
    """
    failed = [(place, finding) for place, finding in found if not finding.passed]
    worst = any(finding.is_error for _, finding in failed)
    told = (failed or found)[:5]
    metadata: dict[str, Any] = {}
    for place, finding in told:
        prefix = "" if len(told) == 1 else f"{place} "
        metadata |= {f"{prefix}{name}": value for name, value in finding.figures.items()}
        if finding.rows:
            metadata[f"{prefix}rows"] = shown_rows(finding.rows)
    return dg.AssetCheckResult(
        passed=not failed,
        asset_key=key.asset_key,
        check_name=key.name,
        severity=dg.AssetCheckSeverity.ERROR if worst else dg.AssetCheckSeverity.WARN,
        description=" ".join(f"{place}: {finding.says}" for place, finding in told)
        or "There is nothing to look at yet.",
        metadata=metadata,
    )
