"""The platform's Ed25519 keys: one signs what people decide, the other seals the ledger.

The private halves are files (mode 0600 in dev; a mounted secret elsewhere) that only the API and the sealing job are
given. The public halves stand in `signing_keys`, under the SHA-256 of their 32 bytes, so that a signature of years ago
still names its key; and as PEM files, so that an auditor can check everything offline.
"""

from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from sqlalchemy import Connection, text

from domain.kernel.canonical import sha256_hex
from domain.kernel.db import transaction
from domain.kernel.errors import NotConfigured
from domain.kernel.keyfile import keep_once
from domain.kernel.settings import DbRole, Env, settings


class Purpose(StrEnum):
    """What a key is for; a key of one purpose is never used for the other."""

    COUNTERSIGN = "countersign"
    SEAL = "seal"


def key_path(purpose: Purpose) -> Path:
    """Where the private half lies: as set, or under the copy's own secrets."""
    configured = settings().countersign_key_file if purpose is Purpose.COUNTERSIGN else settings().seal_key_file
    return configured or settings().home_path / "secrets" / f"{purpose.value}_key.pem"


def public_key_path(purpose: Purpose) -> Path:
    """Where the public half is written for auditors."""
    return settings().home_path / "public" / f"{purpose.value}_key.pub.pem"


def ensure_signing_keys() -> dict[Purpose, str]:
    """Make the keys of a dev copy where they are missing, and register the public halves; answer the key ids.

    Raises:
        NotConfigured: outside dev, where a key must be provided.
    """
    found: dict[Purpose, str] = {}
    for purpose in Purpose:
        path = key_path(purpose)
        if not path.exists() and settings().env is Env.DEV:
            keep_once(path, Ed25519PrivateKey.generate())
        raw = raw_bytes(_private(purpose).public_key())
        found[purpose] = sha256_hex(raw)
        _register(purpose, raw)
        _write_public(purpose, _private(purpose).public_key())
    return found


def key_id_of(purpose: Purpose) -> str:
    """The id of the key that `sign` uses: SHA-256 of its public half.

    Raises:
        NotConfigured: this process was not given the key.
    """
    return sha256_hex(raw_bytes(_private(purpose).public_key()))


def sign(purpose: Purpose, message: bytes) -> bytes:
    """The signature's 64 bytes.

    Raises:
        NotConfigured: this process was not given the key.
    """
    return _private(purpose).sign(message)


def is_good(public_key: bytes, signature: bytes, message: bytes) -> bool:
    """Whether `signature` is that key's over `message`."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except InvalidSignature:
        return False
    return True


def registered_key(connection: Connection, key_id: str, purpose: Purpose) -> bytes | None:
    """The public half under that id, if it is registered for the purpose and is what its id says."""
    raw = connection.execute(
        text("SELECT public_key FROM signing_keys WHERE key_id = :id AND purpose = :purpose"),
        {"id": key_id, "purpose": purpose.value},
    ).scalar_one_or_none()
    return bytes(raw) if raw is not None and sha256_hex(bytes(raw)) == key_id else None


def raw_bytes(key: Ed25519PublicKey) -> bytes:
    """The 32 bytes of a public key."""
    return key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)


def public_pem(raw: bytes) -> str:
    """A public key as PEM text, from its 32 bytes."""
    key = Ed25519PublicKey.from_public_bytes(raw)
    return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()


def registered_keys(connection: Connection) -> list[tuple[str, Purpose, bytes, datetime]]:
    """Every registered key as id, purpose, public half and instant of registration, oldest first."""
    rows = connection.execute(
        text("SELECT key_id, purpose, public_key, created_at FROM signing_keys ORDER BY created_at, key_id")
    )
    return [(row.key_id, Purpose(row.purpose), bytes(row.public_key), row.created_at) for row in rows]


def read_public_key(path: Path) -> bytes:
    """The 32 bytes of the public key in a PEM file.

    Raises:
        NotConfigured: no such file, or not an Ed25519 public key.
    """
    try:
        key = serialization.load_pem_public_key(path.read_bytes())
    except (OSError, ValueError) as cause:
        raise NotConfigured(
            f"{path} is not a public key in PEM form.", hint="Give the file the auditor was handed."
        ) from cause
    if not isinstance(key, Ed25519PublicKey):
        raise NotConfigured(f"{path} is not an Ed25519 key.", hint="Give the file the auditor was handed.")
    return raw_bytes(key)


def _private(purpose: Purpose) -> Ed25519PrivateKey:
    path = key_path(purpose)
    try:
        return _parse(path.read_bytes())
    except (OSError, ValueError) as cause:
        raise NotConfigured(
            f"The {purpose.value} key is not there, or cannot be read; nothing was signed.",
            hint=f"Mount it and set COUNTERSIGN_{purpose.name}_KEY_FILE; in dev `countersign up` makes one.",
        ) from cause


@lru_cache(maxsize=8)
def _parse(pem: bytes) -> Ed25519PrivateKey:
    key = serialization.load_pem_private_key(pem, password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError("not an Ed25519 key")
    return key


def _register(purpose: Purpose, raw: bytes) -> None:
    with transaction(None, DbRole.OWNER) as connection:
        connection.execute(
            text(
                "INSERT INTO signing_keys (key_id, purpose, public_key) VALUES (:id, :purpose, :raw)"
                " ON CONFLICT (key_id) DO NOTHING"
            ),
            {"id": sha256_hex(raw), "purpose": purpose.value, "raw": raw},
        )


def _write_public(purpose: Purpose, key: Ed25519PublicKey) -> None:
    path = public_key_path(purpose)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo))
