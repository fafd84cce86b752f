"""What the grid's figures call attention to: evaluations, episodes and suggestions of a tenant's local day."""

from collections.abc import Iterator

import dagster as dg

from domain.grid.advice.suggest import notice
from orchestration.partitions import TENANT_DAYS, TenantDay
from orchestration.resources import Machine
from orchestration.tables import table

NOTICED = [
    table(
        "grid",
        "signal_evaluations",
        "Figures of a day held against the signal rules in force. Grain: signal type, subject and day.",
        verb="suggest",
        made_from=["gl_feeder_day", "meter_suspicion", "outages"],
        partitions=TENANT_DAYS,
    ),
    table(
        "grid",
        "signals",
        "What stays beyond its bounds, as episodes with hysteresis. Grain: episode.",
        verb="suggest",
        made_from=["signal_evaluations"],
        partitions=TENANT_DAYS,
    ),
    table(
        "grid",
        "suggestions",
        "What a person may accept, which opens a case or a work item. Grain: episode, type and target.",
        verb="suggest",
        made_from=["signals"],
        partitions=TENANT_DAYS,
    ),
]


@dg.multi_asset(specs=NOTICED)
def notice_grid_figures(context: dg.AssetExecutionContext, machine: Machine) -> Iterator[dg.MaterializeResult[None]]:
    """Hold the day's losses, scores, communication, voltages and outages against the rules; nothing is sent out."""
    slot = TenantDay.of(context.partition_key)
    with machine.session(slot.tenant_id) as connection:
        counts = notice(connection, slot.day)
    for spec in NOTICED:
        yield dg.MaterializeResult(asset_key=spec.key, metadata=counts)
