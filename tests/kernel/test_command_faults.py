"""What the machine beneath refuses is one sentence with what to do, not a traceback; a fault of ours still shows."""

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.exc import OperationalError

from cli.main import told_of_machine
from cli.services.keys import gridlens_key
from domain.kernel.errors import NotConfigured
from domain.kernel.settings import settings


@pytest.mark.parametrize("command", ["up", "demo"])
@pytest.mark.parametrize("home", ["a file", "/proc/nowhere"])
def test_a_home_that_cannot_be_written_is_one_sentence(tmp_path: Path, command: str, home: str) -> None:
    if home == "a file":
        (tmp_path / "file").touch()
        home = str(tmp_path / "file")
    done = subprocess.run(
        [sys.executable, "-m", "cli.main", command],
        env=os.environ | {"COUNTERSIGN_HOME": home},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "COUNTERSIGN_HOME" in done.stderr
    assert home in done.stderr


def test_a_database_that_went_away_is_told_and_a_fault_is_not_hidden() -> None:
    for gone in (psycopg.errors.AdminShutdown("x"), OperationalError("SELECT 1", {}, Exception())):
        assert "countersign status" in (told_of_machine(gone) or "")
    assert "No space left" in (told_of_machine(OSError(28, "No space left on device", "/x")) or "")
    assert told_of_machine(KeyError("x")) is None


def test_the_key_comes_from_the_environment_or_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GRIDLENS_API_KEY", raising=False)
    settings.cache_clear()
    with pytest.raises(NotConfigured, match="countersign up"):
        gridlens_key(tmp_path)
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "gridlens_api_key").write_text("from-file\n")
    assert gridlens_key(tmp_path) == "from-file"
    # What the runbook asks to be exported must not break a demo in a new folder, which then makes no key file.
    monkeypatch.setenv("GRIDLENS_API_KEY", "from-environment-long-enough-to-be-a-key")
    settings.cache_clear()
    assert gridlens_key(tmp_path / "elsewhere") == "from-environment-long-enough-to-be-a-key"
    settings.cache_clear()
