"""The restore drill, at length: a backup taken while events are written makes a copy whose ledger verifies."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

ROOT = Path(__file__).resolve().parents[2]
CLEAN = ("DATABASE_URL", "GRIDLENS_API_KEY", "PORT", "COUNTERSIGN_PORT", "COUNTERSIGN_ENV", "APP_ENV")
SEAL = """
from cli.services.database import running
from domain.kernel.db import working_as
from domain.kernel.seals.sealing import seal_ledger
from domain.kernel.settings import DbRole, settings
with running(settings().home_path), working_as(DbRole.MACHINE):
    seal_ledger("DEMO_TENANT")
"""
WRITE = """
INSERT INTO events (event_id, tenant_id, event_type, occurred_at, actor_id, actor_role, status, payload)
VALUES (gen_random_uuid(), 'DEMO_TENANT', 'drill.written', now(), 'drill', 'SYSTEM', 'ok', '{}') RETURNING event_id
"""
pytestmark = [pytest.mark.soak]


class Home:
    def __init__(self, home: Path) -> None:
        self.home = home
        kept = {k: v for k, v in os.environ.items() if k not in CLEAN and not k.endswith("_DATABASE_URL")}
        self.environment = kept | {"COUNTERSIGN_HOME": str(home)}

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([*arguments], env=self.environment, capture_output=True, text=True, timeout=900, cwd=ROOT)

    def countersign(self, *arguments: str) -> Any:
        done = self.run(str(Path(sys.executable).parent / "countersign"), *arguments)
        assert done.returncode == 0, done.stderr + done.stdout
        return json.loads(done.stdout) if "--json" in arguments else done.stdout


class Writer:
    """Somebody who writes while the backup is taken, and notes what was acknowledged."""

    def __init__(self, url: str) -> None:
        self.url, self.told, self.is_over = url, [], threading.Event()
        self.thread = threading.Thread(target=self._write)
        self.thread.start()

    def _write(self) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute("SELECT set_config('app.tenant', 'DEMO_TENANT', false)")
            while not self.is_over.wait(0.002):
                row = connection.execute(WRITE).fetchone()
                self.told.append(str(row[0]) if row else "")

    def end(self) -> list[str]:
        self.is_over.set()
        self.thread.join()
        return self.told


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    made = Home(tmp_path_factory.mktemp("drill") / "home")
    made.countersign("seed", "demo", "--days", "1")
    yield made
    made.countersign("down")


def urls(home: Path) -> dict[str, str]:
    found: dict[str, str] = json.loads((home / "secrets" / "database.json").read_text())
    return found


def test_the_drill_is_passed(copy: Home) -> None:
    assert copy.run(sys.executable, "-c", SEAL).returncode == 0
    done = copy.run("bash", "scripts/restore_drill.sh")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "all fits" in done.stdout
    assert "The drill is passed" in done.stdout


def test_what_was_acknowledged_before_a_backup_in_use_is_in_the_copy(copy: Home, tmp_path: Path) -> None:
    from cli.services.postgres import Postgres

    assert copy.run(sys.executable, "-c", SEAL).returncode == 0
    server = Postgres(copy.home)
    server.start()
    writer = Writer(urls(copy.home)["owner"])
    try:
        before = list(writer.told)
        while len(before) < 50:
            before = list(writer.told)
        copy.countersign("backup", str(tmp_path / "backup"), "--json")
    finally:
        told = writer.end()
        server.stop()
    assert len(told) > len(before), "nothing was written while the backup was taken"
    restored = Home(tmp_path / "restored")
    shown = restored.countersign("restore", str(tmp_path / "backup"), "--json")
    assert shown["status"] == "ok"
    assert (shown["artifacts"] > 0, shown["countersignatures"] > 0, shown["seals"] > 0) == (True, True, True)
    again = Postgres(restored.home)
    again.start()
    try:
        with psycopg.connect(urls(restored.home)["superuser"]) as connection:
            rows = connection.execute("SELECT event_id::text FROM events WHERE event_type = 'drill.written'").fetchall()
        there = {row[0] for row in rows}
        assert set(before) <= there
        assert there <= set(told)
        # Nobody who knew a password of the copy knows one of the restored copy.
        port = urls(restored.home)["superuser"].rsplit(":", 1)[1]
        for name, url in urls(copy.home).items():
            with pytest.raises(psycopg.OperationalError):
                psycopg.connect(url.rsplit(":", 1)[0] + ":" + port).close()
            assert url != urls(restored.home)[name]
    finally:
        again.stop()


def test_keys_are_in_a_backup_only_where_asked_for(copy: Home, tmp_path: Path) -> None:
    copy.countersign("backup", str(tmp_path / "without"))
    assert not (tmp_path / "without" / "secrets").exists()
    copy.countersign("backup", str(tmp_path / "with"), "--with-keys")
    names = {path.name for path in (tmp_path / "with" / "secrets").iterdir()}
    assert "seal_key.pem" in names
    assert not names & {"database.json", "database-passwords.json"}


def test_one_event_that_is_changed_in_the_backed_up_copy_is_found_by_the_restore(copy: Home, tmp_path: Path) -> None:
    from cli.services.postgres import Postgres

    server = Postgres(copy.home)
    server.start()
    try:
        with psycopg.connect(urls(copy.home)["superuser"]) as connection:
            connection.execute("ALTER TABLE events DISABLE TRIGGER USER")
            connection.execute(
                "UPDATE events SET actor_id = 'nobody' WHERE event_id ="
                " (SELECT event_id FROM seal_leaves ORDER BY leaf_index LIMIT 1)"
            )
            connection.execute("ALTER TABLE events ENABLE TRIGGER USER")
        copy.countersign("backup", str(tmp_path / "backup"))
    finally:
        server.stop()
    done = Home(tmp_path / "restored").run(
        str(Path(sys.executable).parent / "countersign"), "restore", str(tmp_path / "backup"), "--json"
    )
    assert done.returncode == 1
    assert json.loads(done.stdout)["faults"] == ["The ledger of DEMO_TENANT is altered."]
