"""What was measured at one point over the years, over HTTP: the newest first, of the asker's tenant alone."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from fastapi.testclient import TestClient

from tests.conftest import Database, application
from tests.makers import make_tenant, make_token
from tests.stairs.planted.plant import plant
from tests.stairs.planted.writing import insert

NOW = datetime.now(UTC)


@pytest.fixture
def path(database: Database) -> str:
    """A point with results of this year, of two years ago and of five."""
    with psycopg.connect(database.urls["owner"]) as connection:
        row = plant(connection)["test_instances"] | {"fault_id": None}
        for years in (0.1, 2, 5):
            at = NOW - timedelta(days=365 * years)
            own: dict[str, Any] = {"instance_id": uuid4(), "started_at": at, "completed_at": at}
            insert(connection, "test_instances", row | own | {"measured_value_numeric": 40 + years})
        skipped = {"instance_id": uuid4(), "status": "skipped", "completed_at": NOW}
        insert(connection, "test_instances", row | skipped)
        connection.execute(
            "UPDATE test_instances SET started_at = '2000-01-01', completed_at = '2000-01-01'"
            " WHERE measured_value_numeric = 18.2 AND status = 'completed'"
        )
    make_tenant("U")
    return f"/api/v1/stairs/{row['stair_id']}/floors/{row['floor_id']}/results"


def asked(path: str, tenant: str = "T", role: str = "OWNER") -> Any:
    with TestClient(application()) as client:
        return client.get(path, headers={"Authorization": f"Bearer {make_token(tenant, role)}"})


def test_results_of_three_years_come_newest_first(path: str) -> None:
    told = asked(path).json()
    assert [row["measured_value_numeric"] for row in told["rows"]] == ["40.100", "42.000"]
    assert told["counts"] == {"rows": 2}
    assert len(asked(f"{path}?years=6").json()["rows"]) == 3
    assert asked(f"{path}?door_configuration=evac_doors_open").json()["rows"] == []
    assert asked(f"{path}?years=0").status_code == 422


def test_another_tenant_and_another_trade_see_nothing(path: str) -> None:
    assert asked(path, tenant="U").json()["rows"] == []
    assert asked(path, role="LEARNER").status_code == 403
