"""Runs whose process died with a former start of this copy: `python -m orchestration.abandoned`, before the daemon.

Dagster cannot know that they are dead and would show them as running for ever. Told as failed, they are run again by
the retry rule of the instance; what they had committed stays, and their work is idempotent.
"""

import dagster as dg

UNFINISHED = [dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING]


def main() -> None:
    """Report every unfinished run as failed."""
    with dg.DagsterInstance.get() as instance:
        for run in instance.get_runs(filters=dg.RunsFilter(statuses=UNFINISHED)):
            instance.report_run_failed(
                run, "The process of this run ended together with the services; it is run again."
            )


if __name__ == "__main__":
    main()
