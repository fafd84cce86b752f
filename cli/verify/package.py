"""`countersign verify package`: a published course against its hashes and signatures, offline."""

import json
import sys
from pathlib import Path
from typing import Any

import click

from domain.courses.authoring.observe.package_proof import Difference, differences, objects
from domain.kernel.canonical import sha256_hex
from domain.kernel.errors import Invalid
from domain.kernel.signing import read_public_key

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
EPILOG = """
\b
Example:
  curl -H "Authorization: Bearer $TOKEN" $API/api/courses/demo/1 > demo-1.json
  countersign verify package demo-1.json --public-key countersign_key.pub.pem
"""


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


def _report(told: dict[str, Any], found: list[Difference], *, signatures: bool) -> dict[str, Any]:
    chain = [_line(one) for one in objects(told.get("approvals"))]
    return {
        "status": "different" if found else "ok",
        "syllabusId": told.get("syllabusId"),
        "version": told.get("version"),
        "contentHash": told.get("contentHash"),
        "signatures": "checked" if signatures else "not checked: no public key was given",
        "approvals": chain,
        "publication": _line(*objects([told.get("publication")]) or [{}]),
        "differences": [vars(one) for one in found],
    }


def _line(entry: dict[str, Any]) -> dict[str, Any]:
    (signed,) = objects([entry.get("signed")]) or [{}]
    names = ("kind", "id", "revision", "contentHash", "approver", "role", "at", "countersignature")
    return {name: entry.get(name) for name in names if name in entry} | {"signer_id": signed.get("signer_id")}


def _show(told: dict[str, Any], found: list[Difference], *, signatures: bool) -> None:
    click.echo(f"Course {told.get('syllabusId')}, version {told.get('version')}, {told.get('contentHash')}")
    for one in objects(told.get("approvals")):
        what = f"{one.get('kind')!s:<9}{one.get('id')!s:<12} revision {one.get('revision')!s:<4}"
        click.echo(
            f"  {what}{str(one.get('contentHash'))[:12]}  {one.get('approver')} ({one.get('role')}) {one.get('at')}"
        )
    (published,) = objects([told.get("publication")]) or [{}]
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
