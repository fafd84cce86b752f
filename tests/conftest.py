"""One real PostgreSQL for the whole run, built by the migrations; each test that needs it gets a clone of its own.

The server lives under a folder of this checkout's own in the system's temporary folder and is stopped at the end.
Immutable tables refuse TRUNCATE, so nothing is cleaned up: a clone is dropped as a whole.
"""

import asyncio
import functools
import gc
import hashlib
import itertools
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import psycopg
import pytest
import structlog
from fastapi import FastAPI
from fastapi.testclient import TestClient
from psycopg import sql

from cli.services.postgres import DATABASE, Postgres, own_the_schemas
from domain.kernel import db, migrate
from domain.kernel.loading import loading
from domain.kernel.settings import DbRole, settings
from tests.faults.table import TABLE

with loading():
    from api import limits
    from api.app import SESSIONS, create_app
    from api.courses.events import EventWriter

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("COUNTERSIGN_SHARED_DATA") or ROOT.parent / "shared" / "data")
ROOMY_BYTES = 8 * 1024**3
_bound: list[str] = []
SERVER = pytest.StashKey[Postgres]()
_numbers = itertools.count()
# A busy machine is slow and not wrong: an example's time is bounded only where its test says so.
hypothesis.settings.register_profile("countersign", deadline=None)
hypothesis.settings.load_profile("countersign")


def _server() -> Postgres:
    mark = hashlib.sha256(str(ROOT).encode()).hexdigest()[:8]
    home = _roomy() / f"countersign-tests-{os.getuid()}-{mark}"
    relaxed = {
        "fsync": "off",
        "synchronous_commit": "off",
        "full_page_writes": "off",
        "max_connections": "200",
    }
    return Postgres(home, extra_settings=relaxed)


def _roomy() -> Path:
    """Memory where there is plenty of it, since every test copies a database; else the system's temporary folder."""
    memory = Path("/dev/shm")  # noqa: S108  a name of its own lies below
    plenty = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > ROOMY_BYTES
    return memory if plenty else Path(tempfile.gettempdir())


def _template_name() -> str:
    content = b"".join(
        path.read_bytes()
        for path in sorted([*ROOT.glob("migrations/**/*.py"), *ROOT.glob("sql/**/*.sql"), *ROOT.glob("sql/**/*.toml")])
    )
    return "template_" + hashlib.sha256(content).hexdigest()[:16]


def _on(url: str, database: str) -> str:
    return url.rsplit("/", 1)[0] + "/" + database


def _make_template(server: Postgres) -> None:
    """Build the migrated template once per set of migrations."""
    superuser, name = server.urls()["superuser"], _template_name()
    with psycopg.connect(superuser, autocommit=True) as connection:
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s AND datistemplate", (name,)).fetchone():
            return
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        connection.execute(
            sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE template0").format(
                sql.Identifier(name), sql.Identifier(DbRole.OWNER.login)
            )
        )
        with psycopg.connect(_on(superuser, name), autocommit=True) as inside:
            own_the_schemas(inside)
        migrate.apply(_on(server.urls()["owner"], name))
        db.engine_for(_on(server.urls()["owner"], name)).dispose()
        db.engine_for.cache_clear()
        connection.execute(sql.SQL("ALTER DATABASE {} IS_TEMPLATE true").format(sql.Identifier(name)))


def pytest_configure(config: pytest.Config) -> None:
    # Begun in the background of a shell, SIGINT is ignored; Dagster handles SIGTERM as it handles SIGINT, and so would
    # every process that a test begins. A handler is not inherited, an ignored signal is.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    # The library's default for terminals draws every local variable of a traceback, which takes half a minute.
    structlog.configure(processors=[structlog.processors.JSONRenderer(default=str)])
    # A list of tests needs no server, and another run of this checkout may be using it.
    if not hasattr(config, "workerinput") and not config.option.collectonly:
        server = config.stash[SERVER] = _server()
        server.start()
        _make_template(server)


def pytest_unconfigure(config: pytest.Config) -> None:
    if SERVER in config.stash:
        config.stash[SERVER].stop()
    # What was left alone ends as anything else does: a library of the benchmarks tells of it where it is not.
    gc.unfreeze()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """What was broken in this run and what was lost; a whole soak's table is kept beside the other results."""
    lines = TABLE.lines()
    if lines:
        terminalreporter.section("what was broken, and what was lost")
        for line in lines:
            terminalreporter.write_line(line)
    if lines and config.option.markexpr == "soak":
        kept = ROOT / ".countersign" / "faults" / "table.txt"
        TABLE.keep(kept)
        terminalreporter.write_line(f"kept as {kept.relative_to(ROOT)}")


@dataclass(frozen=True)
class Database:
    """A clone of the template that this test alone uses."""

    name: str
    urls: dict[str, str]


@pytest.fixture(scope="session")
def server() -> Postgres:
    return _server()


def clone(server: Postgres) -> Database:
    """Clone the template under a fresh name."""
    superuser = server.urls()["superuser"]
    name = f"cs_{os.getpid()}_{next(_numbers)}"
    with psycopg.connect(_on(superuser, DATABASE), autocommit=True) as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY").format(
                sql.Identifier(name), sql.Identifier(_template_name())
            )
        )
        connection.execute(
            sql.SQL("GRANT CREATE ON DATABASE {} TO {}").format(
                sql.Identifier(name), sql.Identifier(DbRole.OWNER.login)
            )
        )
    return Database(name, {role: _on(url, name) for role, url in server.urls().items()})


def empty(server: Postgres) -> Database:
    """A database without any migration."""
    superuser = server.urls()["superuser"]
    name = f"cs_{os.getpid()}_{next(_numbers)}"
    with psycopg.connect(_on(superuser, DATABASE), autocommit=True) as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE template0").format(
                sql.Identifier(name), sql.Identifier(DbRole.OWNER.login)
            )
        )
    return Database(name, {role: _on(url, name) for role, url in server.urls().items()})


def drop(server: Postgres, database: Database) -> None:
    """Drop a clone, ending whatever still uses it."""
    with psycopg.connect(_on(server.urls()["superuser"], DATABASE), autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(database.name)))


def bind(database: Database, home: Path, patch: pytest.MonkeyPatch) -> None:
    """Point the settings at a clone."""
    for role in DbRole:
        patch.setenv(f"COUNTERSIGN_{role.value.upper()}_DATABASE_URL", database.urls[role.value])
    patch.setenv("COUNTERSIGN_HOME", str(home))
    patch.delenv("DATABASE_URL", raising=False)
    settings.cache_clear()
    _bound.append(database.name)


def unbind() -> None:
    """Close every connection to the bound clone. Engines are forgotten only when no other clone is in use: one that
    is forgotten with a connection open would warn in whichever test runs when it is collected.
    """
    for role in DbRole:
        db.engine_for(settings().url(role)).dispose()
    limits._engine(settings().url(DbRole.APP)).dispose()
    _bound.pop()
    if not _bound:
        db.engine_for.cache_clear()
        limits._engine.cache_clear()
    settings.cache_clear()


@pytest.fixture
def database(server: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """An empty, migrated database for one test; the settings point at it."""
    made = clone(server)
    bind(made, tmp_path / "home", monkeypatch)
    yield made
    unbind()
    drop(server, made)


@pytest.fixture(scope="module")
def module_database(server: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """Like `database`, shared by the tests of one module that only add to it."""
    made = clone(server)
    with pytest.MonkeyPatch.context() as patch:
        bind(made, tmp_path_factory.mktemp("home"), patch)
        yield made
        unbind()
    drop(server, made)


@functools.cache
def _application() -> FastAPI:
    return create_app()


def application() -> FastAPI:
    """The application as it is served, built once by this process: finding its routes costs half a second.

    What belongs to one event loop is made anew, since each client brings a loop of its own.
    """
    made = _application()
    made.state.sessions = asyncio.Semaphore(SESSIONS)
    made.state.learner_events = EventWriter()
    return made


@contextmanager
def visiting() -> Iterator[TestClient]:
    """A client of the application that is told of failures as anybody is, and follows no address by itself."""
    with TestClient(application(), raise_server_exceptions=False, follow_redirects=False) as made:
        yield made
    limits._engine(settings().url(DbRole.APP)).dispose()
    limits._engine.cache_clear()


@pytest.fixture
def shared_data() -> Path:
    """The folder of real data; tests that need it skip where it is absent."""
    if not SHARED.exists():
        pytest.skip(f"the real data sets are not at {SHARED}")
    return SHARED


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    """Debian's Chromium, opened once a module."""
    from tests.flows.looking import browsing

    with browsing() as opened:
        yield opened
