"""A tenant of its own for each test, in the module's database."""

import itertools
from collections.abc import Iterator

import pytest

from domain.courses.delivery.store import versions
from tests.conftest import Database

_numbers = itertools.count(1)


@pytest.fixture
def tenant(module_database: Database) -> Iterator[str]:
    """A name that no other test has."""
    yield f"N{next(_numbers)}"
    versions.PARSED._kept.clear()
