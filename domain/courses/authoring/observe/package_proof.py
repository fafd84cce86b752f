"""Hold a package file against its own hashes and signatures: what the command line and the page recompute alike."""

import base64
import binascii
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from domain.courses.authoring.rules.gates import OF_KIND, PUBLISH, RESTORE
from domain.courses.authoring.store.chain import ENVELOPE
from domain.courses.content.package import CoursePackage
from domain.kernel.canonical import canonical_json, content_hash, sha256_hex
from domain.kernel.signing import is_good

# Said in the open beside what was signed: each must be what the signature covers.
SAID = {"role": "signer_role", "note": "reason", "countersignature": "countersignature_id"}


@dataclass(frozen=True)
class Difference:
    """One thing that does not fit; `where` is a place in the file."""

    where: str
    says: str


def differences(told: dict[str, Any], trusted: dict[str, bytes]) -> Iterator[Difference]:
    """Everything about a package file that does not fit, in the order of the file."""
    content = told.get("content")
    yield from _of_content(told, content)
    if not isinstance(content, dict) or not isinstance(told.get("approvals"), list):
        yield Difference("approvals", "there are none")
        return
    yield from _of_manifest(objects(content.get("manifest")), objects(told["approvals"]))
    for place, approval in enumerate(objects(told["approvals"])):
        gate = OF_KIND.get(str(approval.get("kind")))
        expected = {
            "kind": gate.kind if gate else None,
            "subject_id": approval.get("item"),
            "content_hash": approval.get("contentHash"),
        }
        yield from _of_signature(f"approvals[{place}] ({approval.get('item')})", approval, expected, trusted)
    yield from _of_publication(told, trusted)


def objects(found: Any) -> list[dict[str, Any]]:
    """The members of a list that are objects; what is none is missed where it should be."""
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _of_content(told: dict[str, Any], content: Any) -> Iterator[Difference]:
    if told.get("format") != ENVELOPE:
        yield Difference("format", f"is {told.get('format')!r}, not {ENVELOPE!r}")
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
