"""API keys of services: `csk_<key id>_<secret>`, shown once, kept as an argon2 hash, with scopes, expiry, revocation.

The literal key of the grid sources (GRIDLENS_API_KEY) is the key `gridlens`: any text may be its secret.
Every request asks the database whether the key still stands; argon2, made to be slow, is paid only for the first.
"""

import hashlib
import re
import secrets
import threading
from collections import OrderedDict
from collections.abc import Collection
from datetime import datetime
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from sqlalchemy import Connection, Row, text

from domain.kernel.db import transaction
from domain.kernel.errors import Invalid
from domain.kernel.events import record
from domain.kernel.principal import Kind, Principal
from domain.kernel.settings import DbRole

GRIDLENS_KEY_ID = "gridlens"
GRIDLENS_SCOPES = frozenset({"ami:read", "ami:write", "grid:read", "grid:advise"})
SHAPE = re.compile(r"csk_(?P<key_id>[A-Za-z0-9]{1,32})_(?P<secret>[A-Za-z0-9_-]{16,256})")
SCOPE = re.compile(r"[a-z][a-z0-9]*:(read|write|advise)")
MAX_TOKEN_LENGTH = 4096
CACHE_SIZE = 4096

# Keys carry 256 bits of chance, so the cost need not stretch a weak password; these are OWASP's least parameters.
_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


class VerifiedCache:
    """Which (token, stored hash) pairs were found right or wrong, so that each is computed once per process.

    Keyed by digests alone: the cache holds no secret. A rotated key has another stored hash and misses.
    """

    def __init__(self, size: int = CACHE_SIZE) -> None:
        self._size = size
        self._known: OrderedDict[bytes, bool] = OrderedDict()
        self._lock = threading.Lock()

    def matches(self, token: str, stored_hash: str) -> bool:
        """Whether the token is the one that was hashed."""
        digest = hashlib.sha256(token.encode()).digest() + hashlib.sha256(stored_hash.encode()).digest()
        with self._lock:
            if digest in self._known:
                self._known.move_to_end(digest)
                return self._known[digest]
        found = _verify(token, stored_hash)
        with self._lock:
            self._known[digest] = found
            while len(self._known) > self._size:
                self._known.popitem(last=False)
        return found


verified = VerifiedCache()


def create_key(
    tenant_id: str,
    name: str,
    scopes: Collection[str],
    *,
    expires_at: datetime | None = None,
    actor_id: str = "countersign",
) -> tuple[str, str]:
    """Make a key; answer its id and the token, which nobody can show a second time.

    Raises:
        Invalid: no scope, or one that is not `room:read|write|advise`.
    """
    key_id, token = new_token()
    _store(tenant_id, key_id, name, token, checked_scopes(scopes), expires_at, actor_id, "access.key.created")
    return key_id, token


def checked_scopes(scopes: Collection[str]) -> list[str]:
    """The scopes in order.

    Raises:
        Invalid: no scope, or one that is not `room:read|write|advise`.
    """
    wrong = sorted(scope for scope in scopes if not SCOPE.fullmatch(scope))
    if wrong or not scopes:
        raise Invalid(
            f"{', '.join(wrong) or 'No scope'} is not what a key can hold.",
            hint="Scopes are written room:read, room:write or room:advise; a key never countersigns.",
            errors=[{"field": "scopes", "message": "room:read, room:write or room:advise"}],
        )
    return sorted(set(scopes))


def new_token() -> tuple[str, str]:
    """A fresh key id, and the token that carries it and 256 bits of chance."""
    key_id = secrets.token_hex(8)
    return key_id, f"csk_{key_id}_{secrets.token_urlsafe(32)}"


def stored_form(token: str) -> str:
    """What the database keeps of a token: an argon2 hash with a salt of its own."""
    return _hasher.hash(token)


def register_literal_key(tenant_id: str, token: str, *, actor_id: str = "countersign up") -> bool:
    """Let the setting GRIDLENS_API_KEY be the key `gridlens` of the tenant; answer whether anything changed.

    Raises:
        Invalid: the setting is empty, too long, or has blanks in it.
    """
    if not token or len(token) > MAX_TOKEN_LENGTH or not token.isascii() or not token.isprintable() or " " in token:
        raise Invalid("GRIDLENS_API_KEY must be printable ASCII text without blanks.")
    with transaction(tenant_id) as connection:
        known = _find(connection, GRIDLENS_KEY_ID)
    if known is not None and known.tenant_id == tenant_id and verified.matches(token, known.secret_hash):
        return False
    _store(tenant_id, GRIDLENS_KEY_ID, "GridLens", token, GRIDLENS_SCOPES, None, actor_id, "access.key.registered")
    return True


def principal_of_key(token: str) -> Principal | None:
    """The service behind a key, or None when no standing key is spelt so. Asks the database every time."""
    shaped = SHAPE.fullmatch(token)
    with transaction(None) as connection:
        for key_id in [*([shaped["key_id"]] if shaped else []), GRIDLENS_KEY_ID]:
            row = _find(connection, key_id)
            if row is not None and verified.matches(token, row.secret_hash):
                return Principal(Kind.SERVICE, row.key_id, row.name, row.tenant_id, scopes=frozenset(row.scopes))
    return None


def _verify(token: str, stored_hash: str) -> bool:
    try:
        return _hasher.verify(stored_hash, token)
    except (VerifyMismatchError, InvalidHashError):
        return False


def _find(connection: Connection, key_id: str) -> Row[Any] | None:
    return connection.execute(text("SELECT * FROM find_api_key(:key_id)"), {"key_id": key_id}).one_or_none()


def _store(
    tenant_id: str,
    key_id: str,
    name: str,
    token: str,
    scopes: Collection[str],
    expires_at: datetime | None,
    actor_id: str,
    event_type: str,
) -> None:
    with transaction(tenant_id, DbRole.OWNER, actor=actor_id) as connection:
        connection.execute(
            text(
                "INSERT INTO api_keys (key_id, tenant_id, name, secret_hash, scopes, expires_at)"
                " VALUES (:key_id, :tenant_id, :name, :secret_hash, :scopes, :expires_at)"
                " ON CONFLICT (key_id) DO UPDATE SET tenant_id = EXCLUDED.tenant_id,"
                " secret_hash = EXCLUDED.secret_hash, scopes = EXCLUDED.scopes, revoked_at = NULL"
            ),
            {
                "key_id": key_id,
                "tenant_id": tenant_id,
                "name": name,
                "secret_hash": stored_form(token),
                "scopes": sorted(scopes),
                "expires_at": expires_at,
            },
        )
        _tell(connection, event_type, key_id, actor_id, scopes=sorted(scopes))


def _tell(connection: Connection, event_type: str, key_id: str, actor_id: str, **payload: object) -> None:
    record(
        connection,
        event_type,
        actor_id=actor_id,
        actor_role="ADMIN",
        entity_type="api_key",
        entity_id=key_id,
        payload=dict(payload),
    )
