"""GridLens in the graph: the network and the events, the reads, their roll-ups, the KPIs, the suspicion."""

import dagster as dg

from orchestration.grid import assets, automation, checks

defs = dg.Definitions(
    assets=[*assets.NETWORK, *assets.EVENTS, assets.publish_reads, assets.score_meters_of_day, assets.kpi_views],
    asset_checks=[checks.read_checks, checks.event_checks],
    jobs=[automation.publish_job, automation.daily_job, automation.inbox_job],
    schedules=[automation.publish_schedule, automation.daily_schedule],
    sensors=[automation.inbox_sensor, automation.late_reads_sensor, automation.stale_reads_sensor],
)
