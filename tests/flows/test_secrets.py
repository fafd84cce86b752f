"""Secrets are planted through every door of a running copy; then everything that it wrote is read.

Doors: HTTP headers, bodies, paths and queries; the command line; the address of a database that does not answer; and a
run of Dagster that fails with a message that holds one. Read: logs, answers, the ledger, Dagster's storage, every file
under the home.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import psycopg
import pytest

from tests.conftest import ROOT
from tests.flows.test_services import Copy, until

PASSWORD = "hunter2hunter2hunter2"
API_KEY = "csk_planted_Zk3vQpT9xW8rLm2NZk3vQpT9"
AWS_KEY = "AKIAIOSFODNN7EXAMPLE"
AWS_SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
SIGNATURE = "5d41402abc4b2a76b9719d911017c592deadbeef"
ADDRESS = f"postgresql://app:{PASSWORD}@db.invalid:5432/countersign"
SIGNED = f"https://bucket.s3.amazonaws.com/r.pdf?X-Amz-Credential={AWS_KEY}&X-Amz-Signature={SIGNATURE}"
AWS = f"aws_access_key_id={AWS_KEY} aws_secret_access_key={AWS_SECRET}"
SAID = " ".join((ADDRESS, API_KEY, AWS, SIGNED))
PLANTED = (PASSWORD, API_KEY, "Zk3vQpT9xW8rLm2N", AWS_KEY, AWS_SECRET, SIGNATURE)

FAILING_RUN = f"""
import dagster as dg
from orchestration.definitions import defs
from orchestration.failures import told_plainly

SAID = {SAID!r}

@dg.op
def says_too_much(context):
    context.log.error("It said: " + SAID)
    context.log_event(dg.AssetObservation("thing", metadata={{"said": SAID, "api_key": SAID}}))
    raise RuntimeError("could not connect to " + SAID)

@dg.job
def planted():
    says_too_much()

with dg.DagsterInstance.get() as instance:
    done = planted.execute_in_process(instance=instance, raise_on_error=False)
    raise SystemExit(0 if not done.success else 3)
"""


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Copy]:
    made = Copy(tmp_path_factory.mktemp("secrets") / "home")
    made.up()
    yield made
    made.run("down")


def through_http(copy: Copy, token: str) -> str:
    answers = []
    with httpx.Client(base_url=copy.told["api"], trust_env=False, timeout=30) as client:
        known = {"Authorization": f"Bearer {token}", "X-Api-Key": PASSWORD, "Referer": SIGNED, "User-Agent": SAID}
        strange = {"Authorization": f"Bearer {API_KEY}", "Cookie": f"session={PASSWORD}"}
        for headers in (known, strange):
            answers += [
                client.get("/api/ami/status", headers=headers, params={"note": SAID}),
                client.post("/api/ami/start", headers=headers, json={"password": PASSWORD, "note": SAID}),
                client.post("/api/ami/publish-once", headers=headers, json={"intervalMinutes": SAID}),
                client.post("/api/ami/start", headers=headers, content=SAID),
                client.get(f"/nowhere/{API_KEY}", headers=headers, params={"X-Amz-Signature": SIGNATURE}),
                client.get("/v1/ledger", headers=headers, params={"actor": SAID[:200]}),
                client.get("/ledger.csv", headers=headers, params={"actor": ADDRESS, "entity": SIGNED}),
                client.get("/v1/ledger.csv", headers=headers, params={"actor": ADDRESS, "entity": AWS}),
                client.post("/sign-in", headers=headers, data={"token": SAID, "next": SIGNED}),
            ]
    return "\n".join(answer.text for answer in answers)


def through_commands(copy: Copy) -> str:
    told = []
    for arguments in (
        ("token", "--tenant", ADDRESS, "--role", "OPERATOR", "--user", "ada"),
        ("token", "--tenant", "DEMO_TENANT", "--role", API_KEY, "--user", "ada"),
        ("grid", "ingest", SIGNED),
        ("verify", "event", SIGNED, "--public-key", AWS),
    ):
        done = copy.run(*arguments)
        told.append(done.stderr)
    cut_off = copy.environment | {"DATABASE_URL": ADDRESS.replace("db.invalid", "127.0.0.1").replace("5432", "1")}
    for arguments in (("migrate", "--plan"), ("verify", "ledger")):
        command = [str(Path(sys.executable).parent / "countersign"), *arguments]
        done = subprocess.run(command, env=cut_off, capture_output=True, text=True, timeout=120)
        assert done.returncode != 0
        told.append(done.stdout + done.stderr)
    return "\n".join(told)


def through_dagster(copy: Copy, tmp_path: Path) -> str:
    script = tmp_path / "planted.py"
    script.write_text(FAILING_RUN)
    urls = json.loads((copy.home / "secrets" / "database.json").read_text())
    environment = copy.environment | {
        "DAGSTER_HOME": str(copy.home / "dagster"),
        "COUNTERSIGN_DAGSTER_DATABASE_URL": urls["dagster"].replace("postgresql://", "postgresql+psycopg2://", 1),
        "COUNTERSIGN_MACHINE_DATABASE_URL": urls["machine"],
        "PYTHONPATH": str(ROOT),
    }
    done = subprocess.run([sys.executable, str(script)], env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout + done.stderr


def stored(copy: Copy) -> str:
    """Every row of every table, of ours and of Dagster's."""
    urls = json.loads((copy.home / "secrets" / "database.json").read_text())
    parts = []
    for role, schema in (("owner", "public"), ("dagster", "dagster")):
        with psycopg.connect(urls[role]) as connection:
            tables = connection.execute(
                "SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) FROM pg_tables"
                " WHERE schemaname = %s AND tablename !~ '^(meter_reads|load_profiles|meters)' ORDER BY 1",
                (schema,),
            ).fetchall()
            for (table,) in tables:
                rows = connection.execute(f"SELECT t::text FROM {table} AS t")  # type: ignore[arg-type]
                parts += [row[0] for row in rows]
    return "\n".join(parts)


def files(copy: Copy) -> Iterator[tuple[Path, str]]:
    """Every file under the home but the database's own."""
    for path in sorted(copy.home.rglob("*")):
        if path.is_file() and "postgres" not in path.relative_to(copy.home).parts:
            yield path, path.read_text(errors="replace")


def found_in(text: str) -> list[str]:
    return [planted for planted in PLANTED if planted in text]


def test_what_is_planted_through_every_door_is_found_nowhere(copy: Copy, tmp_path: Path) -> None:
    made = copy.run("token", "--tenant", "DEMO_TENANT", "--role", "ADMIN", "--role", "OPERATOR", "--user", "grace")
    answers = through_http(copy, made.stdout.strip())
    assert found_in(answers) == []
    assert found_in(through_commands(copy)) == []
    assert found_in(through_dagster(copy, tmp_path)) == []
    database = stored(copy)
    until(lambda: "kernel.ledger.exported" in stored(copy))
    assert "says_too_much" in database
    assert found_in(database) == []
    assert [(path.name, found_in(text)) for path, text in files(copy) if found_in(text)] == []
