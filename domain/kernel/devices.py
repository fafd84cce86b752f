"""Devices: a person hands a phone a session that opens one thing alone and lasts for days, as a bearer token.

What belongs here: making it, and finding who stands behind it. It is a row of `login_sessions` that is bound; the
person's own page lists it and ends it when the phone is lost. A cookie is never one, and it is never a cookie.
"""

import hashlib
import re
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import Connection, text

from domain.kernel.db import transaction
from domain.kernel.errors import Forbidden
from domain.kernel.events import record
from domain.kernel.people import find_person
from domain.kernel.principal import Kind, Principal, Role

LASTS = timedelta(days=7)
PREFIX = "csd_"
# Where a device's requests may go beside the thing that it is bound to: captures have addresses of their own, and
# their routes ask whose they are.
ALSO = re.compile(r"^/(api/)?v1/evidence/[0-9a-f-]{36}(/content)?$")
VERSIONED = re.compile(r"^/(?:api/)?v1/(?P<rest>.*)$")


def open_device(
    connection: Connection, principal: Principal, bound_to: str, roles: Collection[Role], now: datetime
) -> tuple[str, datetime]:
    """Open a session for a device of this person; answer its token, which is shown once, and when it ends.

    Args:
        connection: the caller's transaction.
        principal: the person who is signed in.
        bound_to: what it opens, for example `tests/sessions/<id>`.
        roles: what the device may act as; narrowed to what the person holds, then and on every request.
        now: the instant.

    Raises:
        Forbidden: no person, or one who holds none of the roles.
    """
    held = sorted(role.value for role in roles if role in principal.roles)
    if not principal.is_person or principal.bound_to is not None or not held:
        raise Forbidden("A device is handed over by a signed-in person who may do what it is for.")
    token, ends = PREFIX + secrets.token_urlsafe(32), now + LASTS
    connection.execute(
        text(
            "INSERT INTO login_sessions (session_hash, user_id, roles, expires_at, opened_by, bound_to)"
            " VALUES (:hash, CAST(:user_id AS uuid), :roles, :ends, 'device', :bound_to)"
        ),
        {"hash": _hash(token), "user_id": principal.id, "roles": held, "ends": ends, "bound_to": bound_to},
    )
    record(
        connection,
        "access.device.opened",
        actor_id=principal.id,
        actor_role=principal.actor_role,
        entity_type="user",
        entity_id=principal.id,
        payload={"bound_to": bound_to},
    )
    return token, ends


def principal_of_device(token: str) -> Principal | None:
    """The person whose device it is, narrowed to its roles and to what it is bound to; None if it has ended."""
    with transaction(None) as connection:
        row = connection.execute(
            text("SELECT tenant_id, user_id, roles, bound_to FROM find_device_session(:hash)"), {"hash": _hash(token)}
        ).one_or_none()
    if row is None:
        return None
    with transaction(row.tenant_id) as connection:
        person = find_person(connection, user_id=str(row.user_id), email=None)
    if person is None or not person.active:
        return None
    roles = frozenset(role for role in person.roles if role in row.roles)
    return Principal(Kind.PERSON, str(person.id), person.name, row.tenant_id, roles=roles, bound_to=row.bound_to)


def check_reach(principal: Principal, path: str) -> None:
    """Refuse a device every address but those of what it is bound to.

    Raises:
        Forbidden: DEVICE_BOUND.
    """
    if principal.bound_to is None:
        return
    found = VERSIONED.match(path)
    rest = found["rest"] if found else ""
    if rest == principal.bound_to or rest.startswith(f"{principal.bound_to}/") or ALSO.match(path):
        return
    raise Forbidden(
        "This device was handed one session of tests and opens nothing else.",
        hint="Sign in in the browser for the rest.",
        code="DEVICE_BOUND",
    )


def is_within(principal: Principal, thing: str) -> bool:
    """Whether the caller reaches the thing: everybody does but a device that is bound to another."""
    return principal.bound_to is None or principal.bound_to == thing


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
