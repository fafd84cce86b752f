"""API keys of a tenant: made, listed, rotated with an overlap, revoked. The secret is shown once and never kept.

Rotating makes a new key, with an id of its own and the old one's name and scopes; the old one goes on to the end of the
overlap, so that a head end can be changed over without a gap.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from domain.kernel.administration.actor import Actor, act, future, proper_name, tell, utc_clock
from domain.kernel.errors import Conflict, Invalid, NotFound
from domain.kernel.keys import GRIDLENS_KEY_ID, checked_scopes, new_token, stored_form
from domain.kernel.paging import Listed, page_of, read_cursor

LONGEST_OVERLAP = timedelta(days=30)
USUAL_OVERLAP = timedelta(hours=24)
_SELECT = """
SELECT key_id, name, scopes, created_at, expires_at, revoked_at, replaces, CASE
    WHEN revoked_at IS NOT NULL THEN 'REVOKED' WHEN expires_at <= clock_timestamp() THEN 'EXPIRED' ELSE 'STANDING'
  END AS state
FROM api_keys WHERE tenant_id = current_setting('app.tenant')
"""


@dataclass(frozen=True)
class KeyRow:
    """One key without its secret. Grain: one key; state is STANDING, EXPIRED or REVOKED."""

    key_id: str
    name: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    replaces: str | None
    state: str


@dataclass(frozen=True)
class NewKey:
    """A key that has just been made, with the token that nobody can show a second time."""

    key: KeyRow
    token: str


def add_key(
    connection: Connection,
    actor: Actor,
    name: str,
    scopes: Collection[str],
    expires_at: datetime | None = None,
) -> NewKey:
    """Make a key of the bound tenant.

    Raises:
        Forbidden: not an administrator of the tenant.
        Invalid: no scope or a wrong one, or an end that is not in the future.
    """
    future(expires_at, "expires_at")
    made = _add(connection, actor, proper_name(name, "A key's name"), checked_scopes(scopes), expires_at, None)
    tell(connection, actor, "access.key.created", "api_key", made.key.key_id, {"scopes": made.key.scopes})
    return made


def rotate_key(
    connection: Connection,
    actor: Actor,
    key_id: str,
    overlap: timedelta = USUAL_OVERLAP,
    expires_at: datetime | None = None,
) -> NewKey:
    """Make a successor of a standing key; the old one ends with the overlap.

    Without an end of its own the successor lives as long as the old one was made to live.

    Raises:
        NotFound: the tenant has no such standing key.
        Conflict: ALREADY_ROTATED, or LITERAL_KEY for the key that a setting gives.
        Invalid: an overlap that is negative or longer than 30 days, or an end that is not in the future.
    """
    if not timedelta(0) <= overlap <= LONGEST_OVERLAP:
        raise Invalid("The overlap is 0 to 720 hours.", errors=[{"field": "overlap_hours", "message": "0 to 720"}])
    if key_id == GRIDLENS_KEY_ID:
        raise Conflict(
            "This key is given by the setting GRIDLENS_API_KEY; nothing was changed.",
            hint="Change the setting and start the copy again.",
            code="LITERAL_KEY",
        )
    future(expires_at, "expires_at")
    former = key_row(connection, key_id)
    if expires_at is None and former.expires_at is not None:
        expires_at = utc_clock() + (former.expires_at - former.created_at)
    until = utc_clock() + overlap if overlap else None
    try:
        with connection.begin_nested():
            made = _add(connection, actor, former.name, former.scopes, expires_at, key_id)
    except IntegrityError as cause:
        raise Conflict(
            "This key was rotated already; nothing was changed.", hint="Rotate its successor.", code="ALREADY_ROTATED"
        ) from cause
    act(connection, "admin_end_key", actor, wanted=key_id, until=until)
    told = {"successor": made.key.key_id, "until": None if until is None else until.isoformat()}
    tell(connection, actor, "access.key.rotated", "api_key", key_id, told)
    return made


def end_key(connection: Connection, actor: Actor, key_id: str) -> None:
    """Revoke a key: the next request with it is refused.

    Raises:
        NotFound: the tenant has no such standing key.
    """
    act(connection, "admin_end_key", actor, wanted=key_id, until=None)
    tell(connection, actor, "access.key.revoked", "api_key", key_id)


def key_row(connection: Connection, key_id: str) -> KeyRow:
    """One key of the bound tenant.

    Raises:
        NotFound: it has no such key.
    """
    row = connection.execute(text(f"{_SELECT} AND key_id = :id"), {"id": key_id}).one_or_none()
    if row is None:
        raise NotFound("There is no such key here.", hint="The list of keys shows their ids.")
    return KeyRow(**row._mapping)


def list_keys(
    connection: Connection, limit: int, cursor: str | None = None, *, state: str | None = None
) -> Listed[KeyRow]:
    """The keys of the bound tenant, newest first.

    Raises:
        Invalid: a cursor that no page gave.
    """
    after = read_cursor(cursor, 2)
    try:
        at = datetime.fromisoformat(after[0]) if after else None
    except ValueError as cause:
        raise Invalid("The cursor is not one that a page gave.", hint="Leave it out to begin anew.") from cause
    rows = connection.execute(
        text(
            f"SELECT * FROM ({_SELECT}) AS k WHERE (CAST(:state AS text) IS NULL OR state = :state)"
            " AND (CAST(:at AS timestamptz) IS NULL OR (created_at, key_id) < (CAST(:at AS timestamptz), :id))"
            " ORDER BY created_at DESC, key_id DESC LIMIT :most"
        ),
        {"state": state, "at": at, "id": after[1] if after else None, "most": limit + 1},
    ).all()
    found = [KeyRow(**row._mapping) for row in rows]
    return page_of(found, limit, lambda row: [row.created_at.isoformat(), row.key_id])


def _add(
    connection: Connection,
    actor: Actor,
    name: str,
    scopes: Collection[str],
    expires_at: datetime | None,
    former: str | None,
) -> NewKey:
    key_id, token = new_token()
    act(
        connection,
        "admin_add_key",
        actor,
        new_id=key_id,
        called=name,
        hashed=stored_form(token),
        given=sorted(scopes),
        until=expires_at,
        former=former,
    )
    return NewKey(key_row(connection, key_id), token)
