"""A published course and a suggestion for one of its lessons."""

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from tests.conftest import Database
from tests.courses.authoring.course_house import House, open_house


@pytest.fixture
def house(database: Database) -> Iterator[House]:
    """A course whose first version is published."""
    with TestClient(create_app(), raise_server_exceptions=False, follow_redirects=False) as client:
        made = open_house(client)
        made.approved_course()
        made.publish()
        yield made
