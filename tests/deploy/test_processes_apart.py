"""The processes of the compose file, run as it says, one by one, against a server that nobody has prepared."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
import yaml

from cli.services.postgres import Postgres
from tests.conftest import _on
from tests.deploy.test_image_and_compose import COMPOSE, ROOT

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


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


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

    def _started(self, name: str) -> dict[str, Any]:
        environment = {key: self.here(str(value)) for key, value in self.services[name]["environment"].items()}
        bare = {key: os.environ[key] for key in ("HOME", "LANG") if key in os.environ}
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        return {"env": bare | environment | {"PATH": path, "PYTHONPATH": str(ROOT)}, "cwd": ROOT}

    def command(self, name: str, part: str = "command") -> list[str]:
        default = ["python", "-m", "api.serve", "--host", "127.0.0.1", "--port", "8000"]
        given = self.services[name].get(part, default) if part == "command" else self.services[name][part]["test"][1:]
        return [self.here(one) for one in given]

    def run(self, name: str, part: str = "command") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(name, part), **self._started(name), capture_output=True, text=True, timeout=300
        )

    @contextmanager
    def running(self, name: str) -> Iterator[subprocess.Popen[bytes]]:
        with (self.home / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(self.command(name), **self._started(name), stdout=log, stderr=log)
        try:
            yield process
        finally:
            process.terminate()
            process.wait(60)

    def healthy(self, name: str) -> None:
        deadline = time.monotonic() + 180
        while self.run(name, "healthcheck").returncode != 0:
            assert time.monotonic() < deadline, (self.home / f"{name}.log").read_text()[-3000:]
            time.sleep(1)


def test_the_compose_files_processes_come_up_together(tmp_path: Path, address: str) -> None:
    composed = Composed(tmp_path / "home", address)
    for once in ("migrate", "prepare", "migrate", "prepare"):
        done = composed.run(once)
        assert done.returncode == 0, done.stderr
    with ExitStack() as stack:
        for name in ("api", "worker", "dagster-code"):
            stack.enter_context(composed.running(name))
        composed.healthy("api")
        composed.healthy("dagster-code")
        for name in ("dagster-webserver", "dagster-daemon"):
            stack.enter_context(composed.running(name))
        deadline, ready = time.monotonic() + 180, {"status": "down"}
        while ready["status"] != "ok":
            ready = httpx.get(f"http://127.0.0.1:{composed.ports['8000']}/health/ready", trust_env=False).json()
            assert time.monotonic() < deadline, ready
            time.sleep(1)
        assert ready["checks"] == {"database": "ok", "objects": "ok", "dagster": "ok"}
        while not (composed.home / "run/worker.pid").exists():
            assert time.monotonic() < deadline
            time.sleep(0.5)
