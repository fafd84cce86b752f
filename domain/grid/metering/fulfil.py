"""What GridLens carries out on a signature: the disposal of reads that are older than the tenant keeps them."""

from domain.grid.metering.store.retention import NAME, DayOfReads, old_days, remove_day
from domain.kernel.retention.policy import Prunable

KEPT_DAYS = 400
# Scores look back two months; what a tenant keeps must hold that and a year to compare it with is advised.
LEAST_DAYS = 60

METER_READS = Prunable(
    NAME,
    "Interval reads of whole local days; their roll-ups, loads and kept versions stay.",
    KEPT_DAYS,
    LEAST_DAYS,
    old_days,
    remove_day,
    DayOfReads(),
)
