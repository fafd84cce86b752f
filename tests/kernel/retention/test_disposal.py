"""Old reads go: planned, signed, archived, read back, removed; once, and never without a signature or an archive."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
import uuid
from datetime import UTC, date, datetime, timedelta

import psycopg
import pyarrow.parquet as pq
import pytest
from sqlalchemy import text

from domain.kernel import artifacts
from domain.kernel.administration.actor import OPERATOR
from domain.kernel.administration.tenants import Changes, set_tenant
from domain.kernel.artifacts import Artifact, load
from domain.kernel.db import transaction
from domain.kernel.errors import Conflict, Invalid, Unavailable
from domain.kernel.objects.chosen import open_store
from domain.kernel.objects.local import LocalStore
from domain.kernel.retention.dispose import dispose_under_order
from domain.kernel.settings import DbRole
from domain.together import PRUNABLES
from tests.conftest import ROOT, Database
from tests.kernel.retention.steps import (
    NOW,
    asked,
    carry_out,
    load_days,
    order,
    plan,
    proposed,
    reads,
    sign,
    told,
)
from tests.makers import make_fleet

READS = PRUNABLES["meter_reads"]


@pytest.fixture(autouse=True)
def world(database: Database) -> None:
    make_fleet("T", feeders=1, meters_per_feeder=5)
    load_days()
    load_days(first=date(2026, 11, 1), days=1)


def archives() -> list[Artifact]:
    with transaction("T") as connection:
        ids = connection.execute(text("SELECT artifact_id FROM retention_disposals ORDER BY piece")).scalars()
        return [load(connection, artifact_id) for artifact_id in ids]


def test_the_plan_names_old_days_with_their_rows_and_no_young_one() -> None:
    found = plan()
    assert [piece.name for piece in found.pieces] == ["2025-10-01", "2025-10-02", "2025-10-03"]
    assert found.rows == sum(piece.rows for piece in found.pieces) == reads(date(2025, 10, 4)) > 300
    assert found.content["before"] == "2025-10-16"
    assert plan(now=NOW - timedelta(days=60)).pieces == ()


def test_a_signed_disposal_archives_checks_and_removes_and_the_archive_holds_every_value() -> None:
    with transaction("T") as connection:
        found = connection.execute(
            text(
                "SELECT * FROM meter_reads_electric WHERE tenant_id = 'T' AND read_at <= '2025-10-04T04:00Z'"
                ' ORDER BY meter_id COLLATE "C", read_at'
            )
        )
        before = [tuple(row) for row in found]
    young = reads() - len(before)
    signed = sign(proposed())
    outcome = carry_out(signed)
    assert outcome.facts == {"subject": "meter_reads", "pieces": 3, "rows": len(before), "archives": 3}
    assert reads() == young > 0
    kept: list[tuple[object, ...]] = []
    for artifact in archives():
        assert artifact.countersignature_id == signed
        with artifacts.opened(open_store(), artifact) as handle:
            kept += [tuple(row.values()) for row in pq.read_table(handle).to_pylist()]
    assert sorted(kept, key=lambda row: (row[1], row[3])) == before  # type: ignore[arg-type]
    assert (told("kernel.retention.archived"), told("kernel.retention.disposed")) == (3, 3)


def test_roll_ups_loads_and_versions_stay() -> None:
    before = [
        asked(f"SELECT count(*) FROM {table} WHERE tenant_id = 'T'") for table in ("gl_meter_day", "read_batches")
    ]
    carry_out(sign(proposed()))
    after = [asked(f"SELECT count(*) FROM {table} WHERE tenant_id = 'T'") for table in ("gl_meter_day", "read_batches")]
    assert after == before


def test_a_second_run_is_a_no_op() -> None:
    signed = sign(proposed())
    carry_out(signed)
    left, events = reads(), told("kernel.retention.disposed")
    assert carry_out(signed).already
    assert plan().pieces == ()
    assert (reads(), told("kernel.retention.disposed")) == (left, events)


def test_reads_that_came_after_the_signature_stop_it() -> None:
    signed = sign(proposed())
    load_days(first=date(2025, 9, 30), days=1)
    left = reads()
    with pytest.raises(Conflict) as caught:
        carry_out(signed)
    assert (caught.value.code, reads()) == ("HASH_MISMATCH", left)


def test_a_tenant_that_keeps_longer_since_then_stops_it() -> None:
    signed = sign(proposed())
    left = reads()
    settings_are({"meter_reads": 2000})
    with pytest.raises(Conflict) as caught:
        carry_out(signed)
    assert (caught.value.code, reads(), plan().pieces) == ("HASH_MISMATCH", left, ())


def settings_are(retention: object) -> None:
    with transaction("T", DbRole.OWNER) as connection:
        connection.execute(
            text("UPDATE tenants SET settings = CAST(:s AS jsonb) WHERE tenant_id = 'T'"),
            {"s": json.dumps({"retention_days": retention})},
        )


@pytest.mark.parametrize(
    "wrong",
    [
        {"events": 30},
        {"weather": 30},
        {"artifacts": 9999},
        {"meter_reads": 59},
        {"meter_reads": "long"},
        {"meter_reads": True},
        [],
    ],
)
def test_what_nobody_may_set_is_refused(wrong: object) -> None:
    settings_are(wrong)
    with pytest.raises(Conflict) as caught:
        plan()
    assert caught.value.code == "RETENTION_SETTING"


def test_a_tenant_may_keep_reads_for_less_or_longer() -> None:
    settings_are({"meter_reads": 60})
    assert len(plan(now=datetime(2027, 3, 1, tzinfo=UTC)).pieces) == 4
    settings_are({"meter_reads": 415})
    assert [piece.name for piece in plan().pieces] == []


def test_a_store_that_fails_removes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    signed, left = sign(proposed()), reads()
    store = open_store()
    assert isinstance(store, LocalStore)
    store.root.mkdir(parents=True)
    (store.root / "T").write_text("a file where the folder should be")
    with pytest.raises(Unavailable):
        carry_out(signed)
    assert reads() == left
    (store.root / "T").unlink()
    carry_out(signed)
    assert reads() < left


def test_an_archive_that_does_not_read_back_removes_nothing() -> None:
    """A store that loses a byte of what it was given."""

    class Lossy(LocalStore):
        def put(self, key, source, media_type) -> None:  # type: ignore[no-untyped-def]
            super().put(key, source, media_type)
            path = self.path(key)
            path.write_bytes(path.read_bytes()[:-1])

    order()
    left, own = reads(), open_store()
    assert isinstance(own, LocalStore)
    with pytest.raises(Conflict) as caught:
        dispose_under_order("T", READS, Lossy(own.root, own.ttl), NOW, "test")
    assert (caught.value.code, reads(), archives()) == ("OBJECT_DAMAGED", left, [])


def test_under_a_standing_order_it_goes_without_a_signature_of_its_own() -> None:
    assert "no standing order" in dispose_under_order("T", READS, open_store(), NOW, "test")["reason"]
    left = reads()
    signed = order()
    done = dispose_under_order("T", READS, open_store(), NOW, "test")
    assert (done["pieces"], done["rows"]) == (3, left - reads())
    assert dispose_under_order("T", READS, open_store(), NOW, "test") == {
        "pieces": 0,
        "rows": 0,
        "reason": "nothing is due",
    }
    assert told("kernel.standing_order.used") == 1
    assert {artifact.countersignature_id for artifact in archives()} == {signed}


def test_an_order_for_other_rows_covers_nothing() -> None:
    order("login_sessions")
    assert "no standing order" in dispose_under_order("T", READS, open_store(), NOW, "test")["reason"]


def test_a_disposed_day_is_not_loaded_into_again() -> None:
    carry_out(sign(proposed()))
    with transaction("T", DbRole.OWNER) as connection:
        connection.execute(text("DELETE FROM read_batches"))
    with pytest.raises(Conflict) as caught:
        load_days()
    assert caught.value.code == "DAY_DISPOSED"


@pytest.mark.parametrize("role", ["machine", "app", "loader", "owner"])
def test_nobody_drops_a_day_without_a_disposal(database: Database, role: str) -> None:
    left = reads()
    with psycopg.connect(database.urls[role]) as connection:
        connection.execute("SELECT set_config('app.tenant', 'T', false)")
        with pytest.raises((psycopg.errors.RestrictViolation, psycopg.errors.InsufficientPrivilege)):
            connection.execute("SELECT day_dispose('T', '2025-10-01')")
    assert reads() == left


def test_nobody_writes_a_disposal_without_a_signature(database: Database) -> None:
    insert = (
        "INSERT INTO retention_disposals (disposal_id, subject, piece, rows, countersignature_id)"
        " VALUES (gen_random_uuid(), 'meter_reads', '2025-10-01', 1, %s)"
    )
    with psycopg.connect(database.urls["machine"]) as connection:
        connection.execute("SELECT set_config('app.tenant', 'T', false)")
        with pytest.raises(psycopg.errors.RestrictViolation):
            connection.execute(insert, (uuid.uuid4(),))
    with psycopg.connect(database.urls["app"]) as connection:
        connection.execute("SELECT set_config('app.tenant', 'T', false)")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(insert, (uuid.uuid4(),))


def test_an_old_disposal_lets_nothing_through(database: Database) -> None:
    """A disposal that stands from before does not open the door a second time."""
    signed = sign(proposed())
    with psycopg.connect(database.urls["machine"]) as connection:
        connection.execute("SELECT set_config('app.tenant', 'T', false)")
        connection.execute(
            "INSERT INTO retention_disposals (disposal_id, subject, piece, rows, countersignature_id)"
            " SELECT gen_random_uuid(), 'login_sessions', 'x', 0, %s",
            (signed,),
        )
        connection.commit()
        with pytest.raises(psycopg.errors.RestrictViolation):
            connection.execute("SELECT retention_trim('login_sessions', now() - interval '2 days', true)")


KILLED = """
import os, signal, sys, uuid
from domain.kernel.objects.chosen import open_store
from domain.kernel.retention import dispose as module
from tests.kernel.retention.steps import carry_out

point = sys.argv[2]
if point == "while archiving":
    from domain.kernel.objects.local import LocalStore
    put = LocalStore.put
    def die_after(self, *given):
        put(self, *given)
        os.kill(os.getpid(), signal.SIGKILL)
    LocalStore.put = die_after
else:
    tell = module._tell
    def die_at(connection, event_type, *given):
        tell(connection, event_type, *given)
        if event_type == "kernel.retention.disposed":
            os.kill(os.getpid(), signal.SIGKILL)
    module._tell = die_at
carry_out(uuid.UUID(sys.argv[1]))
"""


@pytest.mark.parametrize("point", ["while archiving", "while removing"])
def test_killed_half_way_nothing_is_lost_and_the_next_run_finishes(point: str) -> None:
    signed, left = sign(proposed()), reads()
    child = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(KILLED), str(signed), point], cwd=ROOT, env=dict(os.environ), check=False
    )
    assert child.returncode == -signal.SIGKILL
    deadline = time.monotonic() + 20
    while reads() != left:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert archives() == []
    outcome = carry_out(signed)
    assert (outcome.facts["pieces"], left - reads()) == (3, outcome.facts["rows"])
    assert len(archives()) == 3


def test_lineage_leads_from_an_archive_to_signature_and_loads() -> None:
    from domain.kernel.trace import lineage_of

    carry_out(sign(proposed()))
    with transaction("T") as connection:
        found = lineage_of(connection, archives()[0].artifact_id)
    assert {"countersignature", "proposal", "run", "read_batch", "rows"} <= {node.type for node in found.nodes}


def test_what_an_administrator_sets_is_what_is_kept() -> None:
    with transaction("T", DbRole.OWNER) as connection:
        set_tenant(connection, OPERATOR, Changes(retention_days={"meter_reads": 415}), lambda _: True)
    assert plan().days == 415
    with transaction("T", DbRole.OWNER) as connection, pytest.raises(Invalid):
        set_tenant(connection, OPERATOR, Changes(retention_days={"events": 30}), lambda _: True)
