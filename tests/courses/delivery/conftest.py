"""A school of two tenants for each test of delivery."""

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from domain.courses.delivery.store import versions
from tests.conftest import Database
from tests.courses.delivery.school import FIRST, School, package_of


@pytest.fixture
def school(database: Database) -> Iterator[School]:
    """Tenant T with one published course."""
    with TestClient(create_app(), raise_server_exceptions=False, follow_redirects=False) as client:
        made = School(client).open()
        made.publish(package_of(FIRST))
        yield made


@pytest.fixture
def other(school: School) -> School:
    """Tenant U without any course."""
    return School(school.client, "U").open()


@pytest.fixture(autouse=True)
def _parsed_anew() -> Iterator[None]:
    yield
    versions.PARSED._kept.clear()
