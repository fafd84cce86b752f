"""Real workers as processes of their own: at most one execution and one output for each job, whoever dies or wakes."""

import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text

from api.acts import ACTS
from domain.courses.regeneration.execution.worker import reap, work_one
from domain.courses.regeneration.laid import lay_trigger
from domain.courses.regeneration.store import jobs
from domain.courses.regeneration.store.jobs import Origin
from domain.kernel.countersign.decide import decide
from domain.kernel.db import transaction
from domain.kernel.settings import DbRole
from domain.kernel.signed import Decision
from tests.conftest import ROOT, Database
from tests.courses.authoring.course_house import DEMO, House
from tests.courses.regeneration.loop import JOBS, asked, carried_out, failed, tools, triggered
from tests.kernel.advice.looks import rows
from tests.makers import make_person

WORKERS, MANY = 12, 200


def start(how: str, told: Path, lease_s: float = 60.0) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.courses.regeneration.one_worker", how, str(told), str(lease_s)], cwd=ROOT
    )


def until(what: Callable[[], bool], seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)


def many(house: House, count: int) -> None:
    """Triggered jobs out of one accepted suggestion, each of a target of its own."""
    first = asked(house)
    ada = make_person("T", "ada", "ADMIN")
    with transaction("T", actor=ada.id) as connection:
        made = [jobs.load(connection, uuid.UUID(first["id"]))]
        for number in range(1, count):
            made.append(
                jobs.insert(
                    connection,
                    target_type="LESSON",
                    target_id=f"lesson:m{number // 90:02d}l{number % 90 + 3:02d}",
                    syllabus_id=DEMO,
                    instruction=made[0].instruction,
                    origin=Origin(suggestion_id=made[0].suggestion_id),
                    created_by=ada.id,
                )
            )
        for job in made:
            laid = lay_trigger(connection, job)
            decide(connection, ada, ACTS, laid.proposal_id, Decision.APPROVED, content_hash=laid.content_hash)


def test_twelve_workers_carry_out_two_hundred_jobs_once_each(house: House, tmp_path: Path) -> None:
    many(house, MANY)
    told = tmp_path / "told"
    workers = [start("works", told) for _ in range(WORKERS)]
    assert [one.wait(300) for one in workers] == [0] * WORKERS
    lines = told.read_text().splitlines()
    assert len(lines) == len({line.split()[1] for line in lines}) == MANY
    assert {one.status for one in rows("regeneration_jobs")} == {"COMPLETED"}
    made = rows("regeneration_outputs")
    assert len(made) == len({one.ref for one in made}) == len({one.job_id for one in made}) == MANY
    assert {one.output_ref for one in rows("regeneration_jobs")} == {one.ref for one in made}
    assert len({line.split()[0] for line in lines}) > 1


def test_a_worker_that_is_killed_before_its_commit_leaves_nothing(house: House, tmp_path: Path) -> None:
    job = triggered(house)
    assert start("dies", tmp_path / "told", 1.0).wait(60) == -signal.SIGKILL
    assert [one.status for one in rows("regeneration_jobs")] == ["RUNNING"]
    assert rows("regeneration_outputs") == []
    until(lambda: reap("T") == 1)
    detail = house.get("admin", f"{JOBS}/{job}")
    assert (detail["status"], detail["errorJson"]["code"]) == ("FAILED", "WORKER_LOST")
    assert carried_out() == []
    assert reap("T") == 0
    assert len((tmp_path / "told").read_text().splitlines()) == 1


def test_a_zombie_that_wakes_late_changes_nothing(house: House, tmp_path: Path) -> None:
    triggered(house)
    told = tmp_path / "told"
    zombie = start("waits", told, 1.0)
    try:
        until(told.exists)
        os.kill(zombie.pid, signal.SIGSTOP)
        until(lambda: reap("T") == 1)
        before = [rows(table) for table in ("regeneration_jobs", "regeneration_job_leases", "regeneration_outputs")]
        told.with_suffix(".go").touch()
    finally:
        os.kill(zombie.pid, signal.SIGCONT)
    assert zombie.wait(60) == 0
    after = [rows(table) for table in ("regeneration_jobs", "regeneration_job_leases", "regeneration_outputs")]
    assert after == before
    assert [one.status for one in rows("regeneration_jobs")] == ["FAILED"]
    assert rows("artifacts") == []


def test_a_slow_worker_keeps_its_job(house: House, tmp_path: Path) -> None:
    triggered(house)
    told = tmp_path / "told"
    slow = start("waits", told, 2.0)
    until(told.exists)
    for _ in range(30):
        time.sleep(0.1)
        assert reap("T") == 0
    told.with_suffix(".go").touch()
    assert slow.wait(60) == 0
    assert [one.status for one in rows("regeneration_jobs")] == ["COMPLETED"]


def test_an_untriggered_job_never_runs_in_any_number_of_polls(house: House) -> None:
    job = asked(house)["id"]
    for _ in range(100):
        assert work_one("T", tools()) is None
        assert work_one("T", tools(), uuid.UUID(job)) is None
        assert reap("T") == 0
    assert [one.status for one in rows("regeneration_jobs")] == ["PENDING"]
    assert rows("regeneration_job_leases") == []


def test_a_job_is_triggered_once(house: House) -> None:
    job = triggered(house)
    for who in ("admin", "reviewer"):
        again = house.call(who, "POST", f"{JOBS}/{job}/trigger")
        assert (again.status_code, again.json()["code"]) == (409, "NOT_PENDING")
    carried_out()
    assert house.call("admin", "POST", f"{JOBS}/{job}/trigger").status_code == 409
    failing = failed(house, "lesson:m01l02", 2)
    assert house.call("admin", "POST", f"{JOBS}/{failing}/trigger").status_code == 409
    assert len(rows("regeneration_job_triggers")) == 2


def test_what_was_carried_out_is_not_carried_out_again(house: House) -> None:
    triggered(house)
    carried_out()
    failed_id = failed(house, "lesson:m01l02", 2)
    before = rows("regeneration_jobs")
    assert carried_out() == []
    assert work_one("T", tools(), uuid.UUID(failed_id)) is None
    assert rows("regeneration_jobs") == before


def test_a_failure_says_why_and_is_kept(house: House) -> None:
    job = failed(house)
    detail = house.get("admin", f"{JOBS}/{job}")
    assert (detail["status"], detail["errorJson"]["code"]) == ("FAILED", "GENERATION_INVALID")
    assert detail["outputRef"] is None
    assert rows("regeneration_outputs") == []
    assert [one.event_type for one in rows("events")].count("REGEN_JOB_FAILED") == 1


def test_an_output_that_stands_completes_the_job_whose_worker_was_lost(house: House, database: Database) -> None:
    """Output and end are one transaction, so nothing of ours leaves this; whatever does is ended forward."""
    triggered(house)
    with transaction("T", DbRole.MACHINE) as connection:
        claimed = jobs.claim(connection, tools().lease)
    assert claimed is not None
    with psycopg.connect(database.urls["owner"]) as connection:
        connection.execute(
            "INSERT INTO artifacts (tenant_id, artifact_id, kind, sha256, size_bytes, media_type, store_key)"
            " VALUES ('T', gen_random_uuid(), 'k', repeat('0', 64), 1, 'text/plain', 'k')"
        )
        connection.execute(
            "INSERT INTO regeneration_outputs (tenant_id, output_id, job_id, ref, content_text, content_hash, answers,"
            " artifact_id) SELECT 'T', gen_random_uuid(), %s, 'r', '{}',"
            " encode(sha256(convert_to('{}', 'UTF8')), 'hex'), '[]', artifact_id FROM artifacts",
            (claimed[0].job_id,),
        )
        connection.execute("UPDATE regeneration_job_leases SET lease_until = now() - interval '1 s'")
    assert reap("T") == 1
    assert [(one.status, one.output_ref) for one in rows("regeneration_jobs")] == [("COMPLETED", "r")]


IMPOSSIBLE = [
    "UPDATE regeneration_jobs SET status = 'RUNNING'",
    "UPDATE regeneration_jobs SET status = 'COMPLETED'",
    "UPDATE regeneration_jobs SET target_id = 'lesson:m02l01'",
    "UPDATE regeneration_jobs SET instruction_text = '{}'",
    "UPDATE regeneration_jobs SET output_ref = 'other'",
    "UPDATE regeneration_jobs SET error = '{}'",
    "UPDATE regeneration_jobs SET status = 'PENDING'",
    "DELETE FROM regeneration_jobs",
    "TRUNCATE regeneration_jobs CASCADE",
    "UPDATE regeneration_outputs SET ref = 'other'",
    "DELETE FROM regeneration_outputs",
    "TRUNCATE regeneration_outputs CASCADE",
    "UPDATE regeneration_job_triggers SET rationale = 'other'",
    "DELETE FROM regeneration_job_triggers",
    "UPDATE regeneration_output_adoptions SET note = 'other'",
    "DELETE FROM regeneration_job_leases",
    "UPDATE regeneration_job_leases SET claim_token = gen_random_uuid()",
    "UPDATE retry_intents SET reason_text = 'other'",
    "UPDATE retry_intents SET status = 'CONSUMED', approved_by = created_by, approved_at = now()",
    "UPDATE retry_intents SET status = 'REJECTED'",
    "DELETE FROM retry_intents",
    "TRUNCATE retry_intents CASCADE",
]


@pytest.mark.parametrize("role", ["app", "machine", "loader", "auditor", "owner", "superuser"])
def test_no_role_changes_what_stands(house: House, database: Database, role: str) -> None:
    done = triggered(house)
    carried_out()
    (output,) = rows("regeneration_outputs")
    house.post("admin", f"/api/admin/regeneration-outputs/{output.output_id}/adopt")
    job = failed(house, "lesson:m01l02", 2)
    body = {"sourceJobId": job, "reasonCode": "OTHER", "reasonText": "Once more."}
    house.post("admin", "/api/admin/retry-intents", body, 201)
    assert done != job
    with psycopg.connect(database.urls[role], autocommit=True) as connection:
        connection.execute("SELECT set_config('app.tenant', 'T', false)")
        if role == "superuser":
            connection.execute("SET session_replication_role = replica")
        for statement in IMPOSSIBLE:
            with pytest.raises(psycopg.Error) as refused:
                connection.execute(statement)
            assert refused.value.sqlstate in {"42501", "55006", "23001", "23514", "428C9"}, statement


def test_the_database_lets_no_job_begin_otherwise(house: House, database: Database) -> None:
    job = asked(house)["id"]
    insert = (
        "INSERT INTO regeneration_jobs (tenant_id, job_id, status, target_type, target_id, syllabus_id,"
        " instruction_text, instruction_hash, suggestion_id, created_by, locked_at, claim_token) SELECT tenant_id,"
        " gen_random_uuid(), %s, target_type, 'lesson:m02l01', syllabus_id, instruction_text, instruction_hash,"
        " suggestion_id, created_by, %s, %s FROM regeneration_jobs"
    )
    with psycopg.connect(database.urls["app"], autocommit=True) as connection:
        connection.execute("SELECT set_config('app.tenant', 'T', false)")
        for values in (("TRIGGERED", None, None), ("RUNNING", datetime.now(UTC), uuid.uuid4())):
            with pytest.raises(psycopg.errors.RestrictViolation, match="begins PENDING"):
                connection.execute(insert, values)
        with pytest.raises(psycopg.errors.CheckViolation, match="nobody has triggered"):
            connection.execute("UPDATE regeneration_jobs SET status = 'TRIGGERED' WHERE job_id = %s", (job,))
    with transaction("T", DbRole.MACHINE) as connection, pytest.raises(Exception, match="permission denied"):
        connection.execute(
            text(
                "INSERT INTO regeneration_job_triggers (job_id, actor, instruction_hash, countersignature_id)"
                " SELECT job_id, created_by, instruction_hash, gen_random_uuid() FROM regeneration_jobs"
            )
        )
