"""A client on the real application, with the doors that only tests have."""

from collections.abc import Callable, Iterator

import pytest
from fastapi.testclient import TestClient

from api import limits
from api.app import create_app
from domain.kernel.keys import create_key
from domain.kernel.settings import DbRole, settings
from domain.kernel.signing import ensure_signing_keys
from tests.conftest import Database
from tests.kernel import doors
from tests.kernel.ledger_acts import write
from tests.makers import make_tenant, make_token


@pytest.fixture(scope="module")
def client(module_database: Database) -> Iterator[TestClient]:
    """Tenants T and U; the module adds what it needs."""
    make_tenant("T")
    make_tenant("U")
    with TestClient(create_app(doors.router), raise_server_exceptions=False) as made:
        yield made
    limits._engine(settings().url(DbRole.APP)).dispose()
    limits._engine.cache_clear()


@pytest.fixture(scope="module")
def bearer(client: TestClient) -> Callable[..., dict[str, str]]:
    """Headers of a person of T with the given roles; `service=` scopes make it a key instead."""

    def make(*roles: str, tenant: str = "T", service: tuple[str, ...] = ()) -> dict[str, str]:
        if service:
            return {"Authorization": f"Bearer {create_key(tenant, 'test', service)[1]}"}
        name = "-".join([tenant, *roles]).lower() or "nobody"
        return {"Authorization": f"Bearer {make_token(tenant, *roles, email=f'{name}@example.org')}"}

    return make


@pytest.fixture
def ledger(database: Database) -> str:
    """Tenant T with five events and the keys of its copy."""
    make_tenant("T")
    ensure_signing_keys()
    write(5)
    return "T"
