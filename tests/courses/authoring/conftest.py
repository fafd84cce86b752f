"""A running application with an author and reviewers."""

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from tests.conftest import Database, application
from tests.courses.authoring.course_house import House, open_house


@pytest.fixture
def house(database: Database) -> Iterator[House]:
    with TestClient(application(), raise_server_exceptions=False) as client:
        yield open_house(client)
