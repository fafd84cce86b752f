"""The database of one copy: the embedded server, or the one that DATABASE_URL names."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql

from cli.services.postgres import Postgres
from domain.kernel.db import without_password
from domain.kernel.errors import NotConfigured, Unavailable
from domain.kernel.settings import DbRole, settings

OLDEST_SERVER = 150000


def embedded(home: Path) -> Postgres | None:
    """The embedded server, or None where an address is set."""
    return Postgres(home, port=settings().database_port) if settings().is_embedded else None


def address() -> str:
    """Where the application connects, without its password."""
    return without_password(settings().url(DbRole.APP)).split("?")[0]


def start(home: Path) -> Postgres | None:
    """Have the database answer; None when it is an attached one.

    Raises:
        Unavailable: it does not answer.
        NotConfigured: an attached server that is too old, or not in UTF-8.
    """
    server = embedded(home)
    if server is None:
        prepare_attached(settings().url(DbRole.OWNER))
    else:
        server.start()
    return server


@contextmanager
def running(home: Path) -> Iterator[None]:
    """The database for one command: found running, or started for as long as the command takes."""
    server = embedded(home)
    started = server.start() if server is not None else False
    try:
        yield
    finally:
        if started and server is not None:
            server.stop()


def prepare_attached(url: str) -> None:
    """Check a server that is not ours, and make what Dagster needs there. Safe to run again.

    The roles of the application are made by the first migration; the login must be allowed to make roles once.

    Raises:
        Unavailable: it does not answer.
        NotConfigured: too old, or not in UTF-8.
    """
    try:
        connection = psycopg.connect(url, connect_timeout=10, autocommit=True)
    except psycopg.OperationalError as cause:
        raise Unavailable(
            f"The database at {without_password(url)} does not answer.", hint="Check DATABASE_URL and the server."
        ) from cause
    with connection:
        encoding = connection.execute("SHOW server_encoding").fetchone()
        if connection.info.server_version < OLDEST_SERVER or encoding != ("UTF8",):
            raise NotConfigured(
                "Countersign needs PostgreSQL 15 or newer with UTF8 encoding.",
                hint=f"DATABASE_URL leads to {connection.info.server_version // 10000} with {encoding}.",
            )
        try:
            _prepare_dagster(connection)
        except psycopg.errors.InsufficientPrivilege as cause:
            raise NotConfigured(
                f"The login of DATABASE_URL may not prepare the database: {cause.diag.message_primary}.",
                hint="It must own the database and have CREATEROLE (ALTER ROLE name CREATEROLE).",
            ) from cause


def _prepare_dagster(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    role = sql.Identifier(DbRole.DAGSTER.login)
    known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (DbRole.DAGSTER.login,)).fetchone()
    if not known:
        connection.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(role))
        connection.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(role))
    if not connection.execute("SELECT 1 FROM pg_namespace WHERE nspname = 'dagster'").fetchone():
        connection.execute(sql.SQL("CREATE SCHEMA dagster AUTHORIZATION {}").format(role))
