"""One copy from `up` to `down`: everything answers and is ours, whatever is killed comes back, nothing told is lost."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from cli.services.dagster import ask, daemons_are_healthy, load_error
from cli.services.processes import marked
from cli.services.state import read_state
from cli.services.supervisor import listen

CLEAN = ("DATABASE_URL", "GRIDLENS_API_KEY", "PORT", "COUNTERSIGN_PORT", "COUNTERSIGN_ENV", "APP_ENV")
SERVICES = ["api", "dagster-code", "dagster-daemon", "dagster-webserver", "database", "worker"]


class Copy:
    """A copy under a home of its own, driven by its commands alone."""

    def __init__(self, home: Path) -> None:
        self.home = home
        kept = {k: v for k, v in os.environ.items() if k not in CLEAN and not k.endswith("_DATABASE_URL")}
        self.environment = kept | {"COUNTERSIGN_HOME": str(home)}
        self.told: dict[str, Any] = {}

    def run(self, *arguments: str, timeout: float = 120) -> subprocess.CompletedProcess[str]:
        command = [str(Path(sys.executable).parent / "countersign"), *arguments]
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=timeout)

    def up(self, timeout: float = 120) -> dict[str, Any]:
        done = self.run("up", "--detach", "--json", timeout=timeout)
        assert done.returncode == 0, done.stderr
        self.told = json.loads(done.stdout)
        return self.told

    def get(self, path: str, token: str | None = None, timeout: float = 30) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return httpx.get(self.told["api"] + path, headers=headers, timeout=timeout, trust_env=False)

    def pids(self) -> dict[str, int]:
        return {name: record.pid for name, record in read_state(self.home).services.items()}

    def kill(self, *services: str) -> None:
        before = self.pids()
        for service in services:
            os.kill(before[service], signal.SIGKILL)
        until(lambda: all(self.pids().get(service, before[service]) != before[service] for service in services))


def until(holds: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come to hold in time"
        time.sleep(0.2)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Copy]:
    made = Copy(tmp_path_factory.mktemp("copy") / "home")
    made.up()
    yield made
    made.run("down")


@pytest.fixture(scope="module")
def token(copy: Copy) -> str:
    done = copy.run("token", "--tenant", "DEMO_TENANT", "--role", "OPERATOR", "--user", "ada")
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_up_prints_addresses_that_answer_and_are_ours(copy: Copy) -> None:
    assert set(copy.told) == {"api", "dagster", "database", "pid", "home"}
    state = read_state(copy.home)
    assert copy.get("/health/live").json()["instance"] == state.instance
    assert copy.get("/health/ready").json()["checks"] == {"database": "ok", "objects": "ok", "dagster": "ok"}
    assert daemons_are_healthy(copy.told["dagster"])
    assert load_error(copy.told["dagster"]) is None
    passwords = json.loads((copy.home / "secrets" / "database-passwords.json").read_text()).values()
    assert not any(password in json.dumps(copy.told) for password in passwords)


def test_up_again_finds_what_runs_and_in_the_foreground_refuses(copy: Copy) -> None:
    before = dict(copy.told)
    assert copy.up() == before
    key = copy.home / "secrets" / "gridlens_api_key"
    assert f'export GRIDLENS_API_KEY="$(cat {key})"' in copy.run("up", "--detach").stdout
    refused = copy.run("up")
    assert refused.returncode == 1
    assert "already runs" in refused.stderr
    assert read_state(copy.home).phase == "ready"


def test_status_names_every_service(copy: Copy) -> None:
    done = copy.run("status", "--json")
    told = json.loads(done.stdout)
    assert (done.returncode, told["running"]) == (0, True)
    assert [(service["name"], service["state"]) for service in told["services"]] == [(n, "up") for n in SERVICES]


def test_each_process_is_handed_only_its_own_database_roles(copy: Copy) -> None:
    allowed = {"api": {"APP", "LOADER"}} | {name: {"MACHINE", "LOADER", "DAGSTER"} for name in SERVICES[1:4]}
    allowed["worker"] = {"MACHINE"}
    for service, roles in allowed.items():
        environment = psutil.Process(copy.pids()[service]).environ()
        handed = {name for name in environment if name.endswith("DATABASE_URL")}
        assert handed == {f"COUNTERSIGN_{role}_DATABASE_URL" for role in roles}
        assert "GRIDLENS_API_KEY" not in environment


def test_people_and_the_key_of_the_sources_come_in(copy: Copy, token: str) -> None:
    key = (copy.home / "secrets" / "gridlens_api_key").read_text()
    assert copy.get("/api/ami/status", token).status_code == 200
    assert copy.get("/api/ami/status", key).status_code == 200
    assert copy.get("/api/ami/status").status_code == 401
    assert (copy.home / "secrets" / "gridlens_api_key").stat().st_mode & 0o777 == 0o600


def test_while_the_api_restarts_callers_wait_and_are_not_refused(copy: Copy, token: str) -> None:
    os.kill(copy.pids()["api"], signal.SIGKILL)
    assert copy.get("/api/ami/status", token).status_code == 200


def test_a_killed_database_comes_back_with_everything_that_was_told(copy: Copy, token: str) -> None:
    copy.run("token", "--tenant", "DEMO_TENANT", "--role", "AUDITOR", "--user", "grace")
    copy.kill("database")
    until(lambda: copy.get("/health/ready").json()["checks"]["database"] == "ok")
    assert copy.get("/api/ami/status", token).status_code == 200
    assert "grace" in copy.run("psql", "-c", "SELECT name FROM users ORDER BY name").stdout


def test_killed_dagster_processes_come_back_and_find_each_other(copy: Copy) -> None:
    copy.kill("dagster-code")
    copy.kill("dagster-webserver", "dagster-daemon")
    url = copy.told["dagster"]
    until(lambda: bool(ask(url, "{ version }")))
    until(lambda: load_error(url) is None and daemons_are_healthy(url))


def test_after_a_killed_supervisor_the_next_up_ends_the_orphans_and_goes_on(copy: Copy, token: str) -> None:
    orphans = {name: pid for name, pid in copy.pids().items() if name != "database"}
    os.kill(copy.told["pid"], signal.SIGKILL)
    assert copy.get("/api/ami/status", token).status_code == 200
    until(lambda: json.loads(copy.run("status", "--json").stdout)["phase"] == "abandoned")
    copy.up()
    alive = {process.pid for process in marked(copy.home)}
    assert not alive & set(orphans.values())
    assert copy.get("/api/ami/status", token).status_code == 200


def test_no_secret_is_in_any_log_or_written_configuration(copy: Copy, token: str) -> None:
    secrets = [*json.loads((copy.home / "secrets" / "database-passwords.json").read_text()).values(), token]
    secrets.append((copy.home / "secrets" / "gridlens_api_key").read_text())
    for folder in ("logs", "dagster", "run"):
        for path in (copy.home / folder).rglob("*"):
            if path.is_file():
                text = path.read_text(errors="replace")
                assert not any(secret in text for secret in secrets), path


def test_the_api_comes_up_on_its_former_port_where_that_is_free() -> None:
    first = listen("127.0.0.1", None)
    port = first.getsockname()[1]
    with listen("127.0.0.1", None, former=port) as other:
        assert other.getsockname()[1] != port
    first.close()
    with listen("127.0.0.1", None, former=port) as again:
        assert again.getsockname()[1] == port


def test_a_port_that_is_taken_is_told_before_anything_is_started(tmp_path: Path) -> None:
    taken = listen("127.0.0.1", None)
    try:
        port = taken.getsockname()[1]
        refused = Copy(tmp_path / "home").run("up", "--port", str(port))
    finally:
        taken.close()
    assert refused.returncode != 0
    assert f"Nothing can listen on 127.0.0.1 port {port}" in refused.stderr
    assert "Starting the database" not in refused.stdout
    assert not (tmp_path / "home" / "postgres").exists()


def test_down_leaves_nothing_running_and_can_be_said_twice(copy: Copy) -> None:
    pids = copy.pids()
    assert sorted(json.loads(copy.run("down", "--json").stdout)["stopped"]) == SERVICES
    assert marked(copy.home) == []
    assert not any(psutil.pid_exists(pid) and psutil.Process(pid).status() != "zombie" for pid in pids.values())
    assert json.loads(copy.run("down", "--json").stdout)["stopped"] == []
    assert copy.run("status").returncode == 1
