"""Two classes of events: what must stand with its act, and what may be missing for a while and is filled later."""

import json
import uuid
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from prometheus_client import REGISTRY
from sqlalchemy import Connection, text

from domain.kernel.db import transaction, working_as
from domain.kernel.errors import Unavailable
from domain.kernel.events import record
from domain.kernel.gaps import fill_gaps, note
from domain.kernel.settings import DbRole
from tests.conftest import Database
from tests.makers import make_tenant


def open_gaps(connection: Connection) -> int:
    """How many gaps of the tenant are not filled yet."""
    statement = "SELECT count(*) FROM audit_gaps AS g LEFT JOIN events AS e USING (event_id) WHERE e.event_id IS NULL"
    return int(connection.execute(text(statement)).scalar_one())


@pytest.fixture
def tenant(database: Database) -> str:
    return make_tenant("T")


@pytest.fixture
def broken(tenant: str, database: Database) -> Iterator[None]:
    """The application may not write into the ledger for a while."""
    with psycopg.connect(database.urls["owner"], autocommit=True) as owner:
        owner.execute("REVOKE INSERT ON events FROM countersign_app")
        yield
        owner.execute("GRANT INSERT ON events TO countersign_app")


def act(payload: dict[str, Any] | None = None, **more: Any) -> uuid.UUID:
    """Something that a person does, with a note of it."""
    with transaction("T") as connection:
        connection.execute(text("INSERT INTO rate_limits (bucket, window_start, hits) VALUES ('act', now(), 1)"))
        return note(
            connection, "courses.export.made", actor_id="lea", actor_role="LEARNER", payload=payload or {"n": 1}, **more
        )


def one(query: str) -> Any:
    with transaction("T", DbRole.OWNER) as connection:
        return connection.execute(text(query)).scalar_one()


def counted(kept: str) -> float:
    labels = {"event_type": "courses.export.made", "kept": kept}
    return REGISTRY.get_sample_value("audit_write_failures_total", labels) or 0.0


def test_a_note_is_an_event_like_others(tenant: str) -> None:
    event_id = act()
    assert one(f"SELECT event_type FROM events WHERE event_id = '{event_id}'") == "courses.export.made"
    assert one("SELECT count(*) FROM audit_gaps") == 0


def test_where_the_ledger_cannot_be_written_the_act_goes_on_and_the_gap_is_kept(broken: None) -> None:
    before = counted("yes")
    event_id = act({"password": "hunter2", "n": 2})
    assert one("SELECT hits FROM rate_limits WHERE bucket = 'act'") == 1
    assert one(f"SELECT count(*) FROM events WHERE event_id = '{event_id}'") == 0
    assert one(f"SELECT reason FROM audit_gaps WHERE event_id = '{event_id}'") == "ProgrammingError 42501"
    assert "hunter2" not in json.dumps(one("SELECT event FROM audit_gaps"))
    assert counted("yes") == before + 1


def test_a_gap_is_filled_once_with_what_was_to_be_written(tenant: str, database: Database) -> None:
    with psycopg.connect(database.urls["owner"], autocommit=True) as owner:
        owner.execute("REVOKE INSERT ON events FROM countersign_app")
        run = uuid.uuid4()
        event_id = act(run_id=run, ip="10.0.0.9", entity_id="course-1")
        noted = one("SELECT event ->> 'occurred_at' FROM audit_gaps")
        with transaction("T", DbRole.MACHINE) as connection:
            assert open_gaps(connection) == 1
            assert fill_gaps(connection) == 1
            assert fill_gaps(connection) == 0
            assert open_gaps(connection) == 0
        owner.execute("GRANT INSERT ON events TO countersign_app")
    with transaction("T") as connection:
        row = connection.execute(text("SELECT * FROM events WHERE event_id = :id"), {"id": event_id}).one()
    assert (row.event_type, row.actor_id, row.run_id, str(row.ip), row.entity_id) == (
        "courses.export.made",
        "lea",
        run,
        "10.0.0.9",
        "course-1",
    )
    assert row.payload == {"n": 1, "backfilled": True}
    assert str(row.occurred_at)[:19] == noted[:19]
    assert row.recorded_at > row.occurred_at


def test_while_the_ledger_stays_shut_the_gap_stays(broken: None) -> None:
    act()
    with working_as(DbRole.APP), transaction("T") as connection:
        assert fill_gaps(connection) == 0
        assert open_gaps(connection) == 1


def test_a_note_that_cannot_be_stored_at_all_does_not_stop_the_act(tenant: str) -> None:
    act({"note": "a NUL \x00 inside"})
    assert one("SELECT hits FROM rate_limits WHERE bucket = 'act'") == 1
    assert one("SELECT event -> 'payload' ->> 'note' FROM audit_gaps") == "a NUL \ufffd inside"


def test_where_not_even_the_gap_can_be_kept_it_is_counted_and_the_act_goes_on(broken: None, database: Database) -> None:
    before = counted("no")
    with psycopg.connect(database.urls["owner"], autocommit=True) as owner:
        owner.execute("REVOKE INSERT ON audit_gaps FROM countersign_app")
    act()
    assert one("SELECT hits FROM rate_limits WHERE bucket = 'act'") == 1
    assert counted("no") == before + 1


def test_what_is_fail_closed_takes_its_act_along(broken: None) -> None:
    with pytest.raises(Unavailable) as caught, transaction("T") as connection:  # noqa: PT012
        connection.execute(text("INSERT INTO rate_limits (bucket, window_start, hits) VALUES ('act', now(), 1)"))
        record(connection, "kernel.thing.approved", actor_id="ada", actor_role="REVIEWER")
    assert (caught.value.status, caught.value.code) == (503, "LEDGER_UNAVAILABLE")
    assert one("SELECT count(*) FROM rate_limits WHERE bucket = 'act'") == 0
