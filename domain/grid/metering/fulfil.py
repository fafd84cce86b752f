"""What GridLens carries out on a signature: the disposal of reads that are older than the tenant keeps them."""

from domain.grid.metering.store.retention import NAME, DayOfReads, old_days, remove_day
from domain.kernel.retention.policy import CLASSES, Prunable

_KEPT = CLASSES[NAME]
METER_READS = Prunable(NAME, _KEPT.says, _KEPT.days, _KEPT.least_days, old_days, remove_day, DayOfReads())
