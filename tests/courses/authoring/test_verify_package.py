"""`countersign verify package`: a file is checked without database or network, and every change of it is found."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi.testclient import TestClient

from cli.main import countersign
from domain.kernel.canonical import canonical_json, sha256_hex
from domain.kernel.signing import Purpose, public_key_path, public_pem, raw_bytes
from tests.conftest import Database, application
from tests.courses.authoring.course_house import open_house

File = dict[str, Any]


@pytest.fixture(scope="module")
def files(module_database: Database, tmp_path_factory: pytest.TempPathFactory) -> tuple[File, File, Path]:
    """The first version, a restored third one, and the public key: all that an auditor is given."""
    with TestClient(application(), raise_server_exceptions=False) as client:
        house = open_house(client)
        house.approved_course()
        house.publish()
        house.approve("reviewer", house.edited("m01l02", "A rate has a denominator."))
        house.publish()
        house.post("other", "/api/admin/syllabi/small/restore", {"version": 1, "reason": "Better"}, 201)
        first, third = (house.get("auditor", f"/api/courses/small/{version}") for version in (1, 3))
    key = tmp_path_factory.mktemp("given") / "key.pem"
    key.write_bytes(public_key_path(Purpose.COUNTERSIGN).read_bytes())
    return first, third, key


def verified(told: Any, folder: Path, *more: str) -> Result:
    file = folder / "package.json"
    file.write_text(json.dumps(told))
    return CliRunner().invoke(countersign, ["verify", "package", str(file), *more])


def test_a_package_and_a_restored_one_verify_with_every_signature(
    files: tuple[File, File, Path], tmp_path: Path
) -> None:
    for told in files[:2]:
        done = verified(told, tmp_path, "--public-key", str(files[2]))
        assert done.exit_code == 0, done.output
        assert "every signature was checked" in done.output
    assert "reviewer (REVIEWER)" in done.output
    report = json.loads(verified(files[0], tmp_path, "--json").output)
    assert (report["status"], len(report["approvals"]), report["differences"]) == ("ok", 6, [])
    assert report["signatures"].startswith("not checked")


def rehashed(told: File) -> None:
    """What somebody would do who changes the content and covers it."""
    text = canonical_json(told["content"])
    told["contentHash"], told["byteSize"] = sha256_hex(text), len(text)


def quietly(told: File) -> None:
    """A lesson changed, with every hash of the file put right; only the signatures still know."""
    lesson = told["content"]["lessons"][0]
    lesson["keyTakeaways"][0] = "Nobody signs anything here."
    bare = {name: value for name, value in lesson.items() if name not in {"revision", "contentHash"}}
    digest = sha256_hex(canonical_json(bare))
    lesson["contentHash"] = digest
    for entry in [*told["content"]["manifest"], *told["approvals"]]:
        if entry["id"] == lesson["id"]:
            entry["contentHash"] = digest
    rehashed(told)


def signed_for_it(told: File) -> None:
    """The same, and what was signed says so too."""
    quietly(told)
    entry = next(one for one in told["approvals"] if one["id"] == "m01l01")
    entry["signed"]["content_hash"] = entry["contentHash"]
    told["publication"]["signed"]["content_hash"] = told["contentHash"]


CHANGES: dict[str, Callable[[File], Any]] = {
    "a word": lambda told: told["content"]["lessons"][0].update(title="Another title of it"),
    "a word, rehashed": lambda told: (told["content"].update(title="Another title of it"), rehashed(told)),
    "a member more": lambda told: told["content"].update(more=1),
    "the size": lambda told: told.update(byteSize=1),
    "the hash": lambda told: told.update(contentHash="0" * 64),
    "the course": lambda told: told.update(syllabusId="other"),
    "the format": lambda told: told.update(format="other"),
    "an approval less": lambda told: told["approvals"].pop(),
    "an approval twice": lambda told: told["approvals"].append(told["approvals"][0]),
    "approvals swapped": lambda told: told["approvals"][0].update(signed=told["approvals"][1]["signed"]),
    "a refusal": lambda told: told["approvals"][0]["signed"].update(decision="REFUSED"),
    "another role": lambda told: told["approvals"][0].update(role="ADMIN"),
    "another note": lambda told: told["approvals"][0].update(note="Perfect."),
    "no publication": lambda told: told.pop("publication"),
    "said to be restored": lambda told: told.update(restoredFrom=1),
    "no approvals": lambda told: told.update(approvals=None),
    "no content": lambda told: told.update(content=None),
    "a float": lambda told: told["content"].update(more=float(2**60)),
    "every hash put right": quietly,
}


@pytest.mark.parametrize("change", sorted(CHANGES))
def test_a_changed_file_is_found_without_any_key(files: tuple[File, File, Path], tmp_path: Path, change: str) -> None:
    told = copy.deepcopy(files[0])
    CHANGES[change](told)
    done = verified(told, tmp_path)
    assert done.exit_code == 1, (change, done.output)
    assert "DIFFERENT" in done.output


def test_what_was_signed_cannot_be_changed_with_it(files: tuple[File, File, Path], tmp_path: Path) -> None:
    told = copy.deepcopy(files[0])
    signed_for_it(told)
    assert verified(told, tmp_path).exit_code == 0  # every hash fits: only the key tells
    done = verified(told, tmp_path, "--public-key", str(files[2]))
    assert done.exit_code == 1
    assert done.output.count("the signature does not fit what was signed") == 2


def test_another_key_is_not_enough(files: tuple[File, File, Path], tmp_path: Path) -> None:
    other = tmp_path / "other.pem"
    other.write_text(public_pem(raw_bytes(Ed25519PrivateKey.generate().public_key())))
    done = verified(files[0], tmp_path, "--public-key", str(other))
    assert done.exit_code == 1
    assert "which was not given" in done.output


@pytest.mark.parametrize(
    "told", [[], "x", 7, {}, {"content": {}, "approvals": []}, {"approvals": [{}], "content": {"manifest": 1}}]
)
def test_what_is_no_package_is_told_so(tmp_path: Path, told: Any) -> None:
    done = verified(told, tmp_path)
    assert done.exit_code == 1
    assert done.exception is None or type(done.exception).__name__ in {"SystemExit", "Invalid"}
