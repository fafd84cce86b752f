"""What the tests of seals do: record, seal, verify, and change things behind the triggers."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from click.testing import CliRunner, Result
from sqlalchemy import text

from cli.main import countersign
from domain.kernel.db import transaction, working_as
from domain.kernel.events import record
from domain.kernel.seals.seal import Seal
from domain.kernel.seals.sealing import seal_ledger
from domain.kernel.settings import DbRole
from tests.conftest import Database


def write(count: int, tenant: str = "T", kind: str = "grid.thing.seen") -> None:
    with transaction(tenant) as connection:
        for number in range(count):
            record(connection, kind, actor_id="ada", actor_role="OPERATOR", payload={"number": number})


def seal(tenant: str = "T") -> Seal | None:
    with working_as(DbRole.MACHINE):
        return seal_ledger(tenant)


def verify(*options: str) -> tuple[int, dict[str, Any]]:
    done: Result = CliRunner().invoke(countersign, ["verify", "ledger", "--json", *options])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, json.loads(done.stdout)


def faults(told: dict[str, Any]) -> list[tuple[str, int | None, str | None, str | None]]:
    return [
        (one["fault"], one["seal_number"], one["event_id"], one["event_type"])
        for tenant in told["tenants"]
        for one in tenant["findings"]
    ]


@contextmanager
def behind_the_triggers(database: Database, *tables: str) -> Iterator[psycopg.Connection[Any]]:
    """The owner, who disables the triggers, does something and enables them again."""
    with psycopg.connect(database.urls["owner"]) as connection:
        for table in tables or ("events",):
            connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")  # type: ignore[arg-type]
        yield connection
        for table in tables or ("events",):
            connection.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER refuse_change")  # type: ignore[arg-type]
            connection.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER refuse_truncate")  # type: ignore[arg-type]


def event_ids(kind: str = "grid.thing.seen") -> list[str]:
    with transaction("T") as connection:
        rows = connection.execute(
            text("SELECT event_id::text FROM events WHERE event_type = :kind ORDER BY seq"), {"kind": kind}
        )
        return list(rows.scalars())
