"""People and what they are: users, and roles in a tenant with a beginning and an end.

A role is never deleted: ending it sets its end, so that who could sign what, and when, stays answerable. All writes
here are administration (the owner's connection) and stand in the ledger with what they change.
"""

import re
import unicodedata
import uuid
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, Row, text

from domain.kernel.canonical import new_id
from domain.kernel.db import transaction
from domain.kernel.errors import Forbidden, Invalid, NotFound
from domain.kernel.events import record
from domain.kernel.principal import Principal, Role
from domain.kernel.refusals import told_as_errors
from domain.kernel.settings import DbRole

EMAIL = re.compile(r"[^@\s\x00-\x1f]{1,64}@[^@\s\x00-\x1f]{1,190}")

_NOW = "valid_from <= clock_timestamp() AND (valid_to IS NULL OR valid_to > clock_timestamp())"
_HELD = f"SELECT role FROM role_assignments WHERE tenant_id = current_setting('app.tenant') AND {_NOW} AND user_id ="
# A person as the bound tenant knows him or her, with the roles that hold there now.
_PERSON = f"SELECT p.id, p.email, p.name, p.active, ARRAY({_HELD} p.id ORDER BY role) AS roles FROM v_people AS p WHERE"
# Asked at every request, hence one statement.
_BY_ID_OR_EMAIL = text(f"{_PERSON} p.id = CAST(:user_id AS uuid) OR p.email = :email ORDER BY p.id LIMIT 1")
_ACTIVE = text(f"{_PERSON} p.id = ANY(:ids) AND p.active ORDER BY p.name, p.id")
# The first by id: among very many nobody looks for a name in a list.
_HOLDERS = f"""
SELECT DISTINCT user_id FROM role_assignments
WHERE tenant_id = current_setting('app.tenant') AND (role = 'LEARNER') = :learns AND {_NOW}
  AND EXISTS (SELECT 1 FROM v_people AS p WHERE p.id = user_id AND p.active)
ORDER BY user_id LIMIT :most
"""


@dataclass(frozen=True)
class Person:
    """One human being as a tenant knows him or her."""

    id: uuid.UUID
    email: str
    name: str
    active: bool
    roles: frozenset[Role]


def normal_email(email: str) -> str:
    """The address as it is kept: see `spelled`.

    Raises:
        Invalid: it is not an address, or has letters that nobody sees.
    """
    kept = spelled(email)
    if not EMAIL.fullmatch(kept) or any(unicodedata.category(letter) in {"Cc", "Cf", "Cs"} for letter in kept):
        raise Invalid("That is not an e-mail address.", hint="Write it like name@example.org.")
    return kept


def spelled(email: str) -> str:
    """The one spelling of an address: lower case, no blanks around it, letters composed (NFC).

    The database's own `lower` knows the letters of ASCII alone, and two spellings of one letter are two letters to it.
    """
    return unicodedata.normalize("NFC", email.strip().lower())


def known_roles(roles: Collection[str]) -> frozenset[Role]:
    """The roles by name.

    Raises:
        Invalid: a name that is no role.
    """
    unknown = sorted(set(roles) - {role.value for role in Role})
    if unknown:
        raise Invalid(f"{', '.join(unknown)} is not a role.", hint=f"Roles are {', '.join(Role)}.")
    return frozenset(Role(role) for role in roles)


def ensure_person(
    tenant_id: str, email: str, name: str, roles: Collection[str], *, actor_id: str = "countersign"
) -> Person:
    """Make the person known and give the roles that are missing in the tenant. Safe to run again.

    Raises:
        Invalid: no address, or an unknown role.
        NotFound: no such tenant.
    """
    kept, wanted = normal_email(email), known_roles(roles)
    with transaction(tenant_id, DbRole.OWNER, actor=actor_id) as connection:
        _check_tenant(connection, tenant_id)
        user_id = _user_id(connection, kept, name, actor_id)
        held = roles_of(connection, user_id)
        for role in sorted(wanted - held):
            _give(connection, user_id, tenant_id, role, actor_id)
        return _load(connection, user_id)


def end_role(tenant_id: str, user_id: uuid.UUID, role: Role, *, actor_id: str = "countersign") -> None:
    """End a role now. The last administrator of a tenant stays.

    Raises:
        NotFound: the person does not hold the role.
        Conflict: LAST_ADMIN, nobody would be left to administer the tenant.
    """
    with transaction(tenant_id, DbRole.OWNER, actor=actor_id) as connection, told_as_errors():
        connection.execute(
            text("SELECT admin_end_role(NULL, :user_id, :role, NULL)"), {"user_id": user_id, "role": role}
        )
        _tell(connection, "access.role.ended", user_id, actor_id, role=role.value)


def set_active(tenant_id: str, user_id: uuid.UUID, active: bool, *, actor_id: str = "countersign") -> None:
    """Let a person into a tenant or keep a person out of it; the roles stay on record.

    Raises:
        NotFound: the tenant knows no such person.
        Conflict: LAST_ADMIN, nobody would be left to administer the tenant.
    """
    with transaction(tenant_id, DbRole.OWNER, actor=actor_id) as connection, told_as_errors():
        connection.execute(
            text("SELECT admin_set_active(NULL, :user_id, :active)"), {"user_id": user_id, "active": active}
        )
        _tell(connection, "access.person.activated" if active else "access.person.deactivated", user_id, actor_id)


def roles_of(connection: Connection, user_id: uuid.UUID) -> frozenset[Role]:
    """What the person is in the bound tenant now."""
    return frozenset(map(Role, connection.execute(text(f"{_HELD} :user_id"), {"user_id": user_id}).scalars()))


def find_person(connection: Connection, *, user_id: str | None, email: str | None) -> Person | None:
    """The person by id or by address, if the tenant that the transaction is bound to knows him or her."""
    asked = {"user_id": user_id, "email": None if email is None else spelled(email)}
    row = connection.execute(_BY_ID_OR_EMAIL, asked).one_or_none()
    return None if row is None else _person(row)


def still(connection: Connection, principal: Principal) -> Principal:
    """The person with the roles that hold now: some may have ended since the request was let in.

    Raises:
        Forbidden: the person may no longer come in.
    """
    found = find_person(connection, user_id=principal.id, email=None)
    if found is None or not found.active:
        raise Forbidden("You may no longer come in; nothing was signed.", hint="An administrator can reactivate you.")
    return replace(principal, roles=frozenset(role for role in found.roles if role in principal.roles))


def _person(row: Row[Any]) -> Person:
    return Person(row.id, row.email, row.name, row.active, frozenset(map(Role, row.roles)))


def _load(connection: Connection, user_id: uuid.UUID) -> Person:
    found = find_person(connection, user_id=str(user_id), email=None)
    if found is None:
        raise NotFound("There is no such person.")
    return found


def _check_tenant(connection: Connection, tenant_id: str) -> None:
    if not connection.execute(text("SELECT 1 FROM tenants WHERE tenant_id = :t"), {"t": tenant_id}).first():
        raise NotFound(f"There is no tenant {tenant_id}.", hint="Create it first, or check how it is spelt.")


def _user_id(connection: Connection, email: str, name: str, actor_id: str) -> uuid.UUID:
    added = connection.execute(
        text(
            "INSERT INTO users (id, email, name) VALUES (:id, :email, :name) ON CONFLICT (email) DO NOTHING"
            " RETURNING id"
        ),
        {"id": new_id(), "email": email, "name": name},
    ).scalar_one_or_none()
    if added is not None:
        _tell(connection, "access.person.added", added, actor_id)
        return uuid.UUID(str(added))
    found = connection.execute(text("SELECT id FROM users WHERE email = :email"), {"email": email}).scalar_one()
    return uuid.UUID(str(found))


def _give(connection: Connection, user_id: uuid.UUID, tenant_id: str, role: Role, actor_id: str) -> None:
    connection.execute(
        text("INSERT INTO role_assignments (user_id, tenant_id, role) VALUES (:user_id, :tenant_id, :role)"),
        {"user_id": user_id, "tenant_id": tenant_id, "role": role.value},
    )
    _tell(connection, "access.role.given", user_id, actor_id, role=role.value)


def _tell(connection: Connection, event_type: str, user_id: uuid.UUID, actor_id: str, **payload: str) -> None:
    record(
        connection,
        event_type,
        actor_id=actor_id,
        actor_role="ADMIN",
        entity_type="user",
        entity_id=str(user_id),
        payload=dict(payload),
    )


def people_of(connection: Connection, most: int) -> list[Person]:
    """Active people of the bound tenant by name, at most as many: who works here before who only learns."""
    ids: dict[uuid.UUID, None] = {}
    for learns in (False, True):
        found = connection.execute(text(_HOLDERS), {"learns": learns, "most": most}).scalars()
        ids |= dict.fromkeys(found)
    return [_person(row) for row in connection.execute(_ACTIVE, {"ids": list(ids)[:most]})]


def named(connection: Connection, wanted: str) -> list[str]:
    """Ids of the tenant's people of that name or address, whatever its case; ids in order."""
    rows = connection.execute(
        text("SELECT id FROM v_people WHERE lower(name) = lower(:wanted) OR email = :email ORDER BY id"),
        {"wanted": wanted, "email": spelled(wanted)},
    )
    return [str(row.id) for row in rows]
