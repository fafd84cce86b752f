"""Courses in the graph: drafts, decisions, packages, regeneration, and the audits of what is published."""

import dagster as dg

from orchestration.courses import assets, checks, regeneration

defs = dg.Definitions(
    assets=[*assets.ASSETS, *regeneration.ASSETS],
    asset_checks=[checks.course_checks],
    jobs=[checks.audit_job, *regeneration.JOBS],
    schedules=[checks.audit_schedule, regeneration.reaper_schedule],
    sensors=[regeneration.regeneration_sensor],
)
