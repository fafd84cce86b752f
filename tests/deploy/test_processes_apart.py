"""The processes of the compose file, run as it says, one by one, against a server that nobody has prepared."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
import yaml

from cli.services.postgres import Postgres
from tests.conftest import _on
from tests.deploy.apart import Process, free_port, wait_for
from tests.deploy.test_image_and_compose import COMPOSE

pytestmark = pytest.mark.soak
LOGIN, PASSWORD = "compose_login", "compose-password"


@pytest.fixture
def address(server: Postgres) -> Iterator[str]:
    """An empty database whose owner is a login as the compose file makes it."""
    superuser = server.urls()["superuser"]
    with psycopg.connect(superuser, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {LOGIN} SUPERUSER LOGIN PASSWORD '{PASSWORD}'")
        connection.execute(f"CREATE DATABASE {LOGIN} OWNER {LOGIN} TEMPLATE template0")
    url = _on(superuser, LOGIN)
    yield f"{LOGIN}:{PASSWORD}@{url.split('@')[-1].rsplit('/', 1)[0]}"
    with psycopg.connect(superuser, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {LOGIN} WITH (FORCE)")
        connection.execute(f"DROP ROLE {LOGIN}")


class Composed:
    """The services of the file, on this machine: other folders, ports and addresses, nothing else."""

    def __init__(self, home: Path, address: str) -> None:
        self.services: dict[str, Any] = yaml.safe_load(COMPOSE.read_text())["services"]
        self.ports = {"8000": free_port(), "3000": free_port(), "4000": free_port()}
        self.home, self.address = home, address
        folder = home / "etc"
        folder.mkdir(parents=True)
        for name in ("dagster.yaml", "workspace.yaml"):
            (folder / name).write_text(self.here((COMPOSE.parent / name).read_text()))
        # As a mounted ConfigMap: what stands there cannot be written.
        folder.chmod(0o555)

    def here(self, text: str) -> str:
        for old, new in (
            ("${POSTGRES_PASSWORD:?choose one}", "${POSTGRES_PASSWORD}"),
            ("countersign:${POSTGRES_PASSWORD}@database:5432/countersign", f"{self.address}/{LOGIN}"),
            ("/etc/countersign/dagster", str(self.home / "etc")),
            ("/var/lib/countersign", str(self.home)),
            ("host: dagster-code", "host: 127.0.0.1"),
            ("http://api:", "http://127.0.0.1:"),
            ("http://dagster-webserver:", "http://127.0.0.1:"),
            ("0.0.0.0", "127.0.0.1"),  # noqa: S104
            *((old, str(new)) for old, new in self.ports.items()),
        ):
            text = text.replace(old, new)
        return text

    def process(self, name: str, part: str = "command") -> Process:
        default = ["python", "-m", "api.serve", "--host", "127.0.0.1", "--port", "8000"]
        service = self.services[name]
        given = service.get(part, default) if part == "command" else service[part]["test"][1:]
        environment = {key: self.here(str(value)) for key, value in service["environment"].items()}
        return Process([self.here(one) for one in given], environment, self.home / f"{name}.log")

    def healthy(self, name: str) -> None:
        wait_for(lambda: self.process(name, "healthcheck").run().returncode == 0, self.home / f"{name}.log")


def test_the_compose_files_processes_come_up_together(tmp_path: Path, address: str) -> None:
    composed = Composed(tmp_path / "home", address)
    for once in ("migrate", "prepare", "migrate", "prepare"):
        done = composed.process(once).run()
        assert done.returncode == 0, done.stderr
    with ExitStack() as stack:
        for name in ("api", "worker", "dagster-code"):
            stack.enter_context(composed.process(name).running())
        composed.healthy("api")
        composed.healthy("dagster-code")
        for name in ("dagster-webserver", "dagster-daemon"):
            stack.enter_context(composed.process(name).running())
        address_of_api = f"http://127.0.0.1:{composed.ports['8000']}"
        wait_for(lambda: checks_of(address_of_api) == {"database": "ok", "objects": "ok", "dagster": "ok"})
        wait_for((composed.home / "run/worker.pid").exists)


def checks_of(api: str) -> dict[str, str]:
    """What the API says that it stands on."""
    told: dict[str, str] = httpx.get(f"{api}/health/ready", trust_env=False).json()["checks"]
    return told
