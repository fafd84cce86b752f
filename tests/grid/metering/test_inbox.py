"""The watched folder and the watched S3 prefix: complete files are taken once, and each ends where it belongs."""

import fcntl
import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import boto3
import pytest
from moto import mock_aws
from sqlalchemy import text

from domain.grid.metering.observe import inbox as inbox_module
from domain.grid.metering.observe.files import IngestResult
from domain.grid.metering.observe.inbox import FolderInbox, scan_inbox
from domain.kernel.db import transaction
from domain.kernel.errors import Conflict, Invalid, NotFound
from domain.kernel.settings import WriteMode, settings
from tests.conftest import Database
from tests.makers import make_meters, make_tenant

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
FILE = "meter_id,read_at,kwh,interval_minutes\nA,2026-06-01T04:15:00Z,0.25,15\n"
MIXED = FILE + "X,2026-06-01T04:15:00Z,0.25,15\n"


def _scan(settle_s: float = 0.0) -> list[IngestResult]:
    return scan_inbox("T", mode=WriteMode.SAFE, now=NOW, settle_s=settle_s)


def _stored() -> int:
    with transaction("T") as connection:
        return int(connection.execute(text("SELECT count(*) FROM meter_reads_electric")).scalar_one())


@pytest.fixture
def folder(database: Database) -> Path:
    make_tenant("T")
    make_meters("T", ["A"])
    folder = settings().inbox_path / "T"
    folder.mkdir(parents=True)
    return folder


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))


def test_files_are_taken_in_order_and_moved_with_what_became_of_them(folder: Path) -> None:
    (folder / "b.csv").write_text(MIXED)
    (folder / "a.csv").write_text(FILE)
    (folder / "c.csv").write_text("no table")
    (folder / "d.csv").write_text(FILE.replace("A,", "Y,"))
    results = _scan()
    assert [(result.file, result.status) for result in results] == [
        ("a.csv", "loaded"),
        ("b.csv", "loaded"),
        ("c.csv", "refused"),
        ("d.csv", "nothing_to_load"),
    ]
    a, b, _, d = (result.sha256[:12] for result in results)
    assert _names(folder) == ["done", "failed"]
    assert _names(folder / "done") == sorted([f"{a}_a.csv", f"{b}_b.csv", f"{b}_b.csv.rejects.csv"])
    failed = _names(folder / "failed")
    assert [name[13:] for name in failed if not name.startswith(d)] == ["c.csv", "c.csv.why.json"]
    why = json.loads(next((folder / "failed").glob("*.why.json")).read_text())
    assert (why["code"], "no column meter_id" in why["detail"]) == ("INVALID", True)
    assert f"{d}_d.csv.rejects.csv" in failed
    assert _scan() == []


def test_files_that_are_not_complete_or_not_files_are_left_alone(folder: Path) -> None:
    (folder / "upload.csv.part").write_text(FILE)
    (folder / ".hidden.csv").write_text(FILE)
    (folder / "sub").mkdir()
    secret = folder.parent.parent / "secret.csv"
    secret.write_text(FILE)
    (folder / "link.csv").symlink_to(secret)
    (folder / "growing.csv").write_text(FILE)
    assert _scan(settle_s=30.0) == []
    for old in (folder / "growing.csv", secret):
        os.utime(old, (1, 1))
    assert [result.file for result in _scan(settle_s=30.0)] == ["growing.csv"]
    assert secret.exists()


def test_killed_between_load_and_move_the_next_scan_finishes(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Killed(BaseException):
        pass

    def die(*_: object) -> None:
        raise Killed

    (folder / "a.csv").write_text(MIXED)
    with monkeypatch.context() as patch:
        patch.setattr(FolderInbox, "settle", die)
        with pytest.raises(Killed):
            _scan()
    assert (_stored(), (folder / "a.csv").exists()) == (1, True)
    assert [result.status for result in _scan()] == ["already_published"]
    assert (_stored(), len(_names(folder / "done"))) == (1, 2)


def test_the_same_content_under_another_name_stores_nothing_twice(folder: Path) -> None:
    for name in ("a.csv", "b.csv"):
        (folder / name).write_text(FILE)
    assert [result.status for result in _scan()] == ["loaded", "already_published"]
    assert (_stored(), len(_names(folder / "done"))) == (1, 2)


def test_two_scans_do_not_work_at_the_same_time(folder: Path) -> None:
    (folder / "a.csv").write_text(FILE)
    with (folder / ".scan.lock").open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        assert _scan() == []
    assert len(_scan()) == 1


def test_what_can_succeed_later_stays_where_it_is(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def locked(*_: object, **__: object) -> IngestResult:
        raise Conflict("Another load is writing the same day.", code="DAY_LOCKED")

    (folder / "a.csv").write_text(FILE)
    with monkeypatch.context() as patch:
        patch.setattr(inbox_module, "ingest_file", locked)
        result = _scan()[0]
    assert (result.status, result.error and result.error["code"]) == ("postponed", "DAY_LOCKED")
    assert [result.status for result in _scan()] == ["loaded"]


def test_the_tenants_mapping_is_used_for_its_files(folder: Path) -> None:
    (folder / "mapping.json").write_text('{"meter_id": "A", "interval_minutes": 30, "columns": {"Use": "kwh"}}')
    (folder / "a.csv").write_text("when,timestamp,Use\nx,2026-06-01 00:30,1\n")
    assert [result.status for result in _scan()] == ["loaded"]
    assert _names(folder) == ["done", "mapping.json"]
    (folder / "mapping.json").write_text('{"colour": "red"}')
    with pytest.raises(Invalid, match=r"mapping\.json"):
        _scan()


def test_an_unknown_tenant_has_no_inbox(database: Database) -> None:
    with pytest.raises(NotFound):
        scan_inbox("../elsewhere", mode=WriteMode.SAFE, now=NOW)


@pytest.fixture
def bucket(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[object]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("S3_BUCKET_NAME", "meters")
    settings.cache_clear()
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket="meters")
        yield client


def _keys(client: object) -> list[str]:
    return sorted(entry["Key"] for entry in client.list_objects_v2(Bucket="meters").get("Contents", []))  # type: ignore[attr-defined]


def test_objects_under_the_tenants_prefix_are_taken_and_moved(bucket: object) -> None:
    contents = {
        "inbox/T/a.csv": MIXED,
        "inbox/T/bad.csv": "no table",
        "inbox/U/other.csv": FILE,
        "inbox/T/sub/x.csv": FILE,
    }
    for key, content in contents.items():
        bucket.put_object(Bucket="meters", Key=key, Body=content.encode())  # type: ignore[attr-defined]
    results = _scan()
    assert [(result.file, result.status) for result in results] == [("a.csv", "loaded"), ("bad.csv", "refused")]
    keys = _keys(bucket)
    mark = results[0].sha256[:12]
    assert [key for key in keys if "/done/" in key] == [
        f"inbox/T/done/{mark}_a.csv",
        f"inbox/T/done/{mark}_a.csv.rejects.csv",
    ]
    assert [key.rsplit("_")[-1] for key in keys if "/failed/" in key] == ["bad.csv", "bad.csv.why.json"]
    assert [key for key in keys if "done" not in key and "failed" not in key] == [
        "inbox/T/sub/x.csv",
        "inbox/U/other.csv",
    ]
    assert (_scan(), _stored()) == ([], 1)


def test_an_object_that_is_too_large_is_refused_before_it_is_fetched(
    bucket: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COUNTERSIGN_INGEST_MAX_MB", "1")
    settings.cache_clear()
    bucket.put_object(Bucket="meters", Key="inbox/T/a.csv", Body=b"x" * (2 << 20))  # type: ignore[attr-defined]
    result = _scan()[0]
    assert (result.status, result.error and result.error["code"]) == ("refused", "TOO_LARGE")
