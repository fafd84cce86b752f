"""Courses in the graph: drafts, decisions, packages, and the audits of what is published."""

import dagster as dg

from orchestration.courses import assets, checks

defs = dg.Definitions(
    assets=assets.ASSETS,
    asset_checks=[checks.course_checks],
    jobs=[checks.audit_job],
    schedules=[checks.audit_schedule],
)
