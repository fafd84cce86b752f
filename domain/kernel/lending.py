"""Proposals to lend authority: a delegation of a role, a standing order; and what has been lent.

What belongs here: what may be asked for, and the lists. Signing stands in `countersign`, using in `lent.py`.
"""

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, text

from domain.kernel.canonical import new_id
from domain.kernel.errors import Forbidden, Invalid, NotFound
from domain.kernel.gates import DELEGATION, STANDING_ORDER, Gate
from domain.kernel.paging import Listed, page_of, read_cursor
from domain.kernel.people import find_person
from domain.kernel.principal import Principal, Role
from domain.kernel.proposals import Proposal, Subject, propose

LONGEST = timedelta(days=366)
MOST_TIMES_PER_DAY = 10_000
SCOPE_MEMBERS = frozenset({"subject_type", "subject_id"})


@dataclass(frozen=True)
class Delegation:
    """One role that a person lent another. Grain: one delegation; state is STANDING, EXPIRED or ENDED."""

    delegation_id: uuid.UUID
    role: str
    from_user: uuid.UUID
    from_name: str | None
    to_user: uuid.UUID
    to_name: str | None
    kinds: list[str]
    reason: str | None
    valid_from: datetime
    valid_to: datetime
    state: str
    proposal_id: uuid.UUID
    countersignature_id: uuid.UUID


@dataclass(frozen=True)
class Order:
    """One standing order. Grain: one order; uses in the last 24 hours and in all."""

    order_id: uuid.UUID
    kind: str
    scope: dict[str, str]
    times_per_day: int
    reason: str | None
    signed_by: str | None
    valid_from: datetime
    valid_to: datetime
    state: str
    uses_today: int
    uses: int
    last_used_at: datetime | None
    proposal_id: uuid.UUID
    countersignature_id: uuid.UUID


def propose_delegation(
    connection: Connection,
    principal: Principal,
    gates: Mapping[str, Gate],
    *,
    to_user: uuid.UUID,
    role: Role,
    kinds: Collection[str],
    valid_to: datetime,
    reason: str,
    now: datetime,
) -> Proposal:
    """Propose to lend an own role to a colleague; the lender signs it at once.

    Raises:
        Forbidden: ROLE_REQUIRED, not a role of one's own, or one that cannot be lent.
        Invalid: to oneself, an end that does not fit, a kind that the role does not decide on.
        NotFound: no such active colleague.
    """
    if not principal.is_person or role not in principal.roles or role not in DELEGATION.roles:
        raise Forbidden(
            f"You cannot lend {role.value}: a person lends a role that he or she holds.",
            hint="LEARNER and AUDITOR cannot be lent.",
            code="ROLE_REQUIRED",
        )
    if str(to_user) == principal.id:
        raise _wrong("to_user", "Nobody lends a role to himself or herself.")
    colleague = find_person(connection, user_id=str(to_user), email=None)
    if colleague is None or not colleague.active:
        raise NotFound("There is no such active colleague in this tenant.", hint="The list of people shows who is.")
    _check_kinds(gates, kinds, role)
    content = {
        "from_user": principal.id,
        "to_user": str(to_user),
        "role": role.value,
        "kinds": sorted(set(kinds)),
        "valid_to": _end(valid_to, now).isoformat(),
    }
    return propose(
        connection,
        DELEGATION,
        Subject("delegation", str(new_id())),
        content=content,
        summary=f"{principal.name} lends {role.value} to {colleague.name} until {valid_to:%Y-%m-%d}.",
        evidence={"reason": _reason(reason)},
        proposed_by=principal.id,
        actor_role=principal.actor_role,
    )


def propose_order(
    connection: Connection,
    principal: Principal,
    gates: Mapping[str, Gate],
    *,
    kind: str,
    scope: Mapping[str, str],
    times_per_day: int,
    valid_to: datetime,
    reason: str,
    now: datetime,
) -> Proposal:
    """Propose a standing order; another person signs it in the queue.

    Raises:
        Invalid: a kind that no order may cover, a scope, limit or end that does not fit.
    """
    gate = gates.get(kind)
    if gate is None or not gate.orderable:
        may = ", ".join(sorted(name for name, one in gates.items() if one.orderable)) or "nothing yet"
        raise _wrong("kind", f"A standing order cannot cover this kind. It can cover: {may}.", code="NOT_ORDERABLE")
    if not SCOPE_MEMBERS.issuperset(scope) or not all(0 < len(value) <= 200 for value in scope.values()):
        raise _wrong("scope", "A scope names a subject_type, a subject_id, or both.")
    if not 1 <= times_per_day <= MOST_TIMES_PER_DAY:
        raise _wrong("times_per_day", f"The limit is 1 to {MOST_TIMES_PER_DAY:,} acts a day.")
    content = {
        "kind": kind,
        "scope": dict(sorted(scope.items())),
        "times_per_day": times_per_day,
        "valid_to": _end(valid_to, now).isoformat(),
    }
    return propose(
        connection,
        STANDING_ORDER,
        Subject("standing_order", str(new_id())),
        content=content,
        summary=f"{gate.title}: up to {times_per_day} a day without a signature of its own until {valid_to:%Y-%m-%d}.",
        evidence={"reason": _reason(reason)},
        severity=1,
        proposed_by=principal.id,
        actor_role=principal.actor_role,
        page_url="/standing-orders",
    )


def _check_kinds(gates: Mapping[str, Gate], kinds: Collection[str], role: Role) -> None:
    wrong = sorted(kind for kind in kinds if kind not in gates or role not in gates[kind].roles)
    if wrong:
        raise _wrong("kinds", f"{role.value} does not decide on {', '.join(wrong)[:200]}.")


def _end(valid_to: datetime, now: datetime) -> datetime:
    if valid_to.tzinfo is None or not now < valid_to <= now + LONGEST:
        raise _wrong("valid_to", "An end lies in the future, at most a year away, and says its offset from UTC.")
    return valid_to


def _reason(reason: str) -> str:
    kept = reason.strip()
    if not kept or len(kept) > 2000:
        raise _wrong("reason", "Say why, in at most 2,000 characters.")
    return kept


def _wrong(field: str, said: str, code: str | None = None) -> Invalid:
    return Invalid(said, errors=[{"field": field, "message": said}], code=code)


_STATE = (
    "CASE WHEN EXISTS (SELECT 1 FROM countersignatures AS w WHERE w.tenant_id = lent.tenant_id"
    " AND w.withdraws = lent.countersignature_id) THEN 'ENDED'"
    " WHEN lent.valid_to <= clock_timestamp() THEN 'EXPIRED' ELSE 'STANDING' END AS state"
)
_SIGNED = (
    " JOIN countersignatures AS c ON c.tenant_id = lent.tenant_id AND c.countersignature_id = lent.countersignature_id"
)
_PROPOSED = " JOIN proposals AS p ON p.tenant_id = lent.tenant_id AND p.proposal_id = c.proposal_id"
_DELEGATIONS = (
    "SELECT lent.delegation_id, lent.role, lent.from_user, f.name AS from_name, lent.to_user, t.name AS to_name,"
    f" lent.kinds, p.evidence ->> 'reason' AS reason, lent.valid_from, lent.valid_to, {_STATE}, c.proposal_id,"
    f" lent.countersignature_id FROM delegations AS lent{_SIGNED}{_PROPOSED}"
    " LEFT JOIN v_people AS f ON f.id = lent.from_user LEFT JOIN v_people AS t ON t.id = lent.to_user"
)
_ORDERS = (
    "SELECT lent.order_id, lent.kind, lent.scope, lent.times_per_day, p.evidence ->> 'reason' AS reason,"
    f" s.name AS signed_by, lent.valid_from, lent.valid_to, {_STATE},"
    " count(u.use_id) FILTER (WHERE u.used_at >= date_trunc('day', clock_timestamp())) AS uses_today,"
    " count(u.use_id) AS uses, max(u.used_at) AS last_used_at, c.proposal_id, lent.countersignature_id"
    f" FROM standing_orders AS lent{_SIGNED}{_PROPOSED} LEFT JOIN v_people AS s ON s.id = c.signer_id"
    " LEFT JOIN standing_order_uses AS u ON u.tenant_id = lent.tenant_id AND u.order_id = lent.order_id"
)
_GROUPED = " GROUP BY lent.tenant_id, lent.order_id, p.evidence, s.name, c.proposal_id"


def delegations(
    connection: Connection, limit: int, cursor: str | None = None, *, person: str | None = None
) -> Listed[Delegation]:
    """Roles that were lent, newest first; with `person` those that he or she lent or was lent.

    Raises:
        Invalid: a cursor that no page gave.
    """
    at, last = _after(cursor)
    rows = connection.execute(
        text(
            f"{_DELEGATIONS} WHERE (CAST(:person AS uuid) IS NULL"
            "   OR CAST(:person AS uuid) IN (lent.from_user, lent.to_user))"
            " AND (CAST(:at AS timestamptz) IS NULL"
            "   OR (lent.valid_from, lent.delegation_id) < (CAST(:at AS timestamptz), CAST(:last AS uuid)))"
            " ORDER BY lent.valid_from DESC, lent.delegation_id DESC LIMIT :most"
        ),
        {"person": person, "at": at, "last": last, "most": limit + 1},
    ).all()
    found = [Delegation(**row._mapping) for row in rows]
    return page_of(found, limit, lambda row: [row.valid_from.isoformat(), str(row.delegation_id)])


def delegation(connection: Connection, delegation_id: uuid.UUID) -> Delegation:
    """One delegation.

    Raises:
        NotFound: the tenant has no such delegation.
    """
    row = connection.execute(
        text(f"{_DELEGATIONS} WHERE lent.delegation_id = :id"), {"id": delegation_id}
    ).one_or_none()
    if row is None:
        raise NotFound("There is no such delegation.", hint="GET /v1/delegations lists them.")
    return Delegation(**row._mapping)


def orders(connection: Connection, limit: int, cursor: str | None = None) -> Listed[Order]:
    """Standing orders with how often they were used, newest first.

    Raises:
        Invalid: a cursor that no page gave.
    """
    at, last = _after(cursor)
    rows = connection.execute(
        text(
            f"{_ORDERS} WHERE (CAST(:at AS timestamptz) IS NULL"
            "   OR (lent.valid_from, lent.order_id) < (CAST(:at AS timestamptz), CAST(:last AS uuid)))"
            f"{_GROUPED} ORDER BY lent.valid_from DESC, lent.order_id DESC LIMIT :most"
        ),
        {"at": at, "last": last, "most": limit + 1},
    ).all()
    found = [Order(**row._mapping) for row in rows]
    return page_of(found, limit, lambda row: [row.valid_from.isoformat(), str(row.order_id)])


def order(connection: Connection, order_id: uuid.UUID) -> Order:
    """One standing order.

    Raises:
        NotFound: the tenant has no such order.
    """
    row = connection.execute(text(f"{_ORDERS} WHERE lent.order_id = :id{_GROUPED}"), {"id": order_id}).one_or_none()
    if row is None:
        raise NotFound("There is no such standing order.", hint="GET /v1/standing-orders lists them.")
    return Order(**row._mapping)


def _after(cursor: str | None) -> tuple[datetime | None, Any]:
    after = read_cursor(cursor, 2)
    if after is None:
        return None, None
    try:
        return datetime.fromisoformat(after[0]), uuid.UUID(after[1])
    except ValueError as cause:
        raise Invalid("The cursor is not one that a page gave.", hint="Leave it out to begin anew.") from cause
