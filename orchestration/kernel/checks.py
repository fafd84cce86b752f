"""Checks of the kernel's assets."""

import dagster as dg

from domain.kernel.seals.state import OVERDUE, overdue, seal_states
from orchestration.kernel.assets import SEALS
from orchestration.resources import Machine
from orchestration.tables import shown_rows


@dg.asset_check(asset=SEALS.key, name="sealing_is_not_overdue")
def sealing_is_not_overdue(machine: Machine) -> dg.AssetCheckResult:
    """No row of any tenant's ledger has waited longer than two hours for its seal."""
    with machine.at_work():
        states = seal_states()
    late = overdue(states, machine.now())
    hours = int(OVERDUE.total_seconds() // 3600)
    says = f"{len(late)} tenants have rows older than {hours} h without a seal." if late else "Nothing is overdue."
    return dg.AssetCheckResult(
        passed=not late,
        severity=dg.AssetCheckSeverity.ERROR,
        description=says,
        metadata={
            "rows_unsealed": sum(state.unsealed for state in states),
            "tenants": shown_rows([state.shown() for state in late or states]),
        },
    )
