"""What machines carry out after a signature, by kind. A room more is a line more."""

from domain.kernel.fulfil import Doer
from domain.kernel.gates import KERNEL_GATES, Gate

DOERS: dict[str, Doer] = {}
GATES: tuple[Gate, ...] = KERNEL_GATES
