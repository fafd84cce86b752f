"""The way back: archives first, refuses where proof would be lost, and leads forward again."""

import csv
import gzip
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from domain.kernel import migrate
from domain.kernel.errors import Conflict
from domain.kernel.release import gate, rollback
from domain.kernel.release.planned import plan_release
from domain.kernel.release.rollback import roll_back
from domain.kernel.settings import Env, settings
from domain.kernel.signing import ensure_signing_keys
from tests.conftest import Database, Postgres, bind, drop, empty, unbind
from tests.kernel.releases import GATE, ledger, make_approver, put_back, revision_of, sign
from tests.makers import make_tenant

SHAPE = """
SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull
FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid
WHERE c.relnamespace = 'public'::regnamespace AND a.attnum > 0 AND NOT a.attisdropped
  AND c.relname NOT LIKE '%\\_archived' ORDER BY 1, 2
"""


@pytest.fixture
def untouched(server: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """An empty dev database of a copy of its own."""
    made = empty(server)
    bind(made, tmp_path / "home", monkeypatch)
    monkeypatch.setattr(gate, "is_embedded", lambda: True)
    monkeypatch.setattr(rollback, "is_embedded", lambda: True)
    yield made
    unbind()
    drop(server, made)


def shape(database: Database) -> list[tuple[object, ...]]:
    with psycopg.connect(database.urls["owner"]) as connection:
        return connection.execute(SHAPE).fetchall()


def test_up_down_and_up_again_on_an_empty_copy(untouched: Database, tmp_path: Path) -> None:
    assert migrate.apply()["status"] == "BOOTSTRAP"
    first = shape(untouched)
    assert roll_back("base", tmp_path)["status"] == "rolled back"
    assert {row[0] for row in shape(untouched)} <= {"alembic_version", "alembic_version_pkc"}
    assert roll_back("base", tmp_path)["status"] == "up to date"
    assert migrate.apply()["status"] == "BOOTSTRAP"
    assert shape(untouched) == first


def test_each_revision_leads_back_and_forth(untouched: Database, tmp_path: Path) -> None:
    migrate.apply()
    whole = shape(untouched)
    for script in reversed(migrate.revisions_after("202611210800", migrate.head_revision())):
        roll_back(script.down_revision, tmp_path)
        assert revision_of(untouched) == script.down_revision
    migrate.apply()
    assert shape(untouched) == whole


def test_what_is_dropped_is_archived_with_its_hash(untouched: Database, tmp_path: Path) -> None:
    migrate.apply()
    make_tenant("T")
    with psycopg.connect(untouched.urls["owner"]) as connection:
        connection.execute(
            "INSERT INTO idempotency_keys (tenant_id, caller_id, key_hash, request_hash) VALUES ('T', %s, %s, %s)",
            ('a, "b"\nc', "0" * 64, "1" * 64),
        )
    done = roll_back(GATE, tmp_path)
    folder = Path(done["archive"])
    told = {entry["table"]: entry for entry in json.loads((folder / "manifest.json").read_text())}
    entry = told["idempotency_keys"]
    path = folder / entry["file"]
    assert hashlib.sha256(path.read_bytes()).hexdigest() == entry["sha256"]
    with gzip.open(path, "rt", newline="") as file:
        rows = list(csv.DictReader(file))
    assert ([row["caller_id"] for row in rows], entry["rows"]) == (['a, "b"\nc'], 1)
    assert [event["archive"] for event in ledger("release.migration.rolled_back")] == [folder.name]


def test_countersignatures_are_never_dropped(untouched: Database, tmp_path: Path) -> None:
    migrate.apply()
    sign(plan_release(Env.PILOT, from_empty=True), make_approver())
    with pytest.raises(Conflict, match="Countersignatures stand"):
        roll_back("base", tmp_path)
    assert revision_of(untouched) == migrate.head_revision()
    # Nor by the revision itself, for whoever goes around the command.
    with pytest.raises(Exception, match="countersignatures stand"):
        put_back("202611210820")


def test_outside_dev_only_the_rollback_of_a_signed_release_runs(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ensure_signing_keys()
    with pytest.raises(Conflict, match="exactly this rollback"):
        roll_back(GATE, tmp_path)
    put_back()
    monkeypatch.setenv("COUNTERSIGN_ENV", "pilot")
    settings.cache_clear()
    planned = plan_release(Env.PILOT)
    sign(planned, make_approver())
    migrate.apply()
    with pytest.raises(Conflict, match="Countersignatures stand"):
        roll_back("202611210820", tmp_path)
    assert roll_back(GATE, tmp_path)["status"] == "rolled back"
    # What was rolled back needs a signature of its own to run again, and another person's.
    with pytest.raises(Conflict) as caught:
        migrate.apply()
    assert caught.value.code == "GATE_REQUIRED"
    again = plan_release(Env.PILOT)
    assert (again["content_hash"], again["proposal"]["state"]) == (planned["content_hash"], "WAITING")
    sign(again, make_approver("bob"))
    assert migrate.apply()["status"] == "COUNTERSIGNED"
