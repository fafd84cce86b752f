"""`countersign courses preview`, `publish`, `restore` and `retire`."""

import json

import click

from cli.courses.caller import Caller, caller, caller_options, tell
from cli.courses.reviewing import SHORTEST_HASH
from domain.kernel.errors import Conflict, Invalid

HASH_LETTERS = 64
PREVIEW = """
\b
Example:
  countersign courses preview --course reliability
"""
PUBLISH = """
\b
Example:
  countersign courses publish --course reliability --hash 9f86d081...0a08 --note "First version"
"""
RESTORE = """
\b
Example:
  countersign courses restore --course reliability --version 1 --reason "Version 2 has an error"
"""
RETIRE = """
\b
Example:
  countersign courses retire --course reliability --version 1 --reason "Replaced by version 2"
"""
SEEN = f"The hash that `preview` printed, or its first {SHORTEST_HASH} characters or more."
course_option = click.option("--course", required=True, help="The course.")


@click.command(epilog=PREVIEW)
@course_option
@caller_options
def preview(course: str, api: str | None, token: str | None, as_json: bool) -> None:
    """What would be published now: its hash and size, or what is not approved yet. Nothing is stored."""
    with caller(api, token) as copy:
        told = copy.post(f"/api/admin/syllabi/{course}/package")
    if as_json:
        click.echo(json.dumps(told))
        return
    for one in told["missing"]:
        click.echo(f"missing  {one['kind']:<8} {one['id']:<10} {one['title']}")
    if told["contentHash"]:
        share = 100 * told["byteSize"] / told["limitBytes"]
        click.echo(f"hash {told['contentHash']}\n{told['byteSize']:,} bytes, {share:.1f} % of what a package may hold")
        if told["publishedAs"]:
            click.echo(f"Version {told['publishedAs']} holds exactly this.")


@click.command(epilog=PUBLISH)
@course_option
@click.option("--hash", "seen", required=True, help=SEEN)
@click.option("--note", help="What is new; it is part of the signature.")
@caller_options
def publish(course: str, seen: str, note: str | None, api: str | None, token: str | None, as_json: bool) -> None:
    """Publish what was previewed as the next version. Refused where something was approved since."""
    with caller(api, token) as copy:
        told = copy.post(
            f"/api/admin/syllabi/{course}/publish", {"contentHash": _whole(copy, course, seen), "note": note}
        )
    done = "was published before as" if told["already"] else "is published as"
    tell(as_json, told, f"{course} {done} version {told['version']}, {told['byteSize']:,} bytes")


def _whole(copy: Caller, course: str, seen: str) -> str:
    """The hash that was previewed, of which the beginning is enough."""
    if len(seen) >= HASH_LETTERS:
        return seen
    if len(seen) < SHORTEST_HASH:
        raise Invalid(f"{seen} is too short to say what was previewed.", hint=f"At least {SHORTEST_HASH} characters.")
    told = copy.post(f"/api/admin/syllabi/{course}/package")
    whole: str | None = told["contentHash"]
    if whole is None:
        raise Conflict(
            f"{len(told['missing'])} part(s) of {course} are not approved yet; nothing was published.",
            hint=f"`countersign courses preview --course {course}` names them.",
            code="MISSING_APPROVED_CONTENT",
        )
    if not whole.startswith(seen):
        raise Conflict(
            f"What is approved of {course} is {whole} now, not {seen}; nothing was published.",
            hint="Look at the preview again and publish its hash.",
            code="HASH_MISMATCH",
        )
    return whole


@click.command(epilog=RESTORE)
@course_option
@click.option("--version", type=int, required=True, help="The version whose content comes back.")
@click.option("--reason", required=True, help="Why; it is part of the signature.")
@caller_options
def restore(course: str, version: int, reason: str, api: str | None, token: str | None, as_json: bool) -> None:
    """Put the content of an earlier version in force again, as a new version."""
    with caller(api, token) as copy:
        told = copy.post(f"/api/admin/syllabi/{course}/restore", {"version": version, "reason": reason})
    tell(as_json, told, f"{course}: version {told['version']} holds what version {version} held")


@click.command(epilog=RETIRE)
@course_option
@click.option("--version", type=int, required=True, help="The version.")
@click.option("--reason", required=True, help="Why; it is part of the signature.")
@caller_options
def retire(course: str, version: int, reason: str, api: str | None, token: str | None, as_json: bool) -> None:
    """Take a version out of the catalogue. Whoever is enrolled in it keeps it."""
    with caller(api, token) as copy:
        package = copy.get(f"/api/courses/{course}/{version}")["packageId"]
        told = copy.post(f"/api/admin/packages/{package}/retire", {"reason": reason})
    tell(as_json, told, f"{course}: version {version} is retired")
