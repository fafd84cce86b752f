"""Canonical bytes (RFC 8785), their SHA-256, and ids that follow from content.

Same inputs, same bytes, same id: what machines derive gets a uuid5 of its inputs, what people and processes do gets
a random, time-ordered uuid7.
"""

import hashlib
import os
import time
import uuid
from typing import Any

import rfc8785

NAMESPACE = uuid.UUID("6f0f7c2e-5b1d-5e0a-9d53-0c0de51a7e00")


def canonical_json(value: Any) -> bytes:
    """RFC 8785 canonical JSON of `value` (dicts with text keys, lists, text, numbers, booleans, None)."""
    return rfc8785.dumps(value)


def sha256_hex(data: bytes) -> str:
    """SHA-256 of `data` in lower-case hex."""
    return hashlib.sha256(data).hexdigest()


def content_hash(value: Any) -> str:
    """SHA-256 of the canonical JSON of `value`: what a person signs, what a ledger compares."""
    return sha256_hex(canonical_json(value))


def derived_id(*parts: str) -> uuid.UUID:
    """The uuid5 of a machine result, from the parts that determine it."""
    return uuid.uuid5(NAMESPACE, "|".join(parts))


def new_id() -> uuid.UUID:
    """A random, time-ordered id (uuid version 7, RFC 9562) for acts, proposals and events."""
    millis = time.time_ns() // 1_000_000
    rand = int.from_bytes(os.urandom(10), "big")
    value = (millis & (2**48 - 1)) << 80 | 0x7 << 76 | ((rand >> 62) & 0xFFF) << 64 | 0b10 << 62 | (rand & (2**62 - 1))
    return uuid.UUID(int=value)
