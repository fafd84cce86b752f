"""The description at /openapi.json holds: whatever it allows or forbids is sent, and the answers are what it says."""

import itertools
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
from domain.kernel.db import transaction
from domain.kernel.gates import RETENTION_DISPOSAL
from domain.kernel.keys import create_key
from domain.kernel.principal import Role
from domain.kernel.settings import DbRole, settings
from domain.kernel.signing import ensure_signing_keys
from tests.conftest import Database
from tests.kernel.gates_of_tests import lay_down
from tests.makers import make_fleet, make_token

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


ROLES = {
    "several roles": ("OPERATOR", "ADMIN", "AUDITOR"),
    **{role.value: (role.value,) for role in Role},
}


@pytest.fixture(scope="module")
def application(module_database: Database) -> Iterator[FastAPI]:
    make_fleet("T", feeders=1, meters_per_feeder=4)
    ensure_signing_keys()
    yield create_app()
    limits._engine(settings().url(DbRole.APP)).dispose()
    limits._engine.cache_clear()


def bearer(name: str) -> dict[str, str]:
    """A person in one role or several, a service with every scope, or nobody."""
    if name == "nobody":
        return {}
    token = create_key("T", "test", ("ami:read", "ami:write"))[1] if name == "service" else None
    token = token or make_token("T", *ROLES[name], email=f"{name.replace(' ', '.').lower()}@example.org", ttl_s=3600)
    return {"Authorization": f"Bearer {token}"}


def laid() -> dict[str, str]:
    """Ids of things that are there, by the name of the parameter: else every id that is made up is answered 404."""
    with transaction("T") as connection:
        return {"proposal_id": str(lay_down(connection, RETENTION_DISPOSAL).proposal_id)}


MODES = [GenerationMode.POSITIVE, GenerationMode.NEGATIVE]


@pytest.mark.parametrize("mode", MODES, ids=["what is allowed", "what is not"])
def test_every_operation_answers_as_described(application: FastAPI, mode: GenerationMode) -> None:
    assert _walk(application, [bearer("several roles")], mode, examples=6) >= 10


def test_every_operation_answers_everybody_as_described(application: FastAPI) -> None:
    everybody = [bearer(name) for name in (*(role.value for role in Role), "service", "nobody")]
    assert _walk(application, everybody, GenerationMode.POSITIVE, examples=2) >= 10


def _walk(application: FastAPI, callers: list[dict[str, str]], mode: GenerationMode, examples: int) -> int:
    tried = 0
    for found in schemathesis.openapi.from_asgi("/openapi.json", application).get_all_operations():
        tried += 1
        _check(found.ok(), callers, mode, examples)
    return tried


def _check(operation: Any, callers: list[dict[str, str]], mode: GenerationMode, examples: int) -> None:
    if mode is GenerationMode.NEGATIVE and not (operation.body or operation.query):
        return  # nothing that could be sent wrongly
    real = laid()
    turns = itertools.count()

    @hypothesis_settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
        derandomize=True,
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def check(case: Any) -> None:
        if next(turns) % 2 == 0:  # first, and then every other time, something that is there
            case.path_parameters = {k: real.get(k, v) for k, v in (case.path_parameters or {}).items()}
        for headers in callers:
            case.call_and_validate(headers=headers, checks=CHECKS)

    check()
