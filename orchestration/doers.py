"""What machines carry out after a signature, by kind. A room more is a line more."""

from domain.grid.metering.fulfil import inspection_doer
from domain.grid.metering.rules.inspection import INSPECTION
from domain.kernel.fulfil import Doer
from domain.kernel.gates import KERNEL_GATES, Gate
from orchestration.kernel.retention import DISPOSAL
from orchestration.resources import Objects

DOERS: dict[str, Doer] = {doer.gate.kind: doer for doer in (DISPOSAL, inspection_doer(lambda: Objects().store()))}
GATES: tuple[Gate, ...] = (*KERNEL_GATES, INSPECTION)
