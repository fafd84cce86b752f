"""A whole copy with its Dagster, whose runs are launched, watched and killed from outside."""

import os
import signal
import time
from collections.abc import Callable
from typing import Any

import psutil

from cli.services.dagster import LOCATION, ask
from tests.flows.test_services import Copy, until

LAUNCH = """
mutation ($selector: JobOrPipelineSelector!, $config: RunConfigData, $tags: [ExecutionTag!]) {
  launchRun(executionParams: {selector: $selector, runConfigData: $config, executionMetadata: {tags: $tags}}) {
    __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message }
    ... on RunConfigValidationInvalid { errors { message } }
  }
}"""
RUNS = """
query ($filter: RunsFilter!) {
  runsOrError(filter: $filter) { ... on Runs { results { runId rootRunId status } } }
}"""
OVER = {"SUCCESS", "FAILURE", "CANCELED"}
PATIENCE_S = 400


class Dagster:
    """Dagster of one copy."""

    def __init__(self, copy: Copy) -> None:
        self.copy, self.url = copy, str(copy.told["dagster"])
        self.killed = 0

    def launch(self, job: str, config: dict[str, Any], tags: dict[str, str]) -> str:
        """Launch a run; its id."""
        selector = {"repositoryLocationName": LOCATION, "repositoryName": "__repository__", "jobName": job}
        given = [{"key": key, "value": value} for key, value in tags.items()]
        told = _until(lambda: ask(self.url, LAUNCH, selector=selector, config=config, tags=given).get("launchRun"))
        assert told["__typename"] == "LaunchRunSuccess", told
        return str(told["run"]["runId"])

    def await_run(self, root: str) -> str:
        """The status in which a run or one that took its place came to its end."""

        def ended() -> str | None:
            found = ask(self.url, RUNS, filter={"tags": [{"key": "dagster/root_run_id", "value": root}]})
            again = (found.get("runsOrError") or {}).get("results", [])
            first = ask(self.url, RUNS, filter={"runIds": [root]})
            runs = [*(first.get("runsOrError") or {}).get("results", []), *again]
            if any(run["status"] == "SUCCESS" for run in runs):
                return "SUCCESS"
            # One that was killed is run again, twice at most, when the daemon has noticed.
            return "FAILURE" if len(runs) > 2 and all(run["status"] in OVER for run in runs) else None

        return str(_until(ended))

    def workers(self) -> list[psutil.Process]:
        """The processes in which runs are carried out now."""
        try:
            children = psutil.Process(self.copy.pids()["dagster-code"]).children(recursive=True)
            return [one for one in children if "spawn_main" in " ".join(one.cmdline())]
        except (psutil.Error, KeyError):
            return []

    def kill_worker(self, after_s: float) -> bool:
        """Kill a run worker, some time after the first is seen; False where none came."""
        deadline = time.monotonic() + 60
        while not self.workers():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)
        time.sleep(after_s)
        found = self.workers()
        for one in found[:1]:
            os.kill(one.pid, signal.SIGKILL)
            self.killed += 1
        return bool(found)

    def kill(self, service: str) -> None:
        """Kill a service and wait until the supervisor has started it again."""
        self.copy.kill(service)
        self.killed += 1


def _until(answers: Callable[[], Any]) -> Any:
    """What it answers, as soon as it does."""
    kept: list[Any] = []

    def holds() -> bool:
        kept.append(answers())
        return bool(kept[-1])

    until(holds, PATIENCE_S)
    return kept[-1]
