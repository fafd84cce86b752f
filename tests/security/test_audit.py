"""The lock of dependencies is whole, and an advisory about one of them would be told."""

import json
import zipfile
from pathlib import Path

import pytest

from scripts.audit import advised_by_file, advised_by_service, faults_of_environment, faults_of_lock, main, pins_of
from tests.conftest import ROOT

LOCK = ROOT / "requirements.lock"
HASH = "--hash=sha256:" + "a" * 64


def test_every_package_is_pinned_and_hashed_and_all_that_is_asked_for_is_there(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["--offline"]) == 0
    assert f"{len(pins_of(LOCK.read_text()))} packages are locked" in capsys.readouterr().out
    assert len(pins_of(LOCK.read_text())) > 100


@pytest.mark.parametrize(
    ("lock", "said"),
    [
        (f"a==1 \\\n    {HASH}\nb==2\n", "b has no hash"),
        (f"a==1 \\\n    {HASH}\nb>=2 \\\n    {HASH}\n", "line 3 is no pinned package: b>=2"),
        (f"a @ https://evil.example/a.whl \\\n    {HASH}\n", "line 1 is no pinned package"),
        (f"git+https://evil.example/a \\\n    {HASH}\n", "line 1 is no pinned package"),
        (f"--index-url https://evil.example\na==1 \\\n    {HASH}\n", "line 1 is no pinned package"),
        (f"a==1 \\\n    --hash=md5:{'a' * 32}\n", "a has no hash"),
        (f"b==1 \\\n    {HASH}\n", "a is asked for and not locked"),
    ],
)
def test_a_lock_that_lets_another_package_in_is_refused(lock: str, said: str) -> None:
    assert [one for one in faults_of_lock(lock, ["# why\na[x]\n"]) if one.startswith(said)]
    assert not [*faults_of_lock(f"a[x]==1 ; python_version >= '3' \\\n    {HASH}\n", ["# why\na[x]\n"])]


def test_another_version_than_the_locked_one_is_told() -> None:
    (found,) = faults_of_environment({"pytest": "0.0.1", "no-such-package": "1"})
    assert found.startswith("pytest is installed as")


def test_an_advisory_about_a_locked_version_is_told_from_a_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pins = pins_of(LOCK.read_text())

    def advisory(name: str, version: str, **more: object) -> str:
        package = {"package": {"ecosystem": "PyPI", "name": name}, "versions": [version]}
        return json.dumps({"id": f"X-{name}", "summary": "It does harm.", "affected": [package], **more})

    path = tmp_path / "all.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("1.json", advisory("FastAPI", pins["fastapi"]))
        archive.writestr("2.json", advisory("alembic", "0.0.1"))
        archive.writestr("3.json", advisory("uvicorn", pins["uvicorn"], withdrawn="2026-01-01T00:00:00Z"))
    assert advised_by_file(pins, path) == [f"fastapi {pins['fastapi']}: X-FastAPI It does harm."]
    assert main(["--advisories", str(path)]) == 1
    assert "X-FastAPI" in capsys.readouterr().out


def test_a_service_that_cannot_be_reached_is_said_and_is_no_fault(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(OSError, match=r"."):
        advised_by_service({"a": "1"}, "http://127.0.0.1:9/v1/querybatch")
    monkeypatch.setattr(advised_by_service, "__defaults__", ("http://127.0.0.1:9/v1/querybatch",))
    assert main([]) == 0
    assert "Advisories could not be asked for" in capsys.readouterr().out
