"""Courses in the graph: drafts, decisions, packages, how learners fare, regeneration, and the audits of it all."""

import dagster as dg

from orchestration.courses import assets, checks, insight, regeneration

defs = dg.Definitions(
    assets=[*assets.ASSETS, *insight.ASSETS, *regeneration.ASSETS],
    asset_checks=[checks.course_checks, insight.insight_checks],
    jobs=[checks.audit_job, *insight.JOBS, *regeneration.JOBS],
    schedules=[checks.audit_schedule, *insight.SCHEDULES, regeneration.reaper_schedule],
    sensors=[regeneration.regeneration_sensor],
)
