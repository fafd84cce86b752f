"""Secrets are planted wherever a caller or a setting can carry one; then the log of the real process is read."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from cli.services.postgres import free_port
from tests.conftest import ROOT, Database

PLANTED = "hunter2hunter2hunter2"
JWT = f"eyJhbGciOiJFUzI1NiJ9.{PLANTED}.{PLANTED}"
TOKENS = [f"csk_abc_{PLANTED}", JWT, f"literal-{PLANTED}"]


def serve(tmp_path: Path, database_url: str) -> Iterator[tuple[str, Path]]:
    log, port = tmp_path / "api.log", free_port()
    environment = {k: v for k, v in os.environ.items() if not k.endswith("DATABASE_URL")} | {
        "COUNTERSIGN_APP_DATABASE_URL": database_url,
        "COUNTERSIGN_HOME": str(tmp_path),
        "GRIDLENS_API_KEY": PLANTED,
    }
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "api.serve", "--port", str(port)],
            env=environment,
            cwd=ROOT,
            stdout=output,
            stderr=output,
        )
    url = f"http://127.0.0.1:{port}"
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            httpx.get(f"{url}/health/live", trust_env=False)
            break
        except httpx.HTTPError:
            time.sleep(0.2)
    yield url, log
    process.terminate()
    process.wait(20)


@pytest.fixture
def good(database: Database, tmp_path: Path) -> Iterator[tuple[str, Path]]:
    yield from serve(tmp_path, database.urls["app"])


@pytest.fixture
def cut_off(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    yield from serve(tmp_path, f"postgresql://countersign_app:{PLANTED}@127.0.0.1:1/countersign")


def plant(url: str) -> list[httpx.Response]:
    answers = []
    with httpx.Client(base_url=url, trust_env=False, timeout=30) as client:
        for token in TOKENS:
            headers = {"Authorization": f"Bearer {token}", "Cookie": f"session={PLANTED}", "X-Api-Key": PLANTED}
            answers.append(client.get("/api/ami/status", headers=headers))
            answers.append(client.post("/api/ami/start", headers=headers, json={"password": PLANTED}))
        answers.append(client.get(f"/files/x?X-Amz-Signature={PLANTED}&token={PLANTED}"))
        answers.append(client.get(f"/nowhere/csk_abc_{PLANTED}/{JWT}"))
        answers.append(client.get("/health/ready"))
    return answers


def test_a_working_process_logs_no_secret(good: tuple[str, Path]) -> None:
    url, log = good
    answers = plant(url)
    written = log.read_text()
    assert len([line for line in written.splitlines() if json.loads(line)["event"] == "request"]) >= len(answers)
    assert PLANTED not in written
    assert not any(PLANTED in answer.text for answer in answers)


def test_a_process_that_lost_its_database_logs_no_password(cut_off: tuple[str, Path]) -> None:
    url, log = cut_off
    answers = plant(url)
    assert 503 in {answer.status_code for answer in answers}
    assert PLANTED not in log.read_text()
    assert not any(PLANTED in answer.text for answer in answers)
