"""A client on the real application, people of tenant T and of another one."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from fastapi.testclient import TestClient

from domain.kernel.signing import ensure_signing_keys
from tests.conftest import Database, application
from tests.makers import make_tenant, make_token

Ask = Callable[..., Any]
MANOMETER: dict[str, Any] = {
    "serial_number": "MAN-1",
    "manufacturer": "Dwyer",
    "instrument_type": "manometer",
    "accuracy": "±1 Pa",
    "range_min": "-100",
    "range_max": "500",
    "unit": "Pa",
}
CERTIFICATE: dict[str, Any] = {
    "cert_number": " cert-1 ",
    "calibration_date": "2025-01-15",
    "expiry_date": "2026-01-15",
    "calibration_authority": "NATA 1",
    "standard": "ISO/IEC 17025",
}


@contextmanager
def asking() -> Iterator[Ask]:
    """Ask as a person with a role, of tenant T unless another is named."""
    make_tenant("T", "Australia/Sydney")
    make_tenant("U", "Australia/Sydney")
    ensure_signing_keys()
    with TestClient(application(), raise_server_exceptions=False) as client:

        def asked(role: str, method: str, path: str, body: Any = None, *, tenant: str = "T", **more: Any) -> Any:
            token = make_token(tenant, role, email=f"{role}-{tenant}@example.org".lower())
            headers = {"Authorization": f"Bearer {token}"} | more.pop("headers", {})
            return client.request(method, f"/api/v1{path}", json=body, headers=headers, **more)

        yield asked


def manometer_of(ask: Ask) -> str:
    """Enter a manometer with a certificate for 2025; answer its path."""
    made = ask("TECHNICIAN", "POST", "/instruments", MANOMETER)
    assert made.status_code == 201, made.text
    path = f"/instruments/{made.json()['id']}"
    assert ask("TECHNICIAN", "POST", f"{path}/certificates", CERTIFICATE).status_code == 201
    return path


@pytest.fixture
def ask(database: Database) -> Iterator[Ask]:
    """The application on an empty database."""
    with asking() as asked:
        yield asked


@pytest.fixture
def manometer(ask: Ask) -> str:
    """The path of a manometer with a certificate for 2025."""
    return manometer_of(ask)


@pytest.fixture(scope="module")
def ask_again(module_database: Database) -> Iterator[Ask]:
    """The application on a database that the tests of a module share."""
    with asking() as asked:
        yield asked


@pytest.fixture(scope="module")
def shared_manometer(ask_again: Ask) -> str:
    """The same manometer for all tests of a module."""
    return manometer_of(ask_again)
