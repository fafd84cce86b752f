"""The kernel's part of the orchestration."""

import dagster as dg

from orchestration.kernel.assets import RULESETS, seal_ledgers
from orchestration.kernel.automation import SEAL_JOB, SEAL_SCHEDULE, audit_gaps_sensor, lineage_sensor, tenants_sensor
from orchestration.kernel.checks import sealing_is_not_overdue
from orchestration.kernel.messages import deliver_messages, messages_sensor, seals_overdue_sensor

defs = dg.Definitions(
    assets=[RULESETS, seal_ledgers],
    asset_checks=[sealing_is_not_overdue],
    jobs=[SEAL_JOB, deliver_messages],
    schedules=[SEAL_SCHEDULE],
    sensors=[tenants_sensor, lineage_sensor, audit_gaps_sensor, messages_sensor, seals_overdue_sensor],
)
