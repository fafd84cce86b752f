"""Roles in a tenant: given with or without an end, ended, never erased."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from domain.kernel.administration.actor import OF_THE_PLATFORM, Actor, act, future, tell
from domain.kernel.errors import Invalid
from domain.kernel.paging import Listed, page_of, read_cursor
from domain.kernel.principal import Role


@dataclass(frozen=True)
class Held:
    """One role with its time. Grain: one giving."""

    role: str
    valid_from: datetime
    valid_to: datetime | None


@dataclass(frozen=True)
class Given:
    """One giving of a role to a person. Grain: person, role and beginning."""

    user_id: uuid.UUID
    name: str
    email: str
    role: str
    valid_from: datetime
    valid_to: datetime | None
    is_standing: bool


def give_role(
    connection: Connection, actor: Actor, user_id: uuid.UUID, role: Role, valid_to: datetime | None = None
) -> None:
    """Give a person a role in the bound tenant from now on.

    Raises:
        Forbidden: not the actor's to give.
        Invalid: an end that is not in the future.
        NotFound: no such person.
        Conflict: ROLE_HELD.
    """
    if role in OF_THE_PLATFORM:
        actor.demand_platform()
    act(connection, "admin_give_role", actor, person=user_id, given=role.value, until=future(valid_to, "valid_to"))
    told = {"role": role.value, "valid_to": None if valid_to is None else valid_to.isoformat()}
    tell(connection, actor, "access.role.given", "user", user_id, told)


def end_role(
    connection: Connection, actor: Actor, user_id: uuid.UUID, role: Role, valid_to: datetime | None = None
) -> None:
    """End a role in the bound tenant now, or set the instant at which it will end.

    Raises:
        Forbidden: not the actor's to end.
        Invalid: an end that is not in the future.
        NotFound: the person does not hold it.
        Conflict: LAST_ADMIN.
    """
    if role in OF_THE_PLATFORM:
        actor.demand_platform()
    act(connection, "admin_end_role", actor, person=user_id, ended=role.value, until=future(valid_to, "valid_to"))
    told = {"role": role.value, "valid_to": None if valid_to is None else valid_to.isoformat()}
    tell(connection, actor, "access.role.ended", "user", user_id, told)


def list_roles(
    connection: Connection, limit: int, cursor: str | None = None, *, role: str | None = None, standing: bool = False
) -> Listed[Given]:
    """Who was given which role in the bound tenant, newest first.

    Raises:
        Invalid: a cursor that no page gave.
    """
    after = read_cursor(cursor, 3)
    rows = connection.execute(
        text(
            "SELECT ra.user_id, p.name, p.email, ra.role, ra.valid_from, ra.valid_to, p.active"
            "   AND ra.valid_from <= clock_timestamp()"
            "   AND (ra.valid_to IS NULL OR ra.valid_to > clock_timestamp()) AS is_standing"
            " FROM role_assignments AS ra JOIN v_people AS p ON p.id = ra.user_id"
            " WHERE ra.tenant_id = current_setting('app.tenant')"
            " AND (CAST(:role AS text) IS NULL OR ra.role = :role)"
            " AND (NOT :standing OR (p.active AND ra.valid_from <= clock_timestamp()"
            "   AND (ra.valid_to IS NULL OR ra.valid_to > clock_timestamp())))"
            " AND (CAST(:at AS timestamptz) IS NULL"
            "   OR (ra.valid_from, ra.user_id, ra.role) < (CAST(:at AS timestamptz), CAST(:id AS uuid), :after_role))"
            " ORDER BY ra.valid_from DESC, ra.user_id DESC, ra.role DESC LIMIT :most"
        ),
        {
            "role": role,
            "standing": standing,
            "at": _instant(after[0]) if after else None,
            "id": _uuid(after[1]) if after else None,
            "after_role": after[2] if after else None,
            "most": limit + 1,
        },
    ).all()
    found = [Given(**row._mapping) for row in rows]
    return page_of(found, limit, lambda row: [row.valid_from.isoformat(), str(row.user_id), row.role])


def _instant(given: str) -> datetime:
    try:
        return datetime.fromisoformat(given)
    except ValueError as cause:
        raise Invalid("The cursor is not one that a page gave.", hint="Leave it out to begin anew.") from cause


def _uuid(given: str) -> uuid.UUID:
    try:
        return uuid.UUID(given)
    except ValueError as cause:
        raise Invalid("The cursor is not one that a page gave.", hint="Leave it out to begin anew.") from cause
