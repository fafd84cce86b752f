"""FireMode in the graph: registry, tests, verdicts, faults, what is noticed, sessions."""

import dagster as dg

from orchestration.stairs import advice, assets, automation, checks
from orchestration.stairs.calibration import calibration_due_sensor

defs = dg.Definitions(
    assets=[*assets.ASSETS, advice.notice_stairs],
    asset_checks=[checks.stairs_checks],
    jobs=automation.JOBS,
    schedules=automation.SCHEDULES,
    sensors=[*automation.SENSORS, calibration_due_sensor],
)
