"""What the rooms bring to the kernel's registries: the one place of the domain that knows all rooms.

Commands and the orchestration read it; a room more is a line more.
"""

from domain.grid.metering.fulfil import METER_READS
from domain.kernel.retention.policy import Prunable
from domain.kernel.retention.working_rows import KERNEL_PRUNABLES

PRUNABLES: dict[str, Prunable] = KERNEL_PRUNABLES | {METER_READS.name: METER_READS}
