"""Gates A and C: a migration runs as it was countersigned, once, and as nothing else."""

import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import text

from domain.kernel import migrate
from domain.kernel.db import transaction
from domain.kernel.errors import Conflict, Forbidden
from domain.kernel.release import gate, render
from domain.kernel.release.planned import plan_release
from domain.kernel.settings import DbRole, Env, settings
from domain.kernel.signed import Decision
from domain.kernel.signing import ensure_signing_keys
from tests.conftest import ROOT, Database
from tests.kernel.releases import GATE, ledger, make_approver, put_back, revision_of, sign

HEAD = render.head_revision()


@pytest.fixture(params=["pilot", "prod"])
def behind(request: pytest.FixtureRequest, database: Database, monkeypatch: pytest.MonkeyPatch) -> Env:
    """A pilot or prod database that its code has overtaken."""
    ensure_signing_keys()
    put_back()
    monkeypatch.setenv("COUNTERSIGN_ENV", request.param)
    settings.cache_clear()
    return Env(request.param)


@pytest.fixture
def pilot(database: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    ensure_signing_keys()
    put_back()
    monkeypatch.setenv("COUNTERSIGN_ENV", "pilot")
    settings.cache_clear()
    return database


def refused(code: str) -> Conflict:
    with pytest.raises(Conflict) as caught:
        migrate.apply()
    assert caught.value.code == code
    return caught.value


def fulfilment() -> tuple[str, int, dict[str, str]]:
    with transaction("PLATFORM") as connection:
        row = connection.execute(text("SELECT status, attempts, outcome FROM fulfilments")).one()
    return row.status, row.attempts, row.outcome


def test_apply_refuses_without_a_signature_and_runs_with_one(behind: Env, database: Database) -> None:
    refused("GATE_REQUIRED")
    planned = plan_release(behind)
    refused("GATE_REQUIRED")
    assert revision_of(database) == GATE
    signed = sign(planned, make_approver())
    assert migrate.apply() == {"from": GATE, "to": HEAD, "status": "COUNTERSIGNED"}
    assert revision_of(database) == HEAD
    status, attempts, outcome = fulfilment()
    assert (status, attempts, outcome["sql_sha256"]) == ("DONE", 1, planned["sha256"])
    (told,) = ledger("release.migration.applied")[1:]
    assert told == outcome
    assert (told["from"], told["to"], told["countersignature_id"]) == (GATE, HEAD, str(signed.countersignature_id))
    assert migrate.apply()["status"] == "up to date"


def test_the_plan_holds_what_the_source_asks_for(pilot: Database) -> None:
    planned = plan_release(Env.PILOT, notes="What changes.", rollback_plan="How back.")
    assert "CREATE TABLE idempotency_keys" in planned["sql"]
    assert "DROP TABLE idempotency_keys" in planned["rollback"]
    assert "idempotency_keys" in planned["summary"]["create table"]
    assert {f"migrations/versions/{path.name}" for path in (ROOT / "migrations/versions").glob("*.py")} <= set(
        planned["files"]
    )
    assert [entry["done"] for entry in planned["checklist"]] == [True] * 6 + [False]
    assert planned["proposal"]["state"] == "WAITING"
    with transaction("PLATFORM") as connection:
        content = connection.execute(text("SELECT content FROM proposals")).scalar_one()
    assert (content["release_notes"], content["rollback_plan"]) == ("What changes.", "How back.")
    assert content["release"]["sql"] == planned["sql"]
    assert plan_release(Env.PILOT, notes="What changes.", rollback_plan="How back.")["proposal"] == planned["proposal"]


@pytest.mark.parametrize("decision", [Decision.REFUSED, Decision.MORE_INFORMATION])
def test_another_answer_than_approval_opens_nothing(pilot: Database, decision: Decision) -> None:
    sign(plan_release(Env.PILOT), make_approver(), decision)
    refused("GATE_REQUIRED")


def test_a_withdrawn_approval_opens_nothing(pilot: Database) -> None:
    planned, rae = plan_release(Env.PILOT), make_approver()
    sign(planned, rae)
    sign(planned, rae, Decision.WITHDRAWN)
    refused("GATE_REQUIRED")


def test_an_approval_for_another_environment_opens_nothing(pilot: Database) -> None:
    sign(plan_release(Env.PROD), make_approver())
    refused("GATE_REQUIRED")


def test_only_a_release_approver_signs_and_outside_dev_not_the_author(pilot: Database) -> None:
    rae = make_approver()
    planned = plan_release(Env.PILOT, authors=["rae@example.org"])
    with pytest.raises(Forbidden, match="another person signs"):
        sign(planned, rae)
    with pytest.raises(Forbidden, match="role"):
        sign(planned, make_approver("pat", "PLATFORM_ADMIN"))
    sign(planned, make_approver("bob"))
    assert migrate.apply()["status"] == "COUNTERSIGNED"


def test_in_dev_gate_a_may_be_signed_by_the_author(database: Database) -> None:
    put_back()
    refused("GATE_REQUIRED")
    sign(plan_release(Env.DEV, authors=[f"{make_approver().name}@example.org"]), make_approver())
    assert migrate.apply()["status"] == "COUNTERSIGNED"


def test_a_dev_copys_own_database_goes_on_by_a_recorded_standing_order(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "is_embedded", lambda: True)
    for _ in range(2):
        put_back()
        assert migrate.apply()["status"] == "STANDING_ORDER"
    (order,) = ledger(gate.STANDING_ORDER_EVENT)
    assert order["given_by"] == "whoever starts the copy"
    first, later, again = ledger("release.migration.applied")
    assert (first["kind"], later["kind"]) == ("BOOTSTRAP", "STANDING_ORDER")
    assert later["standing_order"] == again["standing_order"]


def test_two_at_once_one_applies(pilot: Database) -> None:
    sign(plan_release(Env.PILOT), make_approver())
    seen: list[str] = []
    threads = [threading.Thread(target=lambda: seen.append(migrate.apply()["status"])) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(seen) == ["COUNTERSIGNED", "up to date"]
    assert fulfilment()[:2] == ("DONE", 1)


def test_killed_half_way_the_next_apply_goes_on_by_the_same_signature(
    pilot: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign(plan_release(Env.PILOT), make_approver())
    upgrade = command.upgrade

    def dies(config, revision, sql=False):  # type: ignore[no-untyped-def]
        if sql:
            return upgrade(config, revision, sql=True)
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "upgrade", dies)
    with pytest.raises(KeyboardInterrupt):
        migrate.apply()
    monkeypatch.undo()
    monkeypatch.setenv("COUNTERSIGN_ENV", "pilot")
    for role in DbRole:
        monkeypatch.setenv(f"COUNTERSIGN_{role.value.upper()}_DATABASE_URL", pilot.urls[role.value])
    settings.cache_clear()
    assert fulfilment()[:2] == ("STARTED", 1)
    assert migrate.apply()["status"] == "COUNTERSIGNED"
    assert fulfilment()[:2] == ("DONE", 2)


def test_an_interrupted_release_is_recognised_between_its_revisions(
    pilot: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One signature covers all revisions from where the database stood; each is a transaction of its own."""
    put_back(GATE)
    signed = sign(plan_release(Env.PILOT), make_approver())
    with transaction("PLATFORM", DbRole.OWNER) as connection:
        id_ = signed.countersignature_id
        leads = gate._leads_from
        assert not leads(connection, id_, "202611210820", GATE, HEAD)
        connection.execute(text("INSERT INTO fulfilments (countersignature_id, run_id) VALUES (:id, 'r')"), {"id": id_})
        assert leads(connection, id_, "202611210820", GATE, HEAD)
        assert not leads(connection, id_, HEAD, GATE, HEAD)


def checkout(folder: Path) -> Path:
    """A copy of the code that can be changed."""
    for name in ("api", "cli", "domain", "migrations", "orchestration", "sql"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def command_line(code: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cli.main", *arguments],
        cwd=code,
        env=os.environ | {"PYTHONPATH": str(code), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.mark.parametrize(
    "changed",
    [
        "migrations/versions/2026-11-21-0940_kernel_releases.py",
        "migrations/versions/2026-11-21-0800_kernel_ground.py",
        "migrations/sqltools.py",
        "sql/verify/views_ask_as_their_caller.sql",
    ],
)
def test_one_changed_byte_voids_the_signature(pilot: Database, tmp_path: Path, changed: str) -> None:
    code = checkout(tmp_path / "code")
    sign(plan_release(Env.PILOT), make_approver())
    whole = (code / changed).read_text()
    (code / changed).write_text(whole.replace(".", ",", 1))
    done = command_line(code, "migrate", "--env", "pilot", "--apply")
    assert (done.returncode, changed in done.stderr) == (1, True), done
    assert revision_of(pilot) == GATE
    (code / changed).write_text(whole)
    done = command_line(code, "migrate", "--env", "pilot", "--apply")
    assert (done.returncode, "COUNTERSIGNED" in done.stdout) == (0, True), done


def test_a_file_of_sql_that_a_migration_runs_is_part_of_what_is_signed(database: Database) -> None:
    files = render.render_upgrade(Env.PILOT, None, HEAD).sql_files
    assert {"kernel/v_proposals.sql", "grid/functions/day_open.sql", "phase3_ami_events.sql"} <= set(files)
    hashes = render.file_hashes(files)
    assert {f"sql/{name}" for name in files} <= set(hashes)
