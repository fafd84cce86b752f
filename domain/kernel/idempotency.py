"""Idempotency keys: the answer to a request that acted is kept for a day, and given again instead of acting twice.

One caller in one tenant has the key for itself. While a request is worked on its key is held by an advisory lock of a
connection of its own, which ends with the process however that ends. The answer is encrypted under the key that the
caller sent; the key itself is not stored, so that an answer can be read by nobody who does not send it again. Choose
random keys, such as UUIDs: one that can be guessed protects nothing.
"""

import json
import os
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import Connection, Engine, Row, create_engine, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from domain.kernel.canonical import sha256_hex
from domain.kernel.db import OneEngine, bind_tenant, sqlalchemy_url
from domain.kernel.errors import Conflict, Invalid, Unavailable
from domain.kernel.principal import Principal
from domain.kernel.settings import DbRole, settings

KEPT_FOR = "24 hours"
LONGEST_KEPT_BYTES = 256 * 1024
SALT_BYTES = NONCE_BYTES = 12
ONE = "caller_id = :caller AND key_hash = :key"


@dataclass(frozen=True)
class Answer:
    """What was answered: status, the headers that belong to it, and the body."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


@dataclass
class Claim:
    """The right to act under a key, until it is released.

    Attributes:
        connection: holds the lock; closed by `release`.
        principal: the caller.
        key: as it was sent.
        request_hash: what was asked under it.
    """

    connection: Connection
    principal: Principal
    key: str = field(repr=False)
    request_hash: str

    def keep(self, answer: Answer) -> None:
        """Keep the answer. One that is longer than 256 kB is noted as given, without its body."""
        sealed = None if len(answer.body) > LONGEST_KEPT_BYTES else _seal(self, answer)
        self._do(
            "UPDATE idempotency_keys SET finished_at = clock_timestamp(), status = :status, answer = :answer"
            f" WHERE {ONE}",
            status=answer.status,
            answer=sealed,
        )

    def forget(self) -> None:
        """Nothing was done, or the state may change: the same request may be tried again under the same key."""
        self._do(f"DELETE FROM idempotency_keys WHERE {ONE}")

    def release(self) -> None:
        """Let go of the key."""
        self.connection.close()

    def _do(self, statement: str, **more: object) -> None:
        with self.connection.begin():
            bind_tenant(self.connection, self.principal.tenant_id, self.principal.id)
            self.connection.execute(text(statement), _names(self.principal, self.key) | more)


def claim(principal: Principal, key: str, request_hash: str) -> Claim | Answer:
    """The right to act under the key, or what was answered when that was done before.

    Raises:
        Invalid: IDEMPOTENCY_KEY_REUSED, another request was sent under the key.
        Conflict: IDEMPOTENCY_IN_PROGRESS, it is being worked on; IDEMPOTENCY_OUTCOME_UNKNOWN, the process that did it
            was killed; IDEMPOTENCY_ANSWER_NOT_KEPT, it was done and the answer was too long to keep.
        Unavailable: the database does not answer.
    """
    try:
        connection = _engine(settings().url(DbRole.APP)).connect()
    except OperationalError as cause:
        raise Unavailable("The database does not answer; nothing was done.") from cause
    claimed = Claim(connection, principal, key, request_hash)
    try:
        answer = _begin(claimed)
    except BaseException:
        connection.close()
        raise
    if answer is None:
        return claimed
    connection.close()
    return answer


def _begin(claimed: Claim) -> Answer | None:
    connection, names = claimed.connection, _names(claimed.principal, claimed.key)
    with connection.begin():
        bind_tenant(connection, claimed.principal.tenant_id, claimed.principal.id)
        # First of all: another request under the same key is told so even while the first one is worked on.
        first = _found(connection, names)
        _check_same(first, claimed.request_hash)
        if first is not None and first.finished_at is not None:
            # Answered, though whoever answered may not have let go of the key yet.
            return _kept(claimed, first)
        _hold(connection, claimed.principal, names["key"])
        connection.execute(
            text("DELETE FROM idempotency_keys WHERE created_at < clock_timestamp() - CAST(:age AS interval)"),
            {"age": KEPT_FOR},
        )
        row = _found(connection, names)
        if row is not None:
            _check_same(row, claimed.request_hash)
            return _kept(claimed, row)
        connection.execute(
            text("INSERT INTO idempotency_keys (caller_id, key_hash, request_hash) VALUES (:caller, :key, :request)"),
            names | {"request": claimed.request_hash},
        )
    return None


def _names(principal: Principal, key: str) -> dict[str, str]:
    return {"caller": principal.id, "key": sha256_hex(key.encode())}


def _found(connection: Connection, names: dict[str, str]) -> Row[tuple[object, ...]] | None:
    return connection.execute(
        text(
            f"SELECT request_hash, finished_at, status, answer FROM idempotency_keys WHERE {ONE}"
            " AND created_at >= clock_timestamp() - CAST(:age AS interval)"
        ),
        names | {"age": KEPT_FOR},
    ).one_or_none()


def _check_same(row: Row[tuple[object, ...]] | None, request_hash: str) -> None:
    if row is not None and row.request_hash != request_hash:
        raise Invalid(
            "This Idempotency-Key was sent with another request; nothing was done.",
            hint="A new request has a new key; the same one is sent again as it was.",
            code="IDEMPOTENCY_KEY_REUSED",
        )


def _hold(connection: Connection, principal: Principal, key_hash: str) -> None:
    held = connection.execute(
        text("SELECT pg_try_advisory_lock(hashtextextended(:key, 2))"),
        {"key": f"idempotency|{principal.tenant_id}|{principal.id}|{key_hash}"},
    ).scalar_one()
    if not held:
        raise Conflict(
            "The same request is being worked on.",
            hint="Send it again after the seconds of Retry-After; the answer will be the first one's.",
            code="IDEMPOTENCY_IN_PROGRESS",
            retry_after_s=1,
        )


def _kept(claimed: Claim, row: Row[tuple[object, ...]]) -> Answer:
    if row.finished_at is None:
        raise Conflict(
            "The process that worked on this request ended before it could answer; whether it acted is not known.",
            hint="Look whether the thing is there. If it is not, send the request with a new key.",
            code="IDEMPOTENCY_OUTCOME_UNKNOWN",
        )
    if row.answer is None:
        raise Conflict(
            f"This was done, and answered with {row.status}; the answer was longer than 256 kB and was not kept.",
            hint="Read the thing at its own address.",
            code="IDEMPOTENCY_ANSWER_NOT_KEPT",
        )
    return _open(claimed, row.status, bytes(row.answer))


def _cipher(claimed: Claim, salt: bytes) -> tuple[AESGCM, bytes]:
    """The cipher of this key, and what it is bound to: an answer cannot be moved to another caller or request."""
    names = _names(claimed.principal, claimed.key)
    bound = "|".join([claimed.principal.tenant_id, *names.values(), claimed.request_hash]).encode()
    derived = HKDF(SHA256(), 32, salt, b"countersign idempotency").derive(claimed.key.encode())
    return AESGCM(derived), bound


def _seal(claimed: Claim, answer: Answer) -> bytes:
    salt, nonce = os.urandom(SALT_BYTES), os.urandom(NONCE_BYTES)
    cipher, bound = _cipher(claimed, salt)
    plain = json.dumps(answer.headers).encode() + b"\n" + answer.body
    return salt + nonce + cipher.encrypt(nonce, plain, bound)


def _open(claimed: Claim, status: int, sealed: bytes) -> Answer:
    salt, nonce, rest = sealed[:SALT_BYTES], sealed[SALT_BYTES : SALT_BYTES + NONCE_BYTES], sealed[SALT_BYTES * 2 :]
    cipher, bound = _cipher(claimed, salt)
    try:
        headers, _, body = cipher.decrypt(nonce, rest, bound).partition(b"\n")
    except InvalidTag as cause:
        raise Conflict(
            f"This was done, and answered with {status}; the answer that is kept is not the one that was given.",
            hint="Somebody changed it. Read the thing at its own address.",
            code="IDEMPOTENCY_ANSWER_NOT_KEPT",
        ) from cause
    return Answer(status, [(name, value) for name, value in json.loads(headers)], body)


@OneEngine
def _engine(url: str) -> Engine:
    """Without a pool: the connection that holds a key is no other's while it does, and closing it lets go."""
    return create_engine(sqlalchemy_url(url), poolclass=NullPool, hide_parameters=True)
