"""Assets of the kernel: what machines do for every room alike."""

import dagster as dg

from domain.kernel.seals.sealing import seal_ledger, sealed_tenants
from domain.kernel.seals.state import seal_states
from orchestration.partitions import TENANTS
from orchestration.resources import Machine, Objects
from orchestration.tables import shown_rows, table

SEALS = table(
    "kernel",
    "seals",
    "Signed roots over what was recorded and countersigned since the last seal. Grain: one row a seal of a tenant.",
    verb="observe",
    partitions=None,
    owner="team:governance",
)
RULESETS = table(
    "kernel",
    "advice_rulesets",
    "Thresholds by which machines notice things, as a person put them in force. Grain: room and version.",
    verb="countersign",
    made_from=[dg.AssetDep(["countersign", "advice_ruleset"])],
    partitions=TENANTS,
    owner="team:governance",
)


@dg.multi_asset(specs=[SEALS], name="seal_ledgers")
def seal_ledgers(machine: Machine, objects: Objects) -> dg.MaterializeResult[None]:
    """Seal what has been recorded since the last seal, for each tenant in turn; no writer waits for it."""
    with machine.at_work():
        store = objects.store()
        made = [seal for tenant_id in sealed_tenants() if (seal := seal_ledger(tenant_id, store=store)) is not None]
        states = seal_states()
    rows = [state.shown() for state in states]
    return dg.MaterializeResult(
        asset_key=SEALS.key,
        metadata={
            "seals": len(made),
            "rows_sealed": sum(seal.size for seal in made),
            "tenants": shown_rows(rows),
        },
    )
