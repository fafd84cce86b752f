"""Dagster as three processes (code server, webserver, daemon) over one instance under `$COUNTERSIGN_HOME/dagster`.

One code server is shared, so that the definitions are loaded once and not by each of the others.
"""

import hashlib
import os
import socket
import tempfile
from pathlib import Path
from typing import Any

import httpx
import psutil

from cli.services.environment import DAGSTER_ROLES, child_environment
from cli.services.processes import Child, program

PROBE_S = 5.0
SOCKET_PATH_LIMIT = 100
LOCATION = "countersign"
INSTANCE = """\
# Written by `countersign up`; change cli/services/dagster.py instead.
storage:
  # PostgreSQL, behind the filter for secrets.
  custom:
    module: orchestration.storage
    class: RedactedStorage
    config:
      postgres_url:
        env: COUNTERSIGN_DAGSTER_DATABASE_URL
local_artifact_storage:
  module: dagster._core.storage.root
  class: LocalArtifactStorage
  config:
    base_dir: {home}/dagster
compute_logs:
  module: dagster._core.storage.local_compute_log_manager
  class: LocalComputeLogManager
  config:
    base_dir: {home}/dagster/compute_logs
run_coordinator:
  module: dagster.core.run_coordinator
  class: QueuedRunCoordinator
  config:
    # A run that is due while the code server is started again waits for it; else it fails, and nobody runs it again.
    max_user_code_failure_retries: 12
    user_code_failure_retry_delay: 10
concurrency:
  runs:
    max_concurrent_runs: {runs}
    # A pool of one would hold up all tenants: one run at a time for each tenant's day, any number of days beside it.
    tag_concurrency_limits:
      - key: dagster/partition
        limit: 1
        value:
          applyLimitPerUniqueValue: true
  pools:
    # A pool is named where overlap would be wrong whatever the partition; what has no pool may run side by side.
    default_limit: 1
    granularity: op
run_monitoring:
  enabled: true
  start_timeout_seconds: 180
  poll_interval_seconds: 30
run_retries:
  # A run whose process was killed is run again; a run that refused or failed is not.
  enabled: true
  max_retries: 2
  retry_on_asset_or_op_failure: false
schedules:
  use_threads: true
  num_workers: 2
sensors:
  use_threads: true
  num_workers: 2
telemetry:
  enabled: false
nux:
  enabled: false
"""
WORKSPACE = """\
# Written by `countersign up`: everybody asks the one code server. For `dg` and `dagster dev` there is ./workspace.yaml.
load_from:
  - grpc_server:
      socket: {socket}
      location_name: {location}
"""
READY_QUERY = """{
  workspaceOrError { ... on Workspace { locationEntries { name locationOrLoadError {
    __typename ... on PythonError { message } } } } }
  instance { daemonHealth { allDaemonStatuses { daemonType required healthy } } }
}"""


def write_instance(home: Path) -> None:
    """Write dagster.yaml and workspace.yaml. No secret is in them: the address comes from the environment."""
    folder = home / "dagster"
    folder.mkdir(parents=True, exist_ok=True)
    runs = max(2, min(os.cpu_count() or 2, 8))
    (folder / "dagster.yaml").write_text(INSTANCE.format(home=home, runs=runs))
    (folder / "workspace.yaml").write_text(WORKSPACE.format(socket=code_socket(home), location=LOCATION))


def code_socket(home: Path) -> Path:
    """The code server's unix socket: others on the machine cannot reach it. The system limits its path's length."""
    here = home / "run" / "code.sock"
    if len(str(here)) < SOCKET_PATH_LIMIT:
        return here
    mark = hashlib.sha256(str(home).encode()).hexdigest()[:16]
    folder = Path(tempfile.gettempdir()) / f"countersign-{os.getuid()}-{mark}"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder / "code.sock"


def children(home: Path, instance: str, api_url: str, port: int) -> list[Child]:
    """The three processes, in the order in which they are started."""
    write_instance(home)
    environment = child_environment(
        instance, home, DAGSTER_ROLES, DAGSTER_HOME=str(home / "dagster"), COUNTERSIGN_API_URL=api_url
    )
    plain = ["--log-format", "json"]
    workspace = ["-w", str(home / "dagster" / "workspace.yaml"), *plain]
    url = f"http://127.0.0.1:{port}"
    path = code_socket(home)
    serve = ["api", "grpc", "-s", str(path), "-m", "orchestration.definitions", "--location-name", LOCATION, *plain]
    web = ["-h", "127.0.0.1", "-p", str(port), *workspace]
    return [
        Child(
            "dagster-code",
            [*program("dagster"), *serve, "--max-workers", "8"],
            environment,
            home / "logs" / "dagster-code.log",
            answers=lambda _: _listens(path),
            prepare=lambda: path.unlink(missing_ok=True),
        ),
        Child(
            "dagster-webserver",
            [*program("dagster-webserver"), *web],
            environment,
            home / "logs" / "dagster-webserver.log",
            answers=lambda child: _serves(child, url, port),
            url=url,
        ),
        Child(
            "dagster-daemon",
            [*program("dagster-daemon"), "run", *workspace],
            environment,
            home / "logs" / "dagster-daemon.log",
            answers=lambda _: daemons_are_healthy(url),
        ),
    ]


def ask(url: str, query: str, **variables: Any) -> dict[str, Any]:
    """One GraphQL query; empty when it is not answered."""
    try:
        with httpx.Client(timeout=PROBE_S, trust_env=False) as client:
            answer = client.post(f"{url}/graphql", json={"query": query, "variables": variables})
            data: dict[str, Any] = answer.json().get("data") or {}
            return data
    except (httpx.HTTPError, ValueError):
        return {}


def daemons_are_healthy(url: str) -> bool:
    """Whether every daemon that this instance needs has lately shown that it lives."""
    instance = ask(url, READY_QUERY).get("instance") or {}
    statuses: list[dict[str, Any]] = instance.get("daemonHealth", {}).get("allDaemonStatuses", [])
    return bool(statuses) and all(status["healthy"] for status in statuses if status["required"])


def load_error(url: str) -> str | None:
    """Why the definitions could not be loaded; None when they were."""
    for entry in _locations(url):
        found = entry["locationOrLoadError"] or {}
        if found.get("__typename") == "PythonError":
            return str(found["message"]).strip()
    return None


def _serves(child: Child, url: str, port: int) -> bool:
    """Whether the webserver answers, and whether it is ours: another program on the port would answer as well."""
    if child.process is None or not _holds(child.process.pid, port):
        return False
    entries = _locations(url)
    return bool(entries) and all(entry["locationOrLoadError"] for entry in entries)


def _locations(url: str) -> list[dict[str, Any]]:
    workspace = ask(url, READY_QUERY).get("workspaceOrError") or {}
    return list(workspace.get("locationEntries") or [])


def _holds(pid: int, port: int) -> bool:
    try:
        connections = psutil.Process(pid).net_connections("inet")
    except psutil.Error:
        return False
    return any(c.status == psutil.CONN_LISTEN and c.laddr.port == port for c in connections)


def _listens(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(PROBE_S)
        try:
            probe.connect(str(path))
        except OSError:
            return False
        return True
