"""Dagster's own storage holds no secret: not in failures with their causes, not in log lines, not in metadata."""

import logging
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import psycopg
import pytest

from cli.services.dagster import write_instance
from domain.kernel.errors import Unavailable
from domain.kernel.logs import hide_secrets_in_records
from orchestration.failures import told_plainly
from orchestration.storage import RedactedStorage, without_secrets
from tests.conftest import Database

PASSWORD = "hunter2hunter2hunter2"
AWS_SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
SIGNATURE = "deadbeef0123456789deadbeef"
PLANTED = (PASSWORD, AWS_SECRET, SIGNATURE, "AKIAIOSFODNN7EXAMPLE")


@pytest.fixture(autouse=True)
def hidden() -> Iterator[None]:
    """As in every process that loads the definitions."""
    former = logging.getLogRecordFactory()
    hide_secrets_in_records()
    yield
    logging.setLogRecordFactory(former)


@pytest.fixture
def stored(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dg.DagsterInstance]:
    """An instance as `countersign up` configures it, with its storage in the test's database."""
    with psycopg.connect(database.urls["superuser"], autocommit=True) as connection:
        connection.execute("CREATE SCHEMA IF NOT EXISTS dagster")
        connection.execute("GRANT ALL ON SCHEMA dagster TO countersign_dagster")
    url = database.urls["dagster"].replace("postgresql://", "postgresql+psycopg2://")
    if "search_path" not in url:
        url += "?options=-csearch_path%3Ddagster"
    monkeypatch.setenv("COUNTERSIGN_DAGSTER_DATABASE_URL", url)
    write_instance(tmp_path)
    with dg.DagsterInstance.from_config(str(tmp_path / "dagster")) as instance:
        assert isinstance(instance.event_log_storage, type(RedactedStorage(url).event_log_storage))
        yield instance


@dg.op
def op_with_secrets(context: dg.OpExecutionContext) -> None:
    context.log.info(f"connecting to postgresql://app:{PASSWORD}@db/c")
    context.log_event(
        dg.AssetObservation(
            "thing", metadata={"url": f"https://b/x?X-Amz-Signature={SIGNATURE}", "api_key": "plain-" + PASSWORD}
        )
    )
    try:
        raise RuntimeError(f"aws_secret_access_key={AWS_SECRET} AKIAIOSFODNN7EXAMPLE")
    except RuntimeError as cause:
        with told_plainly():
            raise Unavailable(f"The database at postgresql://app:{PASSWORD}@db/c does not answer.") from cause


@dg.job
def job_with_secrets() -> None:
    op_with_secrets()


def everything_in(database: Database, schema: str) -> str:
    """Every row of every table of a schema, as text."""
    with psycopg.connect(database.urls["superuser"]) as connection:
        tables = connection.execute(
            "SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) FROM pg_tables WHERE schemaname = %s",
            (schema,),
        ).fetchall()
        return "\n".join(
            str(row)
            for (table,) in tables
            for row in connection.execute(f"SELECT t::text FROM {table} AS t")  # type: ignore[arg-type]
        )


def test_what_a_failing_run_says_is_stored_without_its_secrets(
    stored: dg.DagsterInstance, database: Database, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    result = job_with_secrets.execute_in_process(instance=stored, raise_on_error=False)
    assert not result.success
    written = everything_in(database, "dagster")
    assert "does not answer" in written
    assert "[redacted]" in written
    assert [planted for planted in PLANTED if planted in written] == []
    files = "".join(path.read_text(errors="replace") for path in tmp_path.rglob("*") if path.is_file())
    printed = "".join(capfd.readouterr()) + files
    assert "[redacted]" in printed
    assert [planted for planted in PLANTED if planted in printed] == []
    entries = stored.all_logs(result.run_id)
    assert any(entry.dagster_event and entry.dagster_event.is_step_failure for entry in entries)


def test_an_entry_without_a_secret_is_stored_as_it_is(stored: dg.DagsterInstance) -> None:
    @dg.op
    def plain() -> None:
        pass

    @dg.job
    def quiet() -> None:
        plain()

    result = quiet.execute_in_process(instance=stored)
    for entry in stored.all_logs(result.run_id):
        assert without_secrets(entry) is entry


def sessions_of_dagster(database: Database) -> list[int]:
    """Process ids of what is connected as Dagster's role."""
    with psycopg.connect(database.urls["superuser"], autocommit=True) as connection:
        rows = connection.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND usename = 'countersign_dagster'"
        ).fetchall()
    return [pid for (pid,) in rows]


def test_a_process_keeps_one_connection_to_dagsters_tables_however_many_instances_it_opens(
    stored: dg.DagsterInstance, database: Database, tmp_path: Path
) -> None:
    assert stored.get_runs() == []
    former = sessions_of_dagster(database)
    for _ in range(5):
        with dg.DagsterInstance.from_config(str(tmp_path / "dagster")) as another:
            assert another.get_runs() == []
            assert another.all_logs("no such run") == []
            assert another.get_daemon_statuses() is not None
    assert (len(former), sessions_of_dagster(database)) == (1, former)


def test_a_connection_that_was_cut_is_made_anew_unseen(stored: dg.DagsterInstance, database: Database) -> None:
    assert stored.get_runs() == []
    cut = sessions_of_dagster(database)
    with psycopg.connect(database.urls["superuser"], autocommit=True) as connection:
        for pid in cut:
            connection.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))
    assert stored.get_runs() == []
    assert sessions_of_dagster(database) not in ([], cut)


def test_tables_that_are_not_there_are_made_by_whoever_asks_first(
    database: Database, stored: dg.DagsterInstance
) -> None:
    with psycopg.connect(database.urls["superuser"]) as connection:
        found = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'dagster'").fetchall()
    assert {("runs",), ("event_logs",), ("job_ticks",)} <= set(found)
