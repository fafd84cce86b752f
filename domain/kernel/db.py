"""Engines by database role, and the one `transaction()` in which everything happens.

A transaction is bound to a tenant when it begins: row-level security then shows and accepts that tenant's rows alone.
The binding is local to the transaction, so a pooled connection carries nothing over.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from datetime import UTC, datetime
from threading import Lock
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
from sqlalchemy import Connection, Engine, Transaction, create_engine, text
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from domain.kernel.errors import OutcomeUnknown, Unavailable
from domain.kernel.settings import DbRole, settings

_BINDS = (
    "SELECT set_config('app.tenant', :tenant, true), set_config('app.actor', :actor, true),"
    " set_config('TimeZone', 'UTC', true), set_config('lock_timeout', '10s', true)"
)
_BIND, _BIND_BOUNDED = text(_BINDS), text(f"{_BINDS}, set_config('statement_timeout', :longest, true)")
_working_role: ContextVar[DbRole] = ContextVar("working_role", default=DbRole.APP)


@contextmanager
def working_as(role: DbRole) -> Iterator[None]:
    """Within the block a transaction that names no role of its own is one of `role`.

    The API works as `app`; what Dagster starts works as `machine`, which cannot write what only people may.
    """
    token = _working_role.set(role)
    try:
        yield
    finally:
        _working_role.reset(token)


def works_as() -> DbRole:
    """The role that this code works as."""
    return _working_role.get()


def sqlalchemy_url(url: str) -> str:
    """`postgresql://...` with the psycopg 3 driver named, as SQLAlchemy wants it.

    Raises:
        ValueError: it is no address of a PostgreSQL.
    """
    scheme, rest = url.split("://", 1)
    if scheme not in {"postgresql", "postgres", "postgresql+psycopg", "postgresql+psycopg2"}:
        raise ValueError(f"not a PostgreSQL address: {scheme}://")
    return f"postgresql+psycopg://{rest}"


def without_password(url: str) -> str:
    """The address with its password left out, fit for printing."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    netloc = f"{parts.username}@{host}" if parts.username else host
    if parts.port:
        netloc += f":{parts.port}"
    return urlunsplit((parts.scheme, netloc, parts.path, "", ""))


class OneEngine:
    """One engine for each address, made when it is first asked for, also where several threads ask at once.

    A second one beside it would double what the database is asked to hold, and leave its connections to nobody.
    """

    def __init__(self, make: Callable[[str], Engine]) -> None:
        self._make, self._making = make, Lock()
        self._made: dict[str, Engine] = {}

    def __call__(self, url: str) -> Engine:
        """The one engine for this address."""
        with self._making:
            if url not in self._made:
                self._made[url] = self._make(url)
            return self._made[url]

    def cache_clear(self) -> None:
        """Forget every engine; who does so has disposed of them."""
        with self._making:
            self._made.clear()


@OneEngine
def engine_for(url: str) -> Engine:
    """A pooled engine for one address; sessions speak UTC and give up on a lock after ten seconds."""
    return create_engine(
        sqlalchemy_url(url),
        pool_size=5,
        max_overflow=10,
        pool_pre_ping=True,
        hide_parameters=True,
        connect_args={"connect_timeout": 10, "application_name": "countersign"},
    )


@contextmanager
def transaction(
    tenant_id: str | None, role: DbRole | None = None, *, actor: str | None = None, longest_s: int | None = None
) -> Iterator[Connection]:
    """One transaction as `role` (by default the one this code works as), bound to `tenant_id`.

    With `tenant_id` None no tenant's rows are visible. A statement that takes longer than `longest_s` is ended by the
    database, where that is given.

    Commits when the block ends, rolls back on any error.

    Raises:
        Unavailable: the database does not answer.
        OutcomeUnknown: it ceased to answer while it committed.
    """
    engine = engine_for(settings().url(role or _working_role.get()))
    try:
        connection = engine.connect()
    except OperationalError as cause:
        raise Unavailable(
            "The database does not answer.", hint="`countersign status` shows which service is down."
        ) from cause
    with connection, connection.begin() as begun:
        bind_tenant(connection, tenant_id, actor, longest_s=longest_s)
        yield connection
        _commit(begun)


def _commit(begun: Transaction) -> None:
    """Commit what the block has not ended itself. A refusal means that nothing was done; silence means nothing."""
    if not begun.is_active:
        return
    try:
        begun.commit()
    except OperationalError as cause:
        if not cause.connection_invalidated:
            raise
        raise OutcomeUnknown(
            "The connection to the database was lost while the change was being committed; whether it was done is not"
            " known.",
            hint="Look whether the thing is there. If it is not, ask for it again.",
        ) from cause


def bind_tenant(
    connection: Connection, tenant_id: str | None, actor: str | None = None, *, longest_s: int | None = None
) -> None:
    """Bind the running transaction to a tenant and name its actor, both until it ends; bound its statements' time."""
    values = {"tenant": tenant_id or "", "actor": actor or ""}
    if longest_s is None:
        connection.execute(_BIND, values)
        return
    connection.execute(_BIND_BOUNDED, values | {"longest": f"{longest_s}s"})


def database_now(connection: Connection) -> datetime:
    """The present instant by the database's clock: the one clock that all replicas share. What is evidence bears it."""
    now: datetime = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
    return now.astimezone(UTC)


@contextmanager
def narrowed(connection: Connection, role: str) -> Iterator[None]:
    """Within the block the transaction works as `role`, which may do less, and afterwards as before."""
    before = connection.execute(text("SELECT current_setting('role')")).scalar_one()
    step = text("SELECT set_config('role', :role, true)")
    connection.execute(step, {"role": role})
    try:
        yield
    except Exception:
        # Where the database has refused something it takes nothing more; rolling back gives the role back as well.
        with suppress(SQLAlchemyError):
            connection.execute(step, {"role": before})
        raise
    connection.execute(step, {"role": before})


@contextmanager
def loader_connection(tenant_id: str) -> Iterator[psycopg.Connection[Any]]:
    """A plain psycopg transaction as the loader, for COPY. Commits at the end of the block, rolls back on error.

    Raises:
        Unavailable: the database does not answer, or ceased to.
    """
    try:
        with psycopg.connect(settings().url(DbRole.LOADER), connect_timeout=10) as connection:
            connection.execute(
                "SELECT set_config('app.tenant', %s, true), set_config('TimeZone', 'UTC', true)", (tenant_id,)
            )
            yield connection
    except psycopg.errors.LockNotAvailable:
        raise
    except psycopg.OperationalError as cause:
        raise Unavailable(
            "The database ceased to answer during the load; all of it stands or nothing.",
            hint="Load it again: what stands is not written twice.",
        ) from cause
