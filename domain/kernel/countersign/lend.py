"""The effects of the kernel's own gates: a standing order or a delegation is given by the signature itself."""

import json
import uuid
from datetime import datetime

from sqlalchemy import Connection, text

from domain.kernel.countersign.acts import Act
from domain.kernel.errors import Forbidden
from domain.kernel.gates import DELEGATION, KERNEL_GATES, STANDING_ORDER
from domain.kernel.proposals import Proposal
from domain.kernel.signed import Countersignature


def give_standing_order(connection: Connection, signed: Countersignature, proposal: Proposal) -> None:
    """The effect of a signed standing order: from now on it covers what it says."""
    order = proposal.content
    connection.execute(
        text(
            "INSERT INTO standing_orders"
            " (order_id, kind, scope, times_per_day, valid_from, valid_to, countersignature_id)"
            " VALUES (:order_id, :kind, CAST(:scope AS jsonb), :times, :valid_from, :valid_to, :by)"
        ),
        {
            "order_id": uuid.UUID(proposal.subject.id),
            "kind": order["kind"],
            "scope": json.dumps(order["scope"]),
            "times": order["times_per_day"],
            "valid_from": signed.signed_at,
            "valid_to": datetime.fromisoformat(order["valid_to"]),
            "by": signed.countersignature_id,
        },
    )


def lend_role(connection: Connection, signed: Countersignature, proposal: Proposal) -> None:
    """The effect of a signed delegation: the other person may sign in the signer's role.

    Raises:
        Forbidden: the signer is not the one whose role it is.
    """
    lent = proposal.content
    if lent["from_user"] != str(signed.signer_id) or signed.on_behalf_of is not None:
        raise Forbidden("A person delegates the own role alone.", code="NOT_YOUR_ROLE")
    connection.execute(
        text(
            "INSERT INTO delegations (delegation_id, role, from_user, to_user, kinds, valid_from, valid_to,"
            " countersignature_id) VALUES (:id, :role, :from_user, :to_user, :kinds, :valid_from, :valid_to, :by)"
        ),
        {
            "id": uuid.UUID(proposal.subject.id),
            "role": lent["role"],
            "from_user": uuid.UUID(lent["from_user"]),
            "to_user": uuid.UUID(lent["to_user"]),
            "kinds": lent["kinds"],
            "valid_from": signed.signed_at,
            "valid_to": datetime.fromisoformat(lent["valid_to"]),
            "by": signed.countersignature_id,
        },
    )


KERNEL_ACTS: dict[str, Act] = {gate.kind: Act(gate) for gate in KERNEL_GATES} | {
    STANDING_ORDER.kind: Act(STANDING_ORDER, give_standing_order, may_withdraw=True),
    DELEGATION.kind: Act(DELEGATION, lend_role, may_withdraw=True),
}
