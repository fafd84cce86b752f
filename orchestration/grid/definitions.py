"""The grid in the graph: network, reads, roll-ups, KPIs and suspicion of GridLens; outages and advice of RestoreIQ."""

import dagster as dg

from orchestration.grid import advice, assets, automation, backfill, checks, outages

defs = dg.Definitions(
    assets=[
        *assets.NETWORK,
        *assets.EVENTS,
        assets.publish_reads,
        assets.score_meters_of_day,
        assets.kpi_views,
        advice.notice_grid_figures,
        *outages.ASSETS,
    ],
    asset_checks=[checks.read_checks, checks.event_checks],
    jobs=[automation.publish_job, automation.daily_job, automation.inbox_job, backfill.backfill_job, *outages.JOBS],
    schedules=[automation.publish_schedule, automation.daily_schedule],
    sensors=[automation.inbox_sensor, automation.late_reads_sensor, automation.stale_reads_sensor, *outages.SENSORS],
)
