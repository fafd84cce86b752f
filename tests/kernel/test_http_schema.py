"""The description at /openapi.json holds: whatever it allows or forbids is sent, and the answers are what it says."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from api import limits
from api.app import create_app
from domain.kernel.settings import DbRole, settings
from tests.conftest import Database
from tests.makers import make_fleet, make_token

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


@pytest.fixture(scope="module")
def application(module_database: Database) -> Iterator[tuple[FastAPI, dict[str, str]]]:
    make_fleet("T", feeders=1, meters_per_feeder=4)
    token = make_token("T", "OPERATOR", "ADMIN", "AUDITOR", ttl_s=3600)
    yield create_app(), {"Authorization": f"Bearer {token}"}
    limits._engine(settings().url(DbRole.APP)).dispose()
    limits._engine.cache_clear()


MODES = [GenerationMode.POSITIVE, GenerationMode.NEGATIVE]


@pytest.mark.parametrize("mode", MODES, ids=["what is allowed", "what is not"])
def test_every_operation_answers_as_described(
    application: tuple[FastAPI, dict[str, str]], mode: GenerationMode
) -> None:
    app, headers = application
    schema = schemathesis.openapi.from_asgi("/openapi.json", app)
    tried = 0
    for found in schema.get_all_operations():
        tried += 1
        _check(found.ok(), headers, mode)
    assert tried >= 10


def _check(operation: Any, headers: dict[str, str], mode: GenerationMode) -> None:
    if mode is GenerationMode.NEGATIVE and not (operation.body or operation.query):
        return  # nothing that could be sent wrongly

    @hypothesis_settings(
        max_examples=15,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
        derandomize=True,
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def check(case: Any) -> None:
        case.call_and_validate(headers=headers, checks=CHECKS)

    check()
