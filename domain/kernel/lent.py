"""Authority that a person has lent: delegations of a role, and standing orders for routine acts.

Both are rows that point to the countersignature by which they were given; when that is withdrawn, they end. What
belongs here: finding and using them. How they are given stands in `countersign.py`.
"""

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, text

from domain.kernel.canonical import new_id
from domain.kernel.errors import Conflict, CountersignError, Forbidden
from domain.kernel.events import record
from domain.kernel.gates import DELEGATION, STANDING_ORDER, Gate
from domain.kernel.principal import Principal, Role
from domain.kernel.proposed import Subject, check_signed, load_proposal, lock_subject
from domain.kernel.signed import Countersignature, Decision, check, load_countersignature

_NOT_WITHDRAWN = (
    "NOT EXISTS (SELECT 1 FROM countersignatures AS w"
    " WHERE w.tenant_id = lent.tenant_id AND w.withdraws = lent.countersignature_id)"
)


@dataclass(frozen=True)
class Authority:
    """In which role a person signs: the own one, or one that another person has lent.

    Attributes:
        role: the role.
        delegation_id: the delegation, where the role is lent.
        on_behalf_of: whose role it is, where it is lent.
    """

    role: Role
    delegation_id: uuid.UUID | None = None
    on_behalf_of: uuid.UUID | None = None


@dataclass(frozen=True)
class Lent:
    """A lent role with its scope: the kinds that it covers, all where none is named."""

    authority: Authority
    kinds: frozenset[str]

    def covers(self, gate: Gate) -> bool:
        """Whether the person may decide at this gate by it."""
        return self.authority.role in gate.roles and (not self.kinds or gate.kind in self.kinds)


def authority_for(connection: Connection, principal: Principal, gate: Gate) -> Authority:
    """The role in which the person may decide at this gate: an own one before a lent one.

    Raises:
        Forbidden: ROLE_REQUIRED, neither holds nor was lent a role of the gate; PERSON_REQUIRED, a machine.
    """
    if not principal.is_person:
        raise Forbidden("Only a person countersigns.", hint="Send a person's token.", code="PERSON_REQUIRED")
    own = sorted(principal.roles & gate.roles)
    if own:
        return Authority(Role(own[0]))
    for lent in lent_to(connection, principal):
        if lent.covers(gate):
            return lent.authority
    raise Forbidden(
        f"You do not hold a role that may decide on {gate.title.lower()}.",
        hint=f"It is open to: {', '.join(sorted(gate.roles))}.",
        code="ROLE_REQUIRED",
    )


def kinds_open_to(connection: Connection, principal: Principal, gates: Collection[Gate]) -> list[str]:
    """The kinds that the person may decide on, by an own role or a lent one."""
    if not principal.is_person:
        return []
    if not _is_at_home(connection, principal):
        return []
    lent = lent_to(connection, principal)
    return sorted(gate.kind for gate in gates if principal.roles & gate.roles or any(one.covers(gate) for one in lent))


def _is_at_home(connection: Connection, principal: Principal) -> bool:
    """Whether the transaction works in the person's own tenant: roles of one tenant do not sign in another."""
    bound = connection.execute(text("SELECT current_setting('app.tenant', true)")).scalar_one()
    return bool(principal.tenant_id == bound)


def lent_to(connection: Connection, principal: Principal) -> list[Lent]:
    """The roles that others have lent the person and that hold now, oldest first.

    A role is lent only as long as the lender holds it.
    """
    rows = connection.execute(
        text(
            "SELECT lent.role, lent.delegation_id, lent.from_user, lent.to_user, lent.kinds, lent.valid_from,"
            " lent.valid_to, lent.countersignature_id FROM delegations AS lent"
            " WHERE lent.to_user = CAST(:me AS uuid)"
            " AND clock_timestamp() >= lent.valid_from AND clock_timestamp() < lent.valid_to"
            f" AND {_NOT_WITHDRAWN}"
            " AND EXISTS (SELECT 1 FROM role_assignments AS ra JOIN v_people AS u ON u.id = ra.user_id AND u.active"
            "   WHERE ra.user_id = lent.from_user AND ra.tenant_id = lent.tenant_id AND ra.role = lent.role"
            "   AND ra.valid_from <= clock_timestamp() AND (ra.valid_to IS NULL OR ra.valid_to > clock_timestamp()))"
            " ORDER BY lent.valid_from, lent.delegation_id"
        ),
        {"me": principal.id},
    )
    return [
        Lent(Authority(Role(row.role), row.delegation_id, row.from_user), frozenset(row.kinds))
        for row in rows.all()
        if delegation_fault(connection, row) is None
    ]


def delegation_fault(connection: Connection, row: Row[Any]) -> CountersignError | None:
    """What a row of `delegations` says that nobody signed; None where it is what was signed."""
    said = {
        "from_user": str(row.from_user),
        "to_user": str(row.to_user),
        "role": row.role,
        "kinds": list(row.kinds),
        "valid_to": row.valid_to,
    }
    return _fault(connection, DELEGATION, row.countersignature_id, row.delegation_id, row.valid_from, said)


def order_fault(connection: Connection, row: Row[Any]) -> CountersignError | None:
    """What a row of `standing_orders` says that nobody signed; None where it is what was signed."""
    said = {"kind": row.kind, "scope": row.scope, "times_per_day": row.times_per_day, "valid_to": row.valid_to}
    return _fault(connection, STANDING_ORDER, row.countersignature_id, row.order_id, row.valid_from, said)


def _fault(
    connection: Connection,
    gate: Gate,
    countersignature_id: uuid.UUID,
    subject_id: uuid.UUID,
    valid_from: datetime,
    said: Mapping[str, Any],
) -> CountersignError | None:
    """The row's own words count for nothing: it is held against the content whose hash the person signed."""
    try:
        signed = load_countersignature(connection, countersignature_id)
        proposal = load_proposal(connection, signed.proposal_id)
        check_signed(proposal, signed)
    except CountersignError as error:
        return error
    content = dict(proposal.content or {})
    if "valid_to" in content:
        content["valid_to"] = datetime.fromisoformat(content["valid_to"])
    is_same = (
        (signed.kind, signed.decision, signed.subject_id) == (gate.kind, Decision.APPROVED, str(subject_id))
        and valid_from == signed.signed_at
        and content == said
    )
    if is_same:
        return None
    return Conflict(
        f"The {gate.title.lower()} {subject_id} is not what was signed; nothing was done.",
        hint="Somebody changed it behind the triggers. `countersign verify ledger` says what else was touched.",
        code="NOT_AS_SIGNED",
    )


def use_standing_order(
    connection: Connection, gate: Gate, subject: Subject, content_hash: str, *, actor_id: str
) -> Countersignature:
    """Act under a standing order: note the use, name the order in the ledger, answer the signature it rests on.

    The same use twice is one use.

    Raises:
        Forbidden: NO_STANDING_ORDER, none covers this; a person must sign it.
        Conflict: ORDER_EXHAUSTED, the order's limit for today is reached; NOT_AS_SIGNED, its row says something else
            than what was signed.
    """
    if not gate.orderable:
        raise Forbidden(f"{gate.title} is signed one by one; no standing order covers it.", code="NO_STANDING_ORDER")
    order = _held_order(connection, gate, subject)
    if order is None:
        raise Forbidden(
            f"No standing order covers this {gate.title.lower()}.",
            hint="Have it countersigned, or have a standing order countersigned first.",
            code="NO_STANDING_ORDER",
        )
    signed = check(connection, order.countersignature_id, STANDING_ORDER.kind)
    if (fault := order_fault(connection, order)) is not None:
        raise fault
    _note_use(connection, order.order_id, order.times_per_day, subject, content_hash, gate.kind, actor_id)
    return signed


def _held_order(connection: Connection, gate: Gate, subject: Subject) -> Row[Any] | None:
    """The order that covers the act, which nobody takes back or uses before this transaction has ended."""
    order = _order_for(connection, gate, subject)
    while order is not None:
        lock_subject(connection, STANDING_ORDER.kind, Subject("standing_order", str(order.order_id)))
        before, order = order, _order_for(connection, gate, subject)
        if order == before:
            break
    return order


def _order_for(connection: Connection, gate: Gate, subject: Subject) -> Row[Any] | None:
    return connection.execute(
        text(
            "SELECT lent.* FROM standing_orders AS lent"
            " WHERE lent.kind = :kind AND clock_timestamp() >= lent.valid_from AND clock_timestamp() < lent.valid_to"
            " AND COALESCE(lent.scope ->> 'subject_type', :type) = :type"
            " AND COALESCE(lent.scope ->> 'subject_id', :id) = :id"
            f" AND {_NOT_WITHDRAWN} ORDER BY lent.valid_from, lent.order_id LIMIT 1"
        ),
        {"kind": gate.kind, "type": subject.type, "id": subject.id},
    ).one_or_none()


def _note_use(
    connection: Connection,
    order_id: uuid.UUID,
    times_per_day: int,
    subject: Subject,
    content_hash: str,
    kind: str,
    actor_id: str,
) -> None:
    use = {"order": order_id, "type": subject.type, "id": subject.id, "hash": content_hash}
    same = "order_id = :order AND subject_type = :type AND subject_id = :id AND content_hash = :hash"
    if connection.execute(text(f"SELECT 1 FROM standing_order_uses WHERE {same}"), use).first():
        return
    today = connection.execute(
        text(
            "SELECT count(*) FROM standing_order_uses WHERE order_id = :order"
            " AND used_at >= date_trunc('day', clock_timestamp())"
        ),
        use,
    ).scalar_one()
    if today >= times_per_day:
        raise Conflict(
            f"The standing order allows {times_per_day} such acts a day, and they are used up.",
            hint="Have this one countersigned by itself, or wait until tomorrow (UTC).",
            code="ORDER_EXHAUSTED",
        )
    connection.execute(
        text(
            "INSERT INTO standing_order_uses (use_id, order_id, subject_type, subject_id, content_hash)"
            " VALUES (:use_id, :order, :type, :id, :hash)"
        ),
        use | {"use_id": new_id()},
    )
    record(
        connection,
        "kernel.standing_order.used",
        actor_id=actor_id,
        actor_role="MACHINE",
        entity_type="standing_order",
        entity_id=str(order_id),
        payload={"kind": kind, "subject": f"{subject.type}/{subject.id}", "content_hash": content_hash},
    )
