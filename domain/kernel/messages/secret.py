"""The key behind webhook secrets and unsubscribing links: a file, known to the API and to whoever delivers.

Nothing secret of a channel is stored: a webhook's secret is derived from this key and the channel's id, and a chat's
address is the name of a setting. docs/decisions/0031 says why.
"""

import hashlib
import hmac
import secrets
import uuid
from pathlib import Path

from domain.kernel.errors import NotConfigured
from domain.kernel.keyfile import keep_bytes_once
from domain.kernel.settings import Env, settings

LEAST_BYTES = 32


def key_file() -> Path:
    """Where the key lies: as set, or under the copy's own secrets."""
    return settings().messages_key_file or settings().home_path / "secrets" / "messages_key"


def webhook_secret(channel_id: uuid.UUID) -> str:
    """What a receiver checks signatures with; shown once, when the channel is made."""
    return "whsec_" + _derived("webhook", str(channel_id))


def unsubscribe_token(tenant_id: str, channel_id: uuid.UUID) -> str:
    """What proves that a link came out of a message of this channel."""
    return f"{tenant_id}.{channel_id}.{_derived('unsubscribe', tenant_id, str(channel_id))}"


def read_unsubscribe_token(token: str) -> tuple[str, uuid.UUID] | None:
    """Tenant and channel behind a link; None where it is not one of ours."""
    parts = token.split(".")
    if len(parts) != 3 or not token.isascii():
        return None
    try:
        channel_id = uuid.UUID(parts[1])
    except ValueError:
        return None
    if not hmac.compare_digest(_derived("unsubscribe", parts[0], str(channel_id)), parts[2]):
        return None
    return parts[0], channel_id


def _derived(*parts: str) -> str:
    return hmac.new(_key(), "|".join(parts).encode(), hashlib.sha256).hexdigest()


def _key() -> bytes:
    path = key_file()
    if not path.exists() and settings().env is Env.DEV:
        keep_bytes_once(path, secrets.token_hex(32).encode())
    try:
        kept = path.read_bytes().strip()
    except OSError as cause:
        raise NotConfigured(
            "The key of messages is not there.", hint="Mount it and set COUNTERSIGN_MESSAGES_KEY_FILE."
        ) from cause
    if len(kept) < LEAST_BYTES:
        raise NotConfigured(f"The key of messages has fewer than {LEAST_BYTES} bytes.", hint="Make a longer one.")
    return kept
