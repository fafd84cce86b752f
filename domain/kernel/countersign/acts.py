"""Acts: gates with what follows at once from a signature. Rooms have theirs in their own `countersign`."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection

from domain.kernel.gates import Gate
from domain.kernel.proposals import Proposal
from domain.kernel.signed import Countersignature

Effect = Callable[[Connection, Countersignature, Proposal], None]
HashNow = Callable[[Connection, Proposal], str | None]


@dataclass(frozen=True)
class Act:
    """A gate with what follows at once from a signature.

    Attributes:
        gate: the description.
        effect: writes, in the signing transaction, what must hold from then on; every row that it writes points to
            the countersignature.
        hash_now: the hash of the subject's content as it stands; a signature is refused where it is no longer the
            proposed one. None where the content is part of the proposal, which cannot change.
        may_withdraw: whether an approval can be taken back although its effect has been written. An act without an
            effect can always be taken back until its fulfilment has started.
        on_refusal: writes, in the same way, what must hold from then on where it is refused.
    """

    gate: Gate
    effect: Effect | None = None
    hash_now: HashNow | None = None
    may_withdraw: bool = False
    on_refusal: Effect | None = None
