"""What FireMode's findings call attention to: evaluations, episodes and suggestions of a tenant."""

from collections.abc import Iterator

import dagster as dg

from domain.kernel.tenancy import load_tenant
from domain.stairs.observe import waiting
from domain.stairs.observe.trend import points_of
from domain.stairs.suggest.advice import notice
from orchestration.partitions import TENANTS
from orchestration.resources import Machine
from orchestration.tables import table

OWNER = "team:fire-safety"
NOTICED = [
    table(
        "stairs",
        "signal_evaluations",
        "Trends, calibrations, faults and physics held against the signal rules. Grain: signal type, subject and day.",
        verb="suggest",
        made_from=["stair_observations", "faults"],
        partitions=TENANTS,
        owner=OWNER,
    ),
    table(
        "stairs",
        "signals",
        "What stays beyond its bounds, as episodes with hysteresis. Grain: episode.",
        verb="suggest",
        made_from=["signal_evaluations"],
        partitions=TENANTS,
        owner=OWNER,
    ),
    table(
        "stairs",
        "suggestions",
        "What a person may accept, which opens a work item. Grain: episode, type and target.",
        verb="suggest",
        made_from=["signals"],
        partitions=TENANTS,
        owner=OWNER,
    ),
]


@dg.multi_asset(specs=NOTICED)
def notice_stairs(context: dg.AssetExecutionContext, machine: Machine) -> Iterator[dg.MaterializeResult[None]]:
    """Hold trends, calibrations, repeated faults and physics against the rules; no verdict changes."""
    with machine.session(context.partition_key) as connection:
        on = machine.now().astimezone(load_tenant(connection).zone).date()
        points = (point for one in waiting.buildings(connection) for point in points_of(connection, one))
        counts = notice(connection, points, on)
    for spec in NOTICED:
        yield dg.MaterializeResult(asset_key=spec.key, metadata=counts)
