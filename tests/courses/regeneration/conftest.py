"""A published course and the people who made it: built once, copied for each test."""

import itertools
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from fastapi.testclient import TestClient
from psycopg import sql

from cli.services.postgres import DATABASE, Postgres
from domain.kernel.settings import DbRole
from tests.conftest import Database, application, bind, clone, drop, unbind
from tests.courses.authoring.course_house import House, open_house

_numbers = itertools.count()


@dataclass(frozen=True)
class Built:
    """A database with its home folder, which nobody uses any more."""

    database: Database
    home: Path


@pytest.fixture(scope="session")
def built(server: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    """A course whose first version is published."""
    made, home = clone(server), tmp_path_factory.mktemp("built") / "home"
    with pytest.MonkeyPatch.context() as patch:
        bind(made, home, patch)
        with TestClient(application(), raise_server_exceptions=False) as client:
            house = open_house(client)
            house.approved_course()
            house.publish()
        unbind()
    yield Built(made, home)
    drop(server, made)


@pytest.fixture
def database(server: Postgres, built: Built, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """A copy of what was built; the settings point at it."""
    name = f"{built.database.name}_copy_{os.getpid()}_{next(_numbers)}"
    superuser = server.urls()["superuser"]
    with psycopg.connect(superuser.rsplit("/", 1)[0] + "/" + DATABASE, autocommit=True) as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY").format(
                sql.Identifier(name), sql.Identifier(built.database.name)
            )
        )
        connection.execute(
            sql.SQL("GRANT CREATE ON DATABASE {} TO {}").format(
                sql.Identifier(name), sql.Identifier(DbRole.OWNER.login)
            )
        )
    made = Database(name, {role: url.rsplit("/", 1)[0] + "/" + name for role, url in server.urls().items()})
    home = tmp_path / "home"
    shutil.copytree(built.home, home)
    bind(made, home, monkeypatch)
    yield made
    unbind()
    drop(server, made)


@pytest.fixture
def house(database: Database) -> Iterator[House]:
    """The application over the copy, and its people with tokens of now."""
    with TestClient(application(), raise_server_exceptions=False, follow_redirects=False) as client:
        yield open_house(client)
