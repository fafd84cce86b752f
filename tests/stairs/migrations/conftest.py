"""A clone with one row in every table of FireMode, and the owner's connection to it."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from tests.conftest import Database
from tests.stairs.planted.plant import plant
from tests.stairs.planted.writing import Rows


@pytest.fixture
def owner(module_database: Database) -> Iterator[psycopg.Connection[Any]]:
    """A transaction of the owner; nothing of it stays."""
    with psycopg.connect(module_database.urls["owner"]) as connection:
        yield connection
        connection.rollback()


@pytest.fixture
def rows(owner: psycopg.Connection[Any]) -> Rows:
    """One row in every table, as they were written."""
    return plant(owner)
