"""The first install of the chart as docs/deploy.md tells it: pilot, a login for each role, a bucket, an approval that
was signed elsewhere. The manifests' processes are run one by one, with other folders, ports and addresses.
"""

import json
import shlex
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
import yaml
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cli.main import countersign
from cli.services.postgres import DATABASE, Postgres
from domain.kernel.keyfile import keep_bytes_once, keep_once
from domain.kernel.settings import DELIVERY_ROLE, DbRole
from domain.kernel.signing import Purpose, ensure_signing_keys, public_key_path
from tests.conftest import Database
from tests.deploy.apart import Process, free_port, wait_for
from tests.deploy.conftest import VALUES, containers, of_kind, pods, render
from tests.deploy.test_image_and_compose import DAGSTER
from tests.deploy.test_processes_apart import checks_of
from tests.deploy.test_what_processes_are_told import CODE, environment_of, secrets
from tests.kernel.objects.stores import BUCKET, CREDENTIALS, bucket_server, url_of
from tests.kernel.releases import make_approver, sign

pytestmark = pytest.mark.soak
PASSWORD = "a-password"
FIRST = VALUES["values-staging.yaml"] | VALUES["first install"] | {"environment": "pilot"}
LOGINS = [role for role in DbRole if role not in {DbRole.OWNER, DbRole.AUDITOR}]


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """Host, port and an empty database on a server that knows none of our roles; its owner may make some."""
    server = Postgres(tmp_path / "server")
    server.start()
    superuser = server.urls()["superuser"]
    with psycopg.connect(superuser, dbname="postgres", autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {DATABASE} WITH (FORCE)")
        for role in (*(role.login for role in DbRole), DELIVERY_ROLE):
            connection.execute(f"DROP ROLE IF EXISTS {role}")
        connection.execute(f"CREATE ROLE keeper LOGIN CREATEROLE PASSWORD '{PASSWORD}'")
        connection.execute("CREATE DATABASE countersign OWNER keeper TEMPLATE template0")
    yield superuser.split("@")[-1].rsplit("/", 1)[0]
    server.stop()


@pytest.fixture
def approved(database: Database, tmp_path: Path) -> Path:
    """A folder with the approval of the first schema, signed in a copy that has people, and that copy's public key."""
    ensure_signing_keys()
    planned = CliRunner().invoke(countersign, ["migrate", "--plan", "--from-empty", "--for", "pilot", "--json"])
    sign(json.loads(planned.output), make_approver())
    folder = tmp_path / "approval"
    folder.mkdir()
    written = CliRunner().invoke(
        countersign, ["release", "export", "--env", "pilot", "--out", str(folder / "approval.json")]
    )
    assert written.exit_code == 0, written.output
    shutil.copy(public_key_path(Purpose.COUNTERSIGN), folder / "countersign_key.pub.pem")
    return folder


@dataclass(frozen=True)
class Cluster:
    """The rendered chart with the machine's own folders, ports and addresses in it."""

    here: Path
    address: str
    store: str
    ports: dict[str, int]

    def local(self, text: str, pod: str) -> str:
        for old, new in (
            ("/var/lib/countersign", f"{self.here}/{pod}"),
            ("/run/keys/", f"{self.here}/keys/"),
            ("/run/approval", f"{self.here}/approval"),
            ("/etc/countersign/dagster", f"{self.here}/instance"),
            ("http://countersign-api:80", f"http://127.0.0.1:{self.ports['api']}"),
            ("http://dagster-webserver:3000", f"http://127.0.0.1:{self.ports['dagster']}"),
            ("s3://reports", f"s3://{BUCKET}"),
            ("0.0.0.0", "127.0.0.1"),  # noqa: S104
        ):
            text = text.replace(old, new)
        return text

    def environment(self, told: dict[str, str], pod: str) -> dict[str, str]:
        made = {name: self.local(value, pod) for name, value in told.items()}
        for role in DbRole:
            name = f"COUNTERSIGN_{role.value.upper()}_DATABASE_URL"
            if name in made:
                login = "keeper" if role is DbRole.OWNER else role.login
                made[name] = f"postgresql://{login}:{PASSWORD}@{self.address}/countersign"
                if role is DbRole.DAGSTER:
                    made[name] = made[name].replace("://", "+psycopg2://") + "?options=-csearch_path%3Ddagster"
        (self.here / pod).mkdir(exist_ok=True)
        return made | CREDENTIALS | {"S3_ENDPOINT_URL": self.store}

    def process(self, container: dict[str, Any], pod: str, maps: dict[str, dict[str, str]]) -> Process:
        command = [self.local(one, pod) for one in container["args"]]
        if command[-2:] == ["--port", "8000"]:
            command[-1] = str(self.ports["api"])
        environment = self.environment(environment_of(container, maps), pod)
        return Process(command, environment, self.here / f"{pod}.log")

    def dagster(self, name: str, command: list[str], maps: dict[str, dict[str, str]]) -> Process:
        """One of Dagster's three: its values name the maps and secrets, its chart the command."""
        chart = yaml.safe_load(DAGSTER.read_text())
        (code,) = chart["dagster-user-deployments"]["deployments"]
        part = code if name == CODE else chart[name]
        given = [{"configMapRef": one} for one in part["envConfigMaps"]]
        given += [{"secretRef": one} for one in part["envSecrets"]]
        told = environment_of({"env": part["env"], "envFrom": given}, maps)
        return Process(command, self.environment(told, name), self.here / f"{name}.log")


def test_the_first_install_comes_up_with_every_role_apart(tmp_path: Path, address: str, approved: Path) -> None:
    store = bucket_server()
    cluster = Cluster(tmp_path, address, url_of(store), {name: free_port() for name in ("api", "dagster", "code")})
    for name, file in (("countersign", "countersign_key.pem"), ("seal", "seal_key.pem")):
        keep_once(tmp_path / "keys" / name / file, Ed25519PrivateKey.generate())
    keep_bytes_once(tmp_path / "keys/messages/messages_key", b"m" * 48)
    manifests = render(FIRST)
    maps = {one["metadata"]["name"]: one["data"] for one in of_kind(manifests, "ConfigMap")}
    templates = {name.removeprefix("countersign-"): template for name, template in pods(manifests)}
    for container in containers(templates["release"]):
        done = cluster.process(container, "release", maps).run()
        assert done.returncode == 0, done.stderr
    with psycopg.connect(f"postgresql://keeper:{PASSWORD}@{address}/countersign") as owner:
        for role in LOGINS:
            owner.execute(f"ALTER ROLE {role.login} LOGIN PASSWORD '{PASSWORD}'")
    operator = cluster.environment({"COUNTERSIGN_ENV": "pilot"} | secrets()["countersign-release"], "operator")
    for line in (
        "admin bootstrap --email ada@example.org --name 'Ada Lovelace'",
        "admin person invite --tenant PLATFORM --email rita@example.org --name Rita --role RELEASE_APPROVER",
    ):
        done = Process(["countersign", *shlex.split(line)], operator, tmp_path / "operator.log").run()
        assert done.returncode == 0, done.stderr
    unsigned = Process(["countersign", "release", "check"], operator, tmp_path / "operator.log").run()
    assert unsigned.returncode != 0
    assert "No deployment to pilot stands countersigned" in unsigned.stderr
    comes_up(cluster, templates, maps)
    store.stop()


def comes_up(cluster: Cluster, templates: dict[str, Any], maps: dict[str, dict[str, str]]) -> None:
    instance = cluster.here / "instance"
    instance.mkdir()
    told = maps["countersign-dagster-instance"]["dagster.yaml"]
    (instance / "dagster.yaml").write_text(cluster.local(told, CODE))
    server = {"host": "127.0.0.1", "port": cluster.ports["code"], "location_name": "countersign-code"}
    (instance / "workspace.yaml").write_text(yaml.safe_dump({"load_from": [{"grpc_server": server}]}))
    workspace, code = str(instance / "workspace.yaml"), str(cluster.ports["code"])
    grpc = ["dagster", "api", "grpc", "-h", "127.0.0.1", "-p", code, "-m", "orchestration.definitions"]
    web = ["dagster-webserver", "-h", "127.0.0.1", "-p", str(cluster.ports["dagster"]), "-w", workspace]
    processes = [cluster.process(containers(templates[pod])[0], pod, maps) for pod in ("api", "worker")]
    processes += [
        cluster.dagster(CODE, grpc, maps),
        cluster.dagster("dagsterWebserver", web, maps),
        cluster.dagster("dagsterDaemon", ["dagster-daemon", "run", "-w", workspace], maps),
    ]
    logs = [one.log for one in processes]
    with ExitStack() as stack:
        for one in processes:
            stack.enter_context(one.running())
        api = f"http://127.0.0.1:{cluster.ports['api']}"
        wait_for(lambda: answers(api), *logs)
        wait_for((cluster.here / "worker/run/worker.pid").exists, *logs)


def answers(api: str) -> bool:
    try:
        return checks_of(api) == {"database": "ok", "objects": "ok", "dagster": "ok"}
    except httpx.HTTPError:
        return False
