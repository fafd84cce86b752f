"""The demo's yearly visit, by people who call the application in this process."""

from collections.abc import Iterator
from contextlib import contextmanager

from fastapi.testclient import TestClient

from cli.demo import firemode
from cli.demo.client import Client
from cli.demo.firemode import People, Visit
from domain.kernel.clock import utc_now
from domain.kernel.signing import ensure_signing_keys
from tests.conftest import application
from tests.makers import make_tenant, make_token

ROLES = {"technician": "TECHNICIAN", "manager": "MANAGER", "reviewer": "REVIEWER"}


class Here(Client):
    """A caller of the application in this process."""

    def __init__(self, application: TestClient, token: str) -> None:
        own = {"Authorization": f"Bearer {token}"}
        self._http = TestClient(application.app, headers=own, raise_server_exceptions=False)

    def fetched(self, url: str) -> bytes:
        """The bytes behind a link."""
        answer = self._http.get(url)
        assert answer.status_code == 200, answer.text
        return bytes(answer.content)


@contextmanager
def people_here() -> Iterator[People]:
    """A tenant with those who act in it."""
    make_tenant("T", "Australia/Sydney")
    ensure_signing_keys()
    with TestClient(application(), raise_server_exceptions=False) as client:
        made = object.__new__(People)
        for name, role in ROLES.items():
            token = make_token("T", role, email=f"{name}@example.org", ttl_s=3600)
            setattr(made, name, Here(client, token))
        made.technician_name, made.reviewer_name = "technician", "reviewer"
        yield made


def published(people: People) -> Visit:
    """The pilot building, its tests published."""
    seen = Visit()
    seen.building_id = firemode.enter(people, "T", utc_now())
    assert firemode.publish(people, seen.building_id)["total"] == 168
    return seen
