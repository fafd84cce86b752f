"""A school for each test of delivery: a tenant of its own in the module's database, with one published course."""

import itertools
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from domain.courses.delivery.store import versions
from tests.conftest import Database, visiting
from tests.courses.delivery.school import FIRST, School, package_of

_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def client(module_database: Database) -> Iterator[TestClient]:
    """The application, for the tests of one module."""
    with visiting() as made:
        yield made


@pytest.fixture
def school(client: TestClient) -> School:
    """A tenant of its own with one published course."""
    made = School(client, f"T{next(_numbers)}").open()
    made.publish(package_of(FIRST))
    return made


@pytest.fixture
def other(client: TestClient) -> School:
    """Another tenant, without any course."""
    return School(client, f"U{next(_numbers)}").open()


@pytest.fixture(autouse=True)
def _parsed_anew() -> Iterator[None]:
    yield
    versions.PARSED._kept.clear()
