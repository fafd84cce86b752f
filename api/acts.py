"""The acts of every room, brought together: what a person can sign here. A room more is a line more."""

from domain.grid.metering.rules.inspection import INSPECTION
from domain.grid.outages.countersign import promote, reject
from domain.grid.outages.fulfil import hash_now
from domain.grid.outages.rules.gates import AFTER_ACTION, PROMOTION
from domain.kernel.countersign.acts import Act
from domain.kernel.countersign.lend import KERNEL_ACTS
from domain.kernel.gates import Gate

ACTS: dict[str, Act] = {
    **KERNEL_ACTS,
    INSPECTION.kind: Act(INSPECTION),
    PROMOTION.kind: Act(PROMOTION, promote, on_refusal=reject),
    AFTER_ACTION.kind: Act(AFTER_ACTION, hash_now=hash_now),
}
GATES: dict[str, Gate] = {kind: act.gate for kind, act in ACTS.items()}
