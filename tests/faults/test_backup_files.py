"""A backup is whole or none: what is missing, changed or strange in it is named, and nothing is overwritten."""

from pathlib import Path

import pytest

from cli.backup import taking
from cli.backup.manifest import NAME, Manifest, check, measured, read
from cli.backup.restoring import lay_out
from cli.services.postgres import Postgres
from domain.kernel.errors import Conflict, Invalid, Unavailable
from domain.kernel.migrate import head_revision


def made(folder: Path, revision: str | None = None) -> Manifest:
    (folder / "objects" / "T").mkdir(parents=True)
    (folder / "objects" / "T" / "a").write_bytes(b"evidence")
    (folder / "objects" / "T" / "b").write_bytes(b"more evidence")
    manifest = Manifest(
        made_at="2026-11-22T00:00:00+00:00",
        env="dev",
        version="1",
        revision=revision or head_revision(),
        events=1,
        countersignatures=0,
        objects="copied",
        has_keys=False,
        files=measured(folder),
    )
    (folder / NAME).write_text(manifest.model_dump_json())
    return manifest


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (lambda at: (at / "a").unlink(), "objects/T/a is missing"),
        (lambda at: (at / "a").write_bytes(b"Evidence"), "objects/T/a was changed"),
        (lambda at: (at / "a").write_bytes(b"evid"), "objects/T/a was changed"),
        (lambda at: (at / "c").write_bytes(b"planted"), "objects/T/c is not of this backup"),
    ],
    ids=["missing", "changed", "half written", "planted"],
)
def test_each_harm_is_named_and_nothing_is_restored(tmp_path: Path, harm, said: str) -> None:  # type: ignore[no-untyped-def]
    manifest = made(tmp_path / "backup")
    check(tmp_path / "backup", manifest)
    harm(tmp_path / "backup" / "objects" / "T")
    with pytest.raises(Conflict, match=said):
        lay_out(tmp_path / "backup", tmp_path / "home")
    assert not (tmp_path / "home").exists()


def test_a_folder_without_a_whole_manifest_is_no_backup(tmp_path: Path) -> None:
    made(tmp_path / "backup")
    text = (tmp_path / "backup" / NAME).read_text()
    for broken in ("", text[: len(text) // 2], "[]", text.replace('"format":1', '"format":2')):
        (tmp_path / "backup" / NAME).write_text(broken)
        with pytest.raises(Invalid, match="no backup that can be read"):
            read(tmp_path / "backup")


def test_a_backup_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    made(tmp_path / "backup", revision="299912310000")
    with pytest.raises(Conflict, match="not known to this version"):
        lay_out(tmp_path / "backup", tmp_path / "home")


def test_a_home_that_is_in_use_is_not_overwritten(tmp_path: Path) -> None:
    made(tmp_path / "backup")
    (tmp_path / "home" / "postgres").mkdir(parents=True)
    with pytest.raises(Conflict, match="overwrites nothing"):
        lay_out(tmp_path / "backup", tmp_path / "home")


def test_where_the_disk_is_full_nothing_of_a_backup_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> Manifest:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(taking, "_fill", full)
    with pytest.raises(Unavailable, match="No space left on device"):
        taking.take(tmp_path, Postgres(tmp_path), tmp_path / "backup", with_keys=False)
    assert list(tmp_path.iterdir()) == []
