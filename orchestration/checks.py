"""How an audit of the domain becomes an asset check.

A check runs for the partition of its run. Started by hand without one, it runs for each tenant's latest day with reads
and fails when one of them does.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Protocol

import dagster as dg
from sqlalchemy import Connection

from domain.kernel.tenancy import tenant_directory
from orchestration.partitions import TenantDay
from orchestration.resources import Machine
from orchestration.tables import shown_rows

PARTITION_TAG = "dagster/partition"


class Finding(Protocol):
    """What an audit answers."""

    @property
    def passed(self) -> bool:
        """Whether all is as it must be."""
        ...

    @property
    def says(self) -> str:
        """The finding in one sentence."""
        ...

    @property
    def is_error(self) -> bool:
        """Whether a failure means wrong data."""
        ...

    @property
    def figures(self) -> Mapping[str, Any]:
        """Numbers behind it."""
        ...

    @property
    def rows(self) -> Sequence[dict[str, Any]]:
        """Rows behind it."""
        ...


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
            yield _result(key, [_run(machine, table[key], slot) for slot in slots])

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


def _run(machine: Machine, audit: Auditor, slot: TenantDay) -> tuple[TenantDay, Finding]:
    with machine.session(slot.tenant_id) as connection:
        return slot, audit(connection, slot.tenant_id, slot.day)


def _result(key: dg.AssetCheckKey, found: list[tuple[TenantDay, Finding]]) -> dg.AssetCheckResult:
    failed = [(slot, finding) for slot, finding in found if not finding.passed]
    worst = any(finding.is_error for _, finding in failed)
    told = failed or found
    says = " ".join(f"{slot.tenant_id}, {slot.day}: {finding.says}" for slot, finding in told[:5])
    metadata: dict[str, Any] = {}
    for slot, finding in told[:5]:
        prefix = "" if len(told) == 1 else f"{slot.tenant_id} "
        metadata |= {f"{prefix}{name}": value for name, value in finding.figures.items()}
        if finding.rows:
            metadata[f"{prefix}rows"] = shown_rows(finding.rows)
    return dg.AssetCheckResult(
        passed=not failed,
        asset_key=key.asset_key,
        check_name=key.name,
        severity=dg.AssetCheckSeverity.ERROR if worst else dg.AssetCheckSeverity.WARN,
        description=says or "There is no tenant with reads.",
        metadata=metadata,
    )
