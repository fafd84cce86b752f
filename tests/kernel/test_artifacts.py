"""Artifacts: the same bytes from the same things are one artifact; what is read back is what was kept."""

import io
import uuid
from pathlib import Path
from typing import BinaryIO

import psycopg
import pytest
from sqlalchemy import text

from domain.kernel import artifacts
from domain.kernel.artifacts import Artifact, keep, load, page
from domain.kernel.db import transaction
from domain.kernel.errors import Conflict, Invalid, NotFound, Unavailable
from domain.kernel.objects.chosen import open_store
from domain.kernel.objects.local import LocalStore
from domain.kernel.settings import DbRole
from tests.conftest import Database
from tests.makers import make_tenant

DATA = b"the bytes of a report"


@pytest.fixture
def store(database: Database) -> LocalStore:
    make_tenant("T")
    make_tenant("U")
    found = open_store()
    assert isinstance(found, LocalStore)
    return found


def kept(store: LocalStore, source: bytes | BinaryIO = DATA, tenant: str = "T", **more: object) -> Artifact:
    given: dict[str, object] = {"kind": "test.report", "media_type": "text/plain", "made_from": {"n": 1}} | more
    with transaction(tenant) as connection:
        return keep(connection, store, source, actor_id="test", **given)  # type: ignore[arg-type]


def rows() -> int:
    with transaction("T", DbRole.OWNER) as connection:
        return int(connection.execute(text("SELECT count(*) FROM artifacts")).scalar_one())


def test_what_is_kept_is_read_back(store: LocalStore) -> None:
    made = kept(store)
    assert artifacts.read(store, made) == DATA
    assert (made.size_bytes, made.store_key) == (len(DATA), f"T/{made.sha256[:2]}/{made.sha256}")
    with transaction("T") as connection:
        assert load(connection, made.artifact_id) == made


def test_keeping_the_same_again_is_a_no_op(store: LocalStore) -> None:
    first = kept(store)
    written = store.path(first.store_key).stat().st_mtime_ns
    assert kept(store) == first
    assert kept(store, io.BytesIO(DATA)) == first
    assert (rows(), store.path(first.store_key).stat().st_mtime_ns) == (1, written)
    with transaction("T") as connection:
        told = connection.execute(
            text("SELECT count(*) FROM events WHERE event_type = 'kernel.artifact.kept'")
        ).scalar()
    assert told == 1


def test_the_id_follows_from_tenant_kind_bytes_and_origin(store: LocalStore) -> None:
    ids = {
        kept(store).artifact_id,
        kept(store, b"others").artifact_id,
        kept(store, kind="test.other").artifact_id,
        kept(store, made_from={"n": 2}).artifact_id,
        kept(store, tenant="U").artifact_id,
    }
    assert len(ids) == 5
    assert kept(store).artifact_id in ids


def test_the_bytes_come_first_and_without_them_there_is_no_row(store: LocalStore, tmp_path: Path) -> None:
    blocked = LocalStore(tmp_path / "file", store.ttl)
    blocked.root.write_text("a file where the folder should be")
    with pytest.raises(Unavailable):
        kept(blocked)
    assert rows() == 0


def test_a_transaction_that_fails_leaves_bytes_that_the_next_one_uses(store: LocalStore) -> None:
    with transaction("T") as connection:
        made = keep(connection, store, DATA, kind="k", media_type="text/plain", made_from={}, actor_id="test")
        connection.rollback()
    assert rows() == 0
    assert store.size_bytes(made.store_key) == len(DATA)
    assert kept(store).store_key == made.store_key


@pytest.mark.parametrize("damage", [b"the bytes of a repor", b"", b"THE BYTES OF A REPORT", DATA + b"!"])
def test_damaged_bytes_are_never_handed_out_and_keeping_again_heals(store: LocalStore, damage: bytes) -> None:
    made = kept(store)
    store.path(made.store_key).write_bytes(damage)
    with pytest.raises(Conflict) as caught:
        artifacts.read(store, made)
    assert caught.value.code == "OBJECT_DAMAGED"
    assert kept(store) == made
    assert artifacts.read(store, made) == DATA


def test_lost_bytes_are_told(store: LocalStore) -> None:
    made = kept(store)
    store.path(made.store_key).unlink()
    with pytest.raises(NotFound) as caught:
        artifacts.read(store, made)
    assert caught.value.code == "OBJECT_MISSING"


def test_another_tenant_sees_nothing(store: LocalStore) -> None:
    made = kept(store)
    with transaction("U") as connection:
        assert page(connection, 50) == ([], None)
        with pytest.raises(NotFound):
            load(connection, made.artifact_id)


@pytest.mark.parametrize("role", ["app", "machine", "owner", "superuser"])
@pytest.mark.parametrize(
    "change", ["UPDATE artifacts SET kind = 'x'", "DELETE FROM artifacts", "TRUNCATE artifacts CASCADE"]
)
def test_nobody_changes_a_row(store: LocalStore, database: Database, role: str, change: str) -> None:
    kept(store)
    with psycopg.connect(database.urls[role]) as connection:
        connection.execute("SELECT set_config('app.tenant', 'T', false)")
        with pytest.raises((psycopg.errors.RestrictViolation, psycopg.errors.InsufficientPrivilege)):
            connection.execute(change)
    assert rows() == 1


def test_pages_follow_one_another(store: LocalStore) -> None:
    made = [kept(store, made_from={"n": number}).artifact_id for number in range(5)]
    seen: list[uuid.UUID] = []
    cursor = None
    while True:
        with transaction("T") as connection:
            found, cursor = page(connection, 2, cursor)
        seen += [one.artifact_id for one in found]
        if cursor is None:
            break
    assert seen == made[::-1]
    with transaction("T") as connection:
        assert page(connection, 2, kind="test.other") == ([], None)
        for wrong in ("x", "~", "2026-01-01~x", "x~" + str(uuid.uuid4())):
            with pytest.raises(Invalid):
                page(connection, 2, wrong)
