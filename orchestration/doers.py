"""What machines carry out after a signature, by kind. A room more is a line more."""

from domain.kernel.fulfil import Doer
from domain.kernel.gates import KERNEL_GATES, Gate
from orchestration.kernel.retention import DISPOSAL

DOERS: dict[str, Doer] = {doer.gate.kind: doer for doer in (DISPOSAL,)}
GATES: tuple[Gate, ...] = KERNEL_GATES
