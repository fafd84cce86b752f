"""Runs that died together with the services are told as failed, so that Dagster runs them again."""

from pathlib import Path

import dagster as dg
import pytest

from orchestration import abandoned


def test_unfinished_runs_of_a_former_start_are_failed_and_others_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "dagster.yaml").write_text("telemetry:\n  enabled: false\n")
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    before = ["STARTING", "STARTED", "CANCELING", "NOT_STARTED", "SUCCESS", "CANCELED"]
    with dg.DagsterInstance.get() as instance:
        runs = {
            status: instance.add_run(dg.DagsterRun(job_name="j", status=dg.DagsterRunStatus(status))).run_id
            for status in before
        }
    abandoned.main()
    with dg.DagsterInstance.get() as instance:
        after = {status: instance.get_run_by_id(run_id).status.value for status, run_id in runs.items()}
    assert after == dict.fromkeys(["STARTING", "STARTED", "CANCELING"], "FAILURE") | {
        status: status for status in ("NOT_STARTED", "SUCCESS", "CANCELED")
    }
