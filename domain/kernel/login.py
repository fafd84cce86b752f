"""Browser sessions: a person signs in once, and a cookie stands for that until it ends.

The cookie holds a random secret; the database keeps its hash, so that whoever reads the table can sign in as nobody.
What the person may do is asked of the database on every request, as for a bearer token.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, text

from domain.kernel.db import transaction
from domain.kernel.errors import NotFound
from domain.kernel.events import record
from domain.kernel.people import find_person
from domain.kernel.principal import Kind, Principal

LASTS = timedelta(hours=12)
LONGEST = 128
MARK = 16


def open_session(principal: Principal, now: datetime, ip: str | None = None, opened_by: str = "token") -> str:
    """Open a session for a person with the roles that the caller holds now; answer the cookie's secret."""
    secret = secrets.token_urlsafe(32)
    with transaction(principal.tenant_id, actor=principal.id) as connection:
        connection.execute(
            text(
                "INSERT INTO login_sessions (session_hash, user_id, roles, expires_at, opened_by)"
                " VALUES (:hash, CAST(:user_id AS uuid), :roles, :expires_at, :opened_by)"
            ),
            {
                "hash": _hash(secret),
                "user_id": principal.id,
                "roles": sorted(principal.roles),
                "expires_at": now + LASTS,
                "opened_by": opened_by,
            },
        )
        record(
            connection,
            "access.session.opened",
            actor_id=principal.id,
            actor_role=principal.actor_role,
            entity_type="user",
            entity_id=principal.id,
            ip=ip,
        )
    return secret


def principal_of_session(secret: str) -> Principal | None:
    """The person behind a cookie; None if the session has ended or the person may no longer come in."""
    if not secret or len(secret) > LONGEST or not secret.isascii():
        return None
    with transaction(None) as connection:
        row = connection.execute(
            text("SELECT tenant_id, user_id, roles FROM find_login_session(:hash)"), {"hash": _hash(secret)}
        ).one_or_none()
    if row is None:
        return None
    with transaction(row.tenant_id) as connection:
        person = find_person(connection, user_id=str(row.user_id), email=None)
    if person is None or not person.active:
        return None
    # Kept as roles, not as the column's text: what is taken from either side of an intersection is not said.
    roles = person.roles if row.roles is None else frozenset(role for role in person.roles if role in row.roles)
    return Principal(Kind.PERSON, str(person.id), person.name, row.tenant_id, roles=roles)


def end_session(principal: Principal, secret: str) -> str | None:
    """Sign out: the cookie is worth nothing from now on. Answers by what it was opened; None if it was over."""
    with transaction(principal.tenant_id, actor=principal.id) as connection:
        opened_by: str | None = connection.execute(
            text(
                "UPDATE login_sessions SET ended_at = clock_timestamp() WHERE session_hash = :hash AND ended_at IS NULL"
                " RETURNING opened_by"
            ),
            {"hash": _hash(secret)},
        ).scalar_one_or_none()
        return opened_by


def form_token(secret: str) -> str:
    """What every form of this session carries, so that no other site can send it (CSRF)."""
    return hmac.new(secret.encode(), b"form", hashlib.sha256).hexdigest()


def is_form_token(secret: str, given: str) -> bool:
    """Whether a form was made for this session."""
    return given.isascii() and hmac.compare_digest(form_token(secret), given)


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


@dataclass(frozen=True)
class Session:
    """One open browser session of a person. Grain: one session; `mark` names it without opening it."""

    mark: str
    opened_by: str
    created_at: datetime
    expires_at: datetime
    is_this: bool


def sessions_of(connection: Connection, principal: Principal, secret: str | None) -> list[Session]:
    """The person's open sessions in the bound tenant, newest first; the one behind `secret` is marked."""
    rows = connection.execute(
        text(
            "SELECT session_hash, opened_by, created_at, expires_at FROM login_sessions"
            " WHERE user_id = CAST(:user AS uuid) AND ended_at IS NULL AND expires_at > clock_timestamp()"
            " ORDER BY created_at DESC, session_hash"
        ),
        {"user": principal.id},
    )
    here = _hash(secret) if secret else ""
    return [
        Session(row.session_hash[:MARK], row.opened_by, row.created_at, row.expires_at, row.session_hash == here)
        for row in rows
    ]


def end_own_session(connection: Connection, principal: Principal, mark: str) -> None:
    """End one of the person's own sessions.

    Raises:
        NotFound: the person has no such open session.
    """
    ended = connection.execute(
        text(
            "UPDATE login_sessions SET ended_at = clock_timestamp() WHERE user_id = CAST(:user AS uuid)"
            " AND left(session_hash, :length) = :mark AND ended_at IS NULL"
        ),
        {"user": principal.id, "length": MARK, "mark": mark},
    )
    if ended.rowcount == 0:
        raise NotFound("You have no such open session.", hint="Your page /me lists them.")
    record(
        connection,
        "access.session.ended",
        actor_id=principal.id,
        actor_role=principal.actor_role,
        entity_type="user",
        entity_id=principal.id,
    )
