"""`countersign verify package`: a published course against its hashes and signatures, offline."""

import base64
import binascii
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from pydantic import ValidationError

from domain.courses.authoring.rules.gates import OF_KIND, PUBLISH, RESTORE
from domain.courses.content.package import CoursePackage
from domain.kernel.canonical import canonical_json, content_hash, sha256_hex
from domain.kernel.errors import Invalid
from domain.kernel.signing import is_good, read_public_key

FORMAT = "countersign.course-package/1"
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
EPILOG = """
\b
Example:
  curl -H "Authorization: Bearer $TOKEN" $API/api/courses/demo/1 > demo-1.json
  countersign verify package demo-1.json --public-key countersign_key.pub.pem
"""
# Said in the open beside what was signed: each must be what the signature covers.
SAID = {"role": "signer_role", "note": "reason", "countersignature": "countersignature_id"}


@dataclass(frozen=True)
class Difference:
    """One thing that does not fit; `where` is a place in the file."""

    where: str
    says: str


@click.command(epilog=EPILOG)
@click.argument("file", type=FILE)
@click.option("--public-key", "keys", type=FILE, multiple=True, help="PEM of a countersigning key; may be repeated.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
def package(file: Path, keys: tuple[Path, ...], as_json: bool) -> None:
    """Recompute every hash of a package file and print who approved each part; no database, no network.

    With --public-key every signature is checked too; without it only that each covers the right hash. Names of people
    are told as the platform knew them; what is signed is their id. Exit code 1 on any difference.
    """
    told = _read(file)
    trusted = {sha256_hex(raw): raw for raw in (read_public_key(path) for path in keys)}
    found = list(differences(told, trusted))
    if as_json:
        click.echo(json.dumps(_report(told, found, signatures=bool(keys))))
    else:
        _show(told, found, signatures=bool(keys))
    if found:
        sys.exit(1)


def differences(told: dict[str, Any], trusted: dict[str, bytes]) -> Iterator[Difference]:
    """Everything about a package file that does not fit, in the order of the file."""
    content = told.get("content")
    yield from _of_content(told, content)
    if not isinstance(content, dict) or not isinstance(told.get("approvals"), list):
        yield Difference("approvals", "there are none")
        return
    yield from _of_manifest(_objects(content.get("manifest")), _objects(told["approvals"]))
    for place, approval in enumerate(_objects(told["approvals"])):
        gate = OF_KIND.get(str(approval.get("kind")))
        expected = {
            "kind": gate.kind if gate else None,
            "subject_id": approval.get("item"),
            "content_hash": approval.get("contentHash"),
        }
        yield from _of_signature(f"approvals[{place}] ({approval.get('item')})", approval, expected, trusted)
    yield from _of_publication(told, trusted)


def _objects(found: Any) -> list[dict[str, Any]]:
    """The members of a list that are objects; what is none is missed where it should be."""
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _of_content(told: dict[str, Any], content: Any) -> Iterator[Difference]:
    if told.get("format") != FORMAT:
        yield Difference("format", f"is {told.get('format')!r}, not {FORMAT!r}")
    try:
        text = canonical_json(content)
    except (ValueError, TypeError, RecursionError) as error:
        yield Difference("content", f"cannot be written canonically: {error}")
        return
    if sha256_hex(text) != told.get("contentHash"):
        yield Difference("contentHash", f"says {told.get('contentHash')}, the content's is {sha256_hex(text)}")
    if len(text) != told.get("byteSize"):
        yield Difference("byteSize", f"says {told.get('byteSize')}, the content has {len(text)}")
    try:
        package = CoursePackage.model_validate(content)
    except ValidationError as error:
        for one in error.errors(include_url=False, include_input=False)[:50]:
            yield Difference("content" + "".join(f"/{step}" for step in one["loc"]), str(one["msg"]))
        return
    if package.syllabus_id != told.get("syllabusId"):
        yield Difference("syllabusId", f"says {told.get('syllabusId')}, the content's is {package.syllabus_id}")


def _of_manifest(manifest: list[dict[str, Any]], approvals: list[dict[str, Any]]) -> Iterator[Difference]:
    names = ("kind", "id", "revision", "contentHash")
    wanted = [tuple(entry.get(name) for name in names) for entry in manifest]
    given = [tuple(entry.get(name) for name in names) for entry in approvals]
    for one in wanted:
        if given.count(one) != 1:
            yield Difference("approvals", f"{given.count(one)} for {one[0]} {one[1]} revision {one[2]}, not one")
    for one in given:
        if one not in wanted:
            yield Difference("approvals", f"{one[0]} {one[1]} revision {one[2]} is not in the manifest")


def _of_signature(
    where: str, entry: dict[str, Any], expected: dict[str, Any], trusted: dict[str, bytes]
) -> Iterator[Difference]:
    signed = entry.get("signed")
    if not isinstance(signed, dict):
        yield Difference(where, "does not say what was signed")
        return
    for name, value in {**expected, "decision": "APPROVED"}.items():
        if signed.get(name) != value:
            yield Difference(where, f"was signed for {name} {signed.get(name)}, not {value}")
    for said, name in SAID.items():
        if entry.get(said) != signed.get(name):
            yield Difference(where, f"says {said} {entry.get(said)!r}, what was signed is {signed.get(name)!r}")
    if trusted:
        yield from _of_key(where, entry, signed, trusted)


def _of_key(
    where: str, entry: dict[str, Any], signed: dict[str, Any], trusted: dict[str, bytes]
) -> Iterator[Difference]:
    key = trusted.get(str(signed.get("key_id")))
    if key is None:
        yield Difference(where, f"was signed by key {signed.get('key_id')}, which was not given")
        return
    try:
        signature = base64.b64decode(str(entry.get("signature")), validate=True)
        fits = is_good(key, signature, canonical_json(signed))
    except (binascii.Error, ValueError, TypeError):
        fits = False
    if not fits:
        yield Difference(where, "the signature does not fit what was signed")


def _of_publication(told: dict[str, Any], trusted: dict[str, bytes]) -> Iterator[Difference]:
    publication, version = told.get("publication"), told.get("version")
    if not isinstance(publication, dict) or not isinstance(version, int):
        yield Difference("publication", "is missing")
        return
    expected = {"kind": PUBLISH.kind, "subject_id": told.get("syllabusId"), "content_hash": told.get("contentHash")}
    if told.get("restoredFrom") is not None:
        restored = {
            "syllabusId": told.get("syllabusId"),
            "version": told["restoredFrom"],
            "contentHash": told.get("contentHash"),
            "after": version - 1,
        }
        expected |= {"kind": RESTORE.kind, "content_hash": content_hash(restored)}
    yield from _of_signature("publication", publication, expected, trusted)


def _report(told: dict[str, Any], found: list[Difference], *, signatures: bool) -> dict[str, Any]:
    chain = [_line(one) for one in _objects(told.get("approvals"))]
    return {
        "status": "different" if found else "ok",
        "syllabusId": told.get("syllabusId"),
        "version": told.get("version"),
        "contentHash": told.get("contentHash"),
        "signatures": "checked" if signatures else "not checked: no public key was given",
        "approvals": chain,
        "publication": _line(*_objects([told.get("publication")]) or [{}]),
        "differences": [vars(one) for one in found],
    }


def _line(entry: dict[str, Any]) -> dict[str, Any]:
    (signed,) = _objects([entry.get("signed")]) or [{}]
    names = ("kind", "id", "revision", "contentHash", "approver", "role", "at", "countersignature")
    return {name: entry.get(name) for name in names if name in entry} | {"signer_id": signed.get("signer_id")}


def _show(told: dict[str, Any], found: list[Difference], *, signatures: bool) -> None:
    click.echo(f"Course {told.get('syllabusId')}, version {told.get('version')}, {told.get('contentHash')}")
    for one in _objects(told.get("approvals")):
        what = f"{one.get('kind')!s:<9}{one.get('id')!s:<12} revision {one.get('revision')!s:<4}"
        click.echo(
            f"  {what}{str(one.get('contentHash'))[:12]}  {one.get('approver')} ({one.get('role')}) {one.get('at')}"
        )
    (published,) = _objects([told.get("publication")]) or [{}]
    click.echo(f"  Published by {published.get('approver')} ({published.get('role')}) {published.get('at')}")
    for difference in found:
        click.echo(f"DIFFERENT  {difference.where}: {difference.says}")
    checked = "every signature was checked" if signatures else "signatures were not checked: give --public-key"
    click.echo(f"{len(found)} difference(s)." if found else f"Every hash fits; {checked}.")


def _read(file: Path) -> dict[str, Any]:
    try:
        told = json.loads(file.read_bytes())
    except (ValueError, RecursionError) as cause:
        raise Invalid(
            f"{file} is not JSON.", hint="Give the file as GET /api/courses/ID/VERSION answers it."
        ) from cause
    if not isinstance(told, dict):
        raise Invalid(f"{file} is no package file.", hint="Give the file as GET /api/courses/ID/VERSION answers it.")
    return told
