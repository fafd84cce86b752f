"""The audits of GridLens as asset checks."""

from domain.grid.metering.observe import audits
from domain.grid.metering.store.audits import last_day
from orchestration.checks import audit_checks

read_checks = audit_checks(
    "grid_read_checks",
    {
        ("grid", "meter_reads_electric"): [
            ("coverage", audits.coverage),
            ("uniqueness", audits.uniqueness),
            ("determinism", audits.determinism),
        ],
        ("grid", "gl_feeder_day"): [("energy_balance", audits.energy_balance), ("equals_reads", audits.rollups)],
    },
    last_day=last_day,
)
event_checks = audit_checks(
    "grid_event_checks",
    {("grid", "v_gl_event_outcomes"): [("expectation_ledger", audits.expectations)]},
    last_day=last_day,
)
