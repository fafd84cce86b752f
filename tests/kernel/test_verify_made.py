"""`countersign verify artifact` and `verify run`: what is the same says so, and every planted difference is found."""

import hashlib
import json
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner, Result

from cli.main import countersign
from domain.grid.metering.observe.publish import publish
from domain.grid.metering.observe.scenarios import Wish, inject
from domain.grid.metering.rules.scenario import Kind
from domain.kernel.artifacts import Artifact, keep
from domain.kernel.db import transaction
from domain.kernel.errors import Conflict, NotFound
from domain.kernel.objects.chosen import open_store
from domain.kernel.objects.local import LocalStore
from domain.kernel.retention import archive
from domain.kernel.settings import WriteMode
from domain.kernel.verify import Rendered, Verdict, Verified, verify_artifact
from tests.conftest import Database
from tests.kernel.retention.steps import carry_out, load_days, proposed, sign
from tests.makers import make_fleet, make_tenant

NOON = datetime(2026, 11, 20, 17, 0, tzinfo=UTC)
DATA = b"a report"


def command(*arguments: object) -> Result:
    return CliRunner().invoke(countersign, ["verify", *map(str, arguments)])


@pytest.fixture(autouse=True)
def tenant(database: Database) -> None:
    make_fleet("T", feeders=2, meters_per_feeder=6)


def report(**made_from: object) -> Artifact:
    with transaction("T") as connection:
        return keep(
            connection,
            open_store(),
            DATA,
            kind="test.report",
            media_type="text/plain",
            made_from={"content_hash": "c" * 64, "renderer_version": "1"} | made_from,
            actor_id="test",
        )


def verified(artifact: Artifact, data: bytes = DATA, content: str = "c" * 64, version: str = "1") -> Verified:
    made = Rendered(hashlib.sha256(data).hexdigest(), content, version)
    with transaction("T") as connection:
        return verify_artifact(connection, open_store(), artifact.artifact_id, {"test.report": lambda *_: made})


def path_of(artifact: Artifact) -> Path:
    store = open_store()
    assert isinstance(store, LocalStore)
    return store.path(artifact.store_key)


@pytest.mark.parametrize(
    ("given", "verdict"),
    [
        ({}, Verdict.SAME),
        ({"data": b"other bytes", "version": "2"}, Verdict.OTHER_RENDERER),
        ({"data": b"other bytes"}, Verdict.DIFFERENT),
        ({"data": b"other bytes", "content": "d" * 64, "version": "2"}, Verdict.DIFFERENT),
        ({"content": "d" * 64}, Verdict.DIFFERENT),
    ],
)
def test_the_same_content_by_another_renderer_is_told_from_a_difference(
    given: dict[str, object], verdict: Verdict
) -> None:
    assert verified(report(), **given).verdict is verdict  # type: ignore[arg-type]


def test_an_artifact_whose_bytes_stand_is_good_and_a_changed_or_lost_one_is_named() -> None:
    made = report()
    good = command("artifact", made.artifact_id, "--json")
    assert good.exit_code == 0
    assert json.loads(good.stdout)["verdict"] == "same"
    assert "not compared" in command("artifact", made.artifact_id).stdout
    path_of(made).write_bytes(b"a repost")
    bad = command("artifact", made.artifact_id, "--json")
    assert (bad.exit_code, json.loads(bad.stdout)["is_good"]) == (1, False)
    path_of(made).unlink()
    lost = command("artifact", made.artifact_id)
    assert lost.exit_code == 1
    assert "missing" in lost.stdout


def test_an_unknown_artifact_or_run_is_told() -> None:
    for kind in ("artifact", "run"):
        assert isinstance(command(kind, uuid.uuid4()).exception, NotFound)


def test_an_archive_is_made_again_to_the_last_byte(monkeypatch: pytest.MonkeyPatch) -> None:
    load_days(days=1)
    carry_out(sign(proposed()))
    with transaction("T") as connection:
        (artifact_id,) = connection.exec_driver_sql("SELECT artifact_id FROM artifacts").one()
    done = command("artifact", artifact_id, "--json")
    told = json.loads(done.stdout)
    assert (done.exit_code, told["verdict"]) == (0, "same")
    assert [check["is_equal"] for check in told["checks"]] == [True, True, True]
    # Today's library is another version and compresses otherwise: other bytes, the same rows.
    monkeypatch.setattr(archive, "WRITER", "pyarrow 999")
    monkeypatch.setattr(archive, "COMPRESSION", "gzip")
    other = command("artifact", artifact_id, "--json")
    assert (other.exit_code, json.loads(other.stdout)["verdict"]) == (0, "same content, other renderer version")
    assert "made again by pyarrow 999" in command("artifact", artifact_id).stdout


def published(**more: object) -> uuid.UUID:
    given: dict[str, object] = {"window_start": NOON - timedelta(hours=6), "window_end": NOON} | more
    return publish("T", mode=WriteMode.UPSERT, now=NOON, actor="test", **given).run_id  # type: ignore[arg-type]


def run_verdict(run_id: uuid.UUID) -> tuple[int, dict[str, object]]:
    done = command("run", run_id, "--json")
    return done.exit_code, json.loads(done.stdout)


def test_a_publish_is_made_again_from_its_recorded_inputs() -> None:
    inject(
        "T",
        Wish(Kind.THEFT, "FEEDER_1", 60, severity=0.7, share=0.2, starts_at=NOON - timedelta(hours=2)),
        now=NOON,
        actor="test",
        actor_role="OPERATOR",
    )
    code, told = run_verdict(published())
    assert (code, told["verdict"], told["kind"]) == (0, "same", "read_batch")
    words = command("run", published())
    assert "same" in words.stdout
    assert "reads" in words.stdout


@pytest.mark.parametrize(
    "fault",
    [
        "UPDATE meter_reads_electric SET kwh = kwh + 0.0001 WHERE (meter_id, read_at) = (SELECT meter_id, read_at"
        " FROM meter_reads_electric ORDER BY 1, 2 LIMIT 1)",
        "DELETE FROM meter_reads_electric WHERE (meter_id, read_at) = (SELECT meter_id, read_at"
        " FROM meter_reads_electric ORDER BY 1, 2 LIMIT 1)",
        "INSERT INTO meter_reads_electric (tenant_id, meter_id, feeder_id, read_at, kwh, interval_minutes, source,"
        " arrived_at) SELECT tenant_id, 'M999', feeder_id, read_at, 1, 15, source, arrived_at"
        " FROM meter_reads_electric ORDER BY meter_id, read_at LIMIT 1",
        "UPDATE read_batches SET made_from = jsonb_set(made_from, '{seed}', '1')",
    ],
    ids=["changed", "removed", "inserted", "inputs changed"],
)
def test_one_read_changed_behind_the_loads_is_found(database: Database, fault: str) -> None:
    run_id = published()
    with psycopg.connect(database.urls["superuser"]) as connection:
        connection.execute(fault)
    code, told = run_verdict(run_id)
    assert (code, told["verdict"], told["is_good"]) == (1, "different", False)


def test_values_that_a_later_load_replaced_are_found_among_the_versions() -> None:
    first = published()
    second = published(seed=5)
    for run_id in (first, second):
        code, told = run_verdict(run_id)
        assert (code, told["verdict"]) == (0, "same"), told


def test_what_cannot_be_made_again_is_said_and_nothing_is_claimed(database: Database) -> None:
    run_id = published()
    with psycopg.connect(database.urls["superuser"]) as connection:
        connection.execute("UPDATE meters SET base_kwh_day = base_kwh_day + 1 WHERE meter_id LIKE '%1'")
    refused = command("run", run_id).exception
    assert isinstance(refused, Conflict)
    assert refused.code == "NOT_REBUILDABLE"


def test_another_tenants_run_is_not_looked_into() -> None:
    make_tenant("U")
    assert isinstance(command("run", published(), "--tenant", "U").exception, NotFound)
