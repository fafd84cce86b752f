"""The people of a tenant: invited with a role, kept out and let in again, listed with what they hold."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from domain.kernel.administration.actor import Actor, act, proper_name, tell
from domain.kernel.administration.roles import Held, give_role
from domain.kernel.canonical import new_id
from domain.kernel.errors import Invalid, NotFound
from domain.kernel.paging import Listed, page_of, read_cursor
from domain.kernel.people import known_roles, normal_email, roles_of

_SELECT = """
SELECT p.id, p.email, p.name, p.active, COALESCE((
    SELECT jsonb_agg(jsonb_build_object('role', ra.role, 'valid_from', ra.valid_from, 'valid_to', ra.valid_to)
      ORDER BY ra.role, ra.valid_from)
    FROM role_assignments AS ra
    WHERE ra.user_id = p.id AND ra.tenant_id = current_setting('app.tenant')
      AND (ra.valid_to IS NULL OR ra.valid_to > clock_timestamp())), '[]') AS roles
FROM v_people AS p
WHERE EXISTS (SELECT 1 FROM role_assignments AS any_role
    WHERE any_role.user_id = p.id AND any_role.tenant_id = current_setting('app.tenant'))
"""


@dataclass(frozen=True)
class PersonRow:
    """One person as the bound tenant knows him or her. Grain: one person.

    Attributes:
        active: whether the person may come in here.
        roles: what is held now or will be, with its end.
    """

    id: uuid.UUID
    email: str
    name: str
    active: bool
    roles: list[Held]


def invite(
    connection: Connection,
    actor: Actor,
    email: str,
    name: str,
    roles: Collection[str],
    valid_to: datetime | None = None,
) -> PersonRow:
    """Make a person known to the bound tenant and give the roles that are missing. Inviting again adds roles only.

    Raises:
        Invalid: no address, no role, or an unknown one.
        Forbidden: a role that the actor may not give.
    """
    kept, wanted = normal_email(email), known_roles(roles)
    if not wanted:
        raise Invalid(
            "An invitation gives at least one role.", errors=[{"field": "roles", "message": "give at least one"}]
        )
    row = act(
        connection,
        "admin_add_person",
        actor,
        new_id=new_id(),
        address=kept,
        called=proper_name(name, "A person's name"),
    )
    assert row is not None  # noqa: S101 - the door answers one row or raises
    tell(connection, actor, "access.person.invited", "user", row.id, {"roles": sorted(wanted), "is_new": row.is_new})
    for role in sorted(wanted - roles_of(connection, row.id)):
        give_role(connection, actor, row.id, role, valid_to)
    return person_row(connection, row.id)


def set_active(connection: Connection, actor: Actor, user_id: uuid.UUID, active: bool) -> PersonRow:
    """Let a person into the bound tenant, or keep a person out of it; the roles stay on record.

    Raises:
        NotFound: the tenant knows no such person.
        Conflict: LAST_ADMIN.
    """
    act(connection, "admin_set_active", actor, person=user_id, active=active)
    tell(connection, actor, "access.person.activated" if active else "access.person.deactivated", "user", user_id)
    return person_row(connection, user_id)


def person_row(connection: Connection, user_id: uuid.UUID) -> PersonRow:
    """One person of the bound tenant.

    Raises:
        NotFound: the tenant knows no such person.
    """
    row = connection.execute(text(f"{_SELECT} AND p.id = :id"), {"id": user_id}).one_or_none()
    if row is None:
        raise NotFound("There is no such person in this tenant.", hint="The list of people shows who there is.")
    return _of(row)


def person_by_email(connection: Connection, email: str) -> PersonRow:
    """One person of the bound tenant by address.

    Raises:
        Invalid: not an address.
        NotFound: the tenant knows no such person.
    """
    found = connection.execute(text("SELECT id FROM v_people WHERE email = :email"), {"email": normal_email(email)})
    user_id = found.scalar_one_or_none()
    if user_id is None:
        raise NotFound("There is no such person in this tenant.", hint="`countersign admin person list` names them.")
    return person_row(connection, user_id)


def list_people(
    connection: Connection,
    limit: int,
    cursor: str | None = None,
    *,
    search: str = "",
    role: str | None = None,
    active: bool | None = None,
) -> Listed[PersonRow]:
    """The people of the bound tenant by name; those who ever held a role here.

    Raises:
        Invalid: a cursor that no page gave.
    """
    after = read_cursor(cursor, 2)
    rows = connection.execute(
        text(
            f"{_SELECT} AND (CAST(:name AS text) IS NULL OR (p.name, p.id) > (:name, CAST(:id AS uuid)))"
            " AND (:search = '' OR strpos(lower(p.name || ' ' || p.email), lower(:search)) > 0)"
            " AND (CAST(:active AS boolean) IS NULL OR p.active = :active)"
            " AND (CAST(:role AS text) IS NULL OR EXISTS (SELECT 1 FROM role_assignments AS h"
            "   WHERE h.user_id = p.id AND h.tenant_id = current_setting('app.tenant') AND h.role = :role"
            "   AND (h.valid_to IS NULL OR h.valid_to > clock_timestamp())))"
            " ORDER BY p.name, p.id LIMIT :most"
        ),
        {
            "name": after[0] if after else None,
            "id": _uuid(after[1]) if after else None,
            "search": search,
            "active": active,
            "role": role,
            "most": limit + 1,
        },
    ).all()
    return page_of([_of(row) for row in rows], limit, lambda row: [row.name, str(row.id)])


def _uuid(given: str) -> uuid.UUID:
    try:
        return uuid.UUID(given)
    except ValueError as cause:
        raise Invalid("The cursor is not one that a page gave.", hint="Leave it out to begin anew.") from cause


def _of(row: Any) -> PersonRow:
    held = [
        Held(
            role["role"],
            datetime.fromisoformat(role["valid_from"]),
            datetime.fromisoformat(role["valid_to"]) if role["valid_to"] else None,
        )
        for role in row.roles
    ]
    return PersonRow(row.id, row.email, row.name, row.active, held)
