"""Links to objects of a local store: an HMAC over tenant, key, size, type, name and end, checked in constant time.

Whoever holds a link may open what it leads to until it ends; nobody can change a character of it. The secret is a
file of this copy with mode 0600 and is never in the database.
"""

import hmac
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote, urlencode

from domain.kernel.canonical import canonical_json
from domain.kernel.errors import CountersignError, Forbidden, NotConfigured
from domain.kernel.keyfile import keep_bytes_once
from domain.kernel.objects.store import Target, check_owner
from domain.kernel.settings import settings

PATH = "/objects"
SECRET_BYTES = 32
LONGEST_NUMBER = 15


def key_path() -> Path:
    """Where the secret lies: as set, or under the copy's own secrets."""
    return settings().object_link_key_file or settings().home_path / "secrets" / "object_link_key"


def signed_path(tenant_id: str, target: Target, expires_at: datetime) -> str:
    """Path and query of a link.

    Raises:
        Invalid: the key is another tenant's.
        NotConfigured: the secret cannot be read or made.
    """
    check_owner(tenant_id, target.key)
    expires = int(expires_at.timestamp())
    said = {
        "tenant": tenant_id,
        "expires": str(expires),
        "size": str(target.size_bytes),
        "type": target.media_type,
        "name": target.file_name,
    }
    said["signature"] = _signature(tenant_id, target, expires)
    return f"{PATH}/{quote(target.key)}?{urlencode(said)}"


def check_link(key: str, query: Mapping[str, str], now: datetime) -> Target:
    """What the link leads to, if it is one of ours and has not ended.

    Raises:
        Forbidden: LINK_INVALID, not signed by this copy or changed since; LINK_EXPIRED.
    """
    refusal = Forbidden(
        "The link was not made by this copy, or was changed.",
        hint="Open the page or the artifact again for a new link.",
        code="LINK_INVALID",
    )
    tenant_id, expires, size = (query.get(name, "") for name in ("tenant", "expires", "size"))
    if not all(number.isascii() and number.isdigit() and len(number) <= LONGEST_NUMBER for number in (expires, size)):
        raise refusal
    target = Target(key, int(size), query.get("type", ""), query.get("name", ""))
    try:
        check_owner(tenant_id, key)
        wanted = _signature(tenant_id, target, int(expires))
    except (CountersignError, UnicodeError) as cause:
        if isinstance(cause, NotConfigured):
            raise
        raise refusal from None
    if not hmac.compare_digest(wanted.encode(), query.get("signature", "").encode()):
        raise refusal
    if datetime.fromtimestamp(int(expires), UTC) <= now:
        raise Forbidden(
            "The link has ended.", hint="Open the page or the artifact again for a new link.", code="LINK_EXPIRED"
        )
    return target


def _signature(tenant_id: str, target: Target, expires: int) -> str:
    signed = canonical_json(
        ["countersign-object-1", tenant_id, target.key, expires, target.size_bytes, target.media_type, target.file_name]
    )
    return hmac.new(_secret(), signed, "sha256").hexdigest()


def _secret() -> bytes:
    path = key_path()
    try:
        if not path.exists():
            keep_bytes_once(path, secrets.token_bytes(SECRET_BYTES))
        secret = path.read_bytes()
    except OSError as cause:
        raise NotConfigured(
            "The secret that signs links to files cannot be read.",
            hint="Set COUNTERSIGN_OBJECT_LINK_KEY_FILE to a file of 32 random bytes that this process may read.",
        ) from cause
    if len(secret) < SECRET_BYTES:
        raise NotConfigured(
            "The secret that signs links to files is shorter than 32 bytes; no link was made or accepted.",
            hint=f"Replace the file by one of 32 random bytes; links made before stop working. It lies at {path}.",
        )
    return secret
