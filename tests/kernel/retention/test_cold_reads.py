"""A day of reads that went to its archive is asked as before, and can be brought back; a tampered one not."""

import csv
import hashlib
import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from fastapi.testclient import TestClient
from sqlalchemy import text

from cli.main import countersign
from domain.grid.metering.observe.quickcheck import quickcheck
from domain.grid.metering.observe.restore import restore_day
from domain.grid.metering.store import kpi
from domain.grid.metering.store.cold import ColdDay, cold_day, reads_of_day
from domain.kernel import artifacts
from domain.kernel.administration.actor import OPERATOR
from domain.kernel.administration.tenants import Changes, set_tenant
from domain.kernel.db import transaction
from domain.kernel.errors import Conflict, NotFound
from domain.kernel.objects.chosen import open_store
from domain.kernel.objects.local import LocalStore
from domain.kernel.retention.dispose import dispose_under_order
from domain.kernel.settings import DbRole
from domain.kernel.tenancy import load_tenant
from domain.together import PRUNABLES
from tests.conftest import Database, application
from tests.kernel.retention.steps import NOW, OLD, asked, carry_out, load_days, order, plan, proposed, reads, sign, told
from tests.makers import make_fleet, make_token

METER = "M010003"
READS = PRUNABLES["meter_reads"]


@pytest.fixture(autouse=True)
def world(database: Database) -> None:
    make_fleet("T", feeders=1, meters_per_feeder=5)
    make_fleet("U", feeders=1, meters_per_feeder=5)
    load_days(days=2)
    load_days("U", days=2)
    load_days(first=date(2026, 11, 1), days=1)


def of_day(day: date = OLD, meter: str | None = METER, tenant: str = "T") -> list[dict[str, Any]]:
    with transaction(tenant) as connection:
        return list(reads_of_day(connection, open_store, load_tenant(connection), day, meter))


def cold(day: date = OLD, tenant: str = "T") -> ColdDay:
    with transaction(tenant) as connection:
        found = cold_day(connection, load_tenant(connection), day)
    assert found is not None
    return found


def kpis() -> tuple[Any, Any]:
    with transaction("T") as connection:
        return kpi.overview_days(connection, 1000), quickcheck(connection, "T", masked=False)


@pytest.fixture
def http() -> Iterator[TestClient]:
    with TestClient(application()) as client:
        client.headers["Authorization"] = f"Bearer {make_token('T', 'OPERATOR')}"
        yield client


def run(*arguments: str) -> Any:
    ended = CliRunner().invoke(countersign, ["reads", *arguments, "--tenant", "T", "--json"], catch_exceptions=False)
    assert ended.exit_code == 0, ended.output
    return json.loads(ended.stdout)


def test_drill_down_exports_and_kpis_answer_the_same_before_and_after(http: TestClient, tmp_path: Path) -> None:
    path = f"/api/ami/reads/meters/{METER}?day={OLD}"
    before, all_before, figures, over_http = of_day(), of_day(meter=None), kpis(), http.get(path).json()
    run("export", "--day", str(OLD), "--out", str(tmp_path / "hot.csv"))
    carry_out(sign(proposed()))
    assert of_day() == before
    assert len(before) > 20
    assert of_day(meter=None) == all_before
    assert kpis() == figures
    after = http.get(path).json()
    assert after["rows"] == over_http["rows"]
    assert (over_http["archive"], after["archive"]["sha256"]) == (None, cold().artifact.sha256)
    run("export", "--day", str(OLD), "--out", str(tmp_path / "cold.csv"))
    assert (tmp_path / "cold.csv").read_bytes() == (tmp_path / "hot.csv").read_bytes()
    with (tmp_path / "cold.csv").open() as file:
        assert len(list(csv.DictReader(file))) == len(all_before)
    shown = run("show", "--meter", METER, "--day", str(OLD))
    assert (shown["is_archived"], len(shown["reads"])) == (True, len(before))
    assert http.get(f"/api/ami/reads/meters/NO-SUCH?day={OLD}").status_code == 404


def test_the_command_archives_under_an_order_and_else_lays_it_before_a_person() -> None:
    with transaction("T", DbRole.OWNER) as connection:
        set_tenant(connection, OPERATOR, Changes(retention_days={"meter_reads": 60}), lambda _: True)
    left, days = reads(), (datetime.now(UTC).date() - date(2025, 10, 5)).days
    waits = run("archive", "--older-than", f"{days}d")
    assert (waits["days"], reads()) == (0, left)
    assert asked("SELECT state FROM v_proposals WHERE proposal_id = :id", id=waits["proposal_id"]) == "WAITING"
    order()
    done = run("archive", "--older-than", str(days))
    assert (done["days"], done["reads"]) == (2, left - reads())
    listed = run("archives")["archives"]
    assert [(one["local_date"], one["is_cold"]) for one in listed] == [("2025-10-01", True), ("2025-10-02", True)]
    assert listed[0]["rows"] == len(of_day(meter=None))
    with pytest.raises(Conflict) as caught:
        run("archive", "--older-than", "30d")
    assert (caught.value.code, reads()) == ("KEPT_LONGER", left - done["reads"])
    assert dispose_under_order("T", READS, open_store(), NOW, "test", older_than_days=5000)["pieces"] == 0


def test_no_other_tenants_reads_lie_in_the_file_and_none_are_shown_of_one_that_holds_them() -> None:
    carry_out(sign(proposed()))
    with artifacts.opened(open_store(), cold().artifact) as file:
        assert set(pq.read_table(file)["tenant_id"].to_pylist()) == {"T"}
    assert cold().artifact.store_key.startswith("T/")
    before = of_day(tenant="U")
    assert before
    with transaction("U") as connection:
        assert cold_day(connection, load_tenant(connection), OLD) is None
        assert connection.execute(text("SELECT count(*) FROM v_read_archives")).scalar_one() == 0
    put_in_its_place({"tenant_id": "U"})
    assert of_day(meter=None) == []
    with pytest.raises(Conflict) as caught:
        restore_day("T", OLD, open_store(), actor="test", reason="x")
    assert caught.value.code == "ARCHIVE_DIFFERS"
    assert f"`countersign verify artifact {cold().artifact.artifact_id}`" in str(caught.value.hint)


def put_in_its_place(changed: dict[str, Any]) -> None:
    """An archive with other values under the hashes of a forger who can write to store and table alike."""
    found, store = cold(), open_store()
    assert isinstance(store, LocalStore)
    with artifacts.opened(store, found.artifact) as file:
        rows = pq.read_table(file)
    for name, value in changed.items():
        column = pa.array([value] * rows.num_rows, rows.schema.field(name).type)
        rows = rows.set_column(rows.schema.get_field_index(name), name, column)
    path = store.path(found.artifact.store_key)
    path.chmod(0o600)
    pq.write_table(rows, path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    with transaction("T", DbRole.OWNER) as connection:
        connection.execute(text("ALTER TABLE artifacts DISABLE TRIGGER refuse_change"))
        connection.execute(
            text("UPDATE artifacts SET sha256 = :sha256, size_bytes = :size WHERE artifact_id = :id"),
            {"sha256": digest, "size": path.stat().st_size, "id": found.artifact.artifact_id},
        )


@pytest.mark.parametrize("harm", ["a byte", "lost"])
def test_a_tampered_or_lost_file_is_refused(http: TestClient, harm: str) -> None:
    carry_out(sign(proposed()))
    store = open_store()
    assert isinstance(store, LocalStore)
    path = store.path(cold().artifact.store_key)
    path.chmod(0o600)
    if harm == "lost":
        path.unlink()
    else:
        whole = bytearray(path.read_bytes())
        whole[len(whole) // 2] ^= 1
        path.write_bytes(whole)
    code, status = ("OBJECT_MISSING", 404) if harm == "lost" else ("OBJECT_DAMAGED", 409)
    with pytest.raises((Conflict, NotFound)) as caught:
        of_day()
    assert caught.value.code == code
    answer = http.get(f"/api/ami/reads/meters/{METER}?day={OLD}")
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    with pytest.raises((Conflict, NotFound)):
        restore_day("T", OLD, open_store(), actor="test", reason="x")
    assert told("grid.reads.restored") == 0


def test_late_reads_are_refused_until_the_day_is_brought_back_and_then_it_goes_again_under_the_same_order() -> None:
    order()
    whole, figures = of_day(meter=None), kpis()
    dispose_under_order("T", READS, open_store(), NOW, "test")
    first = cold()
    with transaction("T", DbRole.OWNER) as connection:
        connection.execute(text("DELETE FROM read_batches"))
    with pytest.raises(Conflict) as caught:
        load_days(days=1)
    assert caught.value.code == "DAY_DISPOSED"
    told_to_type = re.search(r"`countersign reads (restore [^`]*)`", str(caught.value.hint))
    assert told_to_type is not None
    done = run(*told_to_type[1].replace("WHY", "late").split())
    assert (done["rows"], of_day(meter=None)) == (len(whole), whole)
    assert kpis() == figures
    with transaction("T") as connection:
        assert cold_day(connection, load_tenant(connection), OLD) is None
    assert told("grid.reads.restored") == 1
    load_days(days=1)
    assert kpis()[0] == figures[0]
    again = dispose_under_order("T", READS, open_store(), NOW, "test")
    assert again["pieces"] == 1
    assert cold().rows == first.rows
    assert cold().disposal_id != first.disposal_id
    assert [one["is_cold"] for one in run("archives")["archives"]] == [False, True, True]
    assert of_day(meter=None) == whole


def test_a_day_is_brought_back_once_and_only_if_it_is_archived(database: Database) -> None:
    for day, code in ((OLD, "DAY_STANDS"), (date(2025, 9, 30), "DAY_NOT_ARCHIVED")):
        with pytest.raises((Conflict, NotFound)) as caught:
            restore_day("T", day, open_store(), actor="test", reason="x")
        assert caught.value.code == code
    carry_out(sign(proposed()))
    first = restore_day("T", OLD, open_store(), actor="test", reason="x")
    left = reads()
    again = run("restore", "--day", str(OLD), "--reason", "Once more")
    assert (first.is_new, again["is_new"], again["rows"], again["artifact_id"]) == (
        True, False, first.rows, first.artifact_id,
    )  # fmt: skip
    assert (reads(), told("grid.reads.restored")) == (left, 1)
    assert [piece.name for piece in plan().pieces] == [str(OLD)]
    for role in ("app", "machine", "auditor"):
        with psycopg.connect(database.urls[role]) as connection:
            connection.execute("SELECT set_config('app.tenant', 'T', false)")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute("INSERT INTO read_restores DEFAULT VALUES")
    with psycopg.connect(database.urls["owner"]) as connection, pytest.raises(psycopg.errors.RestrictViolation):
        connection.execute("DELETE FROM read_restores")


def test_a_restore_that_fails_half_way_leaves_the_day_archived(monkeypatch: pytest.MonkeyPatch) -> None:
    from domain.grid.metering.observe import restore

    carry_out(sign(proposed()))

    def fails(*_: object) -> None:
        raise Conflict("Power is out.", hint="Wait.", code="POWER")

    monkeypatch.setattr(restore, "close_day", fails)
    with pytest.raises(Conflict):
        restore_day("T", OLD, open_store(), actor="test", reason="x")
    monkeypatch.undo()
    assert told("grid.reads.restored") == 0
    assert len(of_day()) > 20
    assert datetime(2025, 10, 1, 5, tzinfo=UTC) == of_day()[0]["read_at"]
    restore_day("T", OLD, open_store(), actor="test", reason="x")
