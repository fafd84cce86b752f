"""Every address of the registry answers as the document describes: generated calls, whole ways, other tenants."""

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from api.stairs.routers import ENTERED
from tests.conftest import Database, application
from tests.stairs.registry.office import Office

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
OURS = {f"/api/v1{route.path}" for module in ENTERED for route in module.router.routes}
SMALL = {
    "name": "Small",
    "timezone": "Australia/Sydney",
    "stairs": [
        {
            "stair_name": "Stair-A",
            "floors": [
                {
                    "floor_level": "Ground",
                    "floor_number": 0,
                    "doors": [{"door_identifier": "D-1", "width_m": "0.9"}],
                    "doorways": [{"doorway_identifier": "DW-1", "width_m": "1.2", "height_m": "2.4"}],
                }
            ],
            "zones": [{"zone_name": "Zone-1", "floors_covered": ["Ground"]}],
            "equipment": [{"equipment_type": "fan", "equipment_identifier": "FAN-01"}],
        }
    ],
}


@pytest.fixture(scope="module")
def office(module_database: Database) -> Iterator[Office]:
    with TestClient(application(), raise_server_exceptions=False) as client:
        made = Office(client, "SMALL")
        made.adopt()
        yield made


def real_ids(office: Office) -> dict[str, str]:
    """Ids that are there, by the name of the parameter."""
    office.post("/buildings/import", SMALL)
    building = office.get("/buildings")["rows"][0]["id"]
    office.post(f"/buildings/{building}/restore")
    told = office.get(f"/buildings/{building}")
    run = office.generate(building, "annual")["run_id"]
    ids = {
        f"{one}_id": told[plural][0][f"{one}_id"]
        for one, plural in (("stair", "stairs"), ("floor", "floors"), ("door", "doors"), ("doorway", "doorways"))
    }
    return ids | {
        "building_id": building,
        "zone_id": told["zones"][0]["zone_id"],
        "equipment_id": told["equipment"][0]["equipment_id"],
        "run_id": run,
        "rule_id": office.get("/rules")["rows"][0]["rule_id"],
    }


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["allowed", "not allowed"])
def test_every_address_answers_as_described(office: Office, mode: GenerationMode) -> None:
    document = schemathesis.openapi.from_asgi("/openapi.json", office.client.app)
    found = [one.ok() for one in document.get_all_operations()]
    ours = [one for one in found if one.path in OURS]
    assert len(ours) >= 40
    for operation in ours:
        if mode is GenerationMode.POSITIVE or operation.body or operation.query:
            _check(office, operation, mode)


def _check(office: Office, operation: Any, mode: GenerationMode) -> None:
    ids, turns = real_ids(office), itertools.count()

    @settings(
        max_examples=8,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
        derandomize=True,
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def check(case: Any) -> None:
        if next(turns) % 4 != 3:  # mostly something that is there
            case.path_parameters = {k: ids.get(k, v) for k, v in (case.path_parameters or {}).items()}
        case.call_and_validate(headers=office.ada, checks=CHECKS)

    check()
