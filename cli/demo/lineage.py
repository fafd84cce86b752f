"""Run a tenant's day in Dagster and wait for it: what the demo shows then stands in the lineage graph too."""

import time
from typing import Any

import httpx

from domain.kernel.errors import Unavailable

LOCATION = "countersign"
REPOSITORY = "__repository__"
POLL_S = 0.5
# A machine that is busy with other things is slow, not broken.
TIMEOUT_S = 900.0
_LAUNCH = """
mutation Launch($params: ExecutionParams!) {
  launchRun(executionParams: $params) {
    __typename
    ... on LaunchRunSuccess { run { runId } }
    ... on PythonError { message }
    ... on RunConfigValidationInvalid { errors { message } }
  }
}
"""
_STATUS = "query Status($id: ID!) { runOrError(runId: $id) { ... on Run { status } } }"


class Dagster:
    """One running webserver, asked over GraphQL as an operator's "run now" does."""

    def __init__(self, url: str) -> None:
        self._http = httpx.Client(base_url=url, timeout=60.0, trust_env=False)

    def run(self, job: str, partition: str, config: dict[str, Any]) -> str:
        """Launch a job for one partition, wait for its end, and answer its run id.

        Raises:
            Unavailable: it was not launched, failed, or did not end in time.
        """
        params = {
            "selector": {"repositoryLocationName": LOCATION, "repositoryName": REPOSITORY, "jobName": job},
            "runConfigData": config,
            "executionMetadata": {"tags": [{"key": "dagster/partition", "value": partition}]},
        }
        launched = self._ask(_LAUNCH, params=params)["launchRun"]
        if launched["__typename"] != "LaunchRunSuccess":
            raise Unavailable(f"Dagster did not launch {job}: {launched}")
        run_id: str = launched["run"]["runId"]
        deadline = time.monotonic() + TIMEOUT_S
        while time.monotonic() < deadline:
            status = self._ask(_STATUS, id=run_id)["runOrError"]["status"]
            if status == "SUCCESS":
                return run_id
            if status in {"FAILURE", "CANCELED"}:
                raise Unavailable(f"Dagster's run {run_id} of {job} ended as {status}.", hint="Its page says why.")
            time.sleep(POLL_S)
        raise Unavailable(
            f"Dagster's run {run_id} of {job} did not end within {TIMEOUT_S:.0f} s.",
            hint="The demo can be run again; logs/dagster-daemon.log under COUNTERSIGN_HOME tells of the runs.",
        )

    def _ask(self, query: str, **variables: Any) -> dict[str, Any]:
        response = self._http.post("/graphql", json={"query": query, "variables": variables})
        response.raise_for_status()
        data: dict[str, Any] = response.json()["data"]
        return data
