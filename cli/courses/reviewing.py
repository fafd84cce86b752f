"""`countersign courses review`, `approve` and `reject`: what a reviewer does, one part at a time."""

import json
from typing import Any

import click

from cli.courses.caller import Caller, caller, caller_options, path_of, tell
from domain.kernel.errors import Conflict, Invalid

SHORTEST_HASH = 12
MOST_SHOWN = 160
REVIEW = """
\b
Example:
  countersign courses review --course reliability
  countersign courses review --part reliability.m01l02
"""
APPROVE = """
\b
Example:
  countersign courses approve reliability.m01l02 --hash 9f86d081884c --note "Checked against the guide"
"""
REJECT = """
\b
Example:
  countersign courses reject reliability.m01l02 --reason "The second example adds up to another sum"
"""


@click.command(epilog=REVIEW)
@click.option("--course", help="Every part of this course, with its state and hash.")
@click.option("--part", help="One part: content, warnings, and what changed since the last approved revision.")
@click.option(
    "--content", "content_only", is_flag=True, help="With --part: print the content as JSON and nothing else."
)
@caller_options
def review(
    course: str | None, part: str | None, content_only: bool, api: str | None, token: str | None, as_json: bool
) -> None:
    """Show what is to be read before it is signed."""
    if (course is None) == (part is None):
        raise Invalid("Name one thing to review.", hint="Give --course ID, or --part ID.")
    with caller(api, token) as copy:
        if part is not None:
            _show_part(copy, part, content_only, as_json)
            return
        syllabus = copy.get(f"/api/admin/syllabi/{course}")
        found = [syllabus, *copy.every("/api/admin/artifacts", "items", syllabusId=str(course))]
    if as_json:
        click.echo(json.dumps({"parts": [{k: v for k, v in one.items() if k != "content"} for one in found]}))
        return
    for one in found:
        warned = f"  {one['warnings']} warning(s)" if one["warnings"] else ""
        click.echo(f"{one['status']:<9} {one['id']:<28} revision {one['revision']:<3} {one['contentHash']}{warned}")


@click.command(epilog=APPROVE)
@click.argument("part")
@click.option(
    "--hash", "seen", required=True, help=f"The hash of what you read, or its first {SHORTEST_HASH} characters or more."
)
@click.option("--note", help="What you checked; it is part of the signature.")
@caller_options
def approve(part: str, seen: str, note: str | None, api: str | None, token: str | None, as_json: bool) -> None:
    """Countersign one revision. The hash says which: if it has changed since, nothing is signed."""
    if len(seen) < SHORTEST_HASH:
        raise Invalid(f"{seen} is too short to say what was read.", hint=f"At least {SHORTEST_HASH} characters.")
    with caller(api, token) as copy:
        standing = copy.get(path_of(part))
        if not standing["contentHash"].startswith(seen):
            raise Conflict(
                f"{part} is {standing['contentHash']} now, not {seen}; nothing was signed.",
                hint="Read the newest revision and decide on that.",
                code="HASH_MISMATCH",
            )
        body = {"revision": standing["revision"], "contentHash": standing["contentHash"], "note": note}
        told = copy.post(f"{path_of(part)}/approve", body)
    tell(as_json, told, f"{part}: revision {told['revision']} approved, countersignature {told['countersignatureId']}")


@click.command(epilog=REJECT)
@click.argument("part")
@click.option("--reason", required=True, help="Why, for the author.")
@caller_options
def reject(part: str, reason: str, api: str | None, token: str | None, as_json: bool) -> None:
    """Refuse the newest revision, with the reason."""
    with caller(api, token) as copy:
        told = copy.post(f"{path_of(part)}/reject", {"reason": reason})
    tell(as_json, told, f"{part}: revision {told['revision']} rejected")


def _show_part(copy: Caller, part: str, content_only: bool, as_json: bool) -> None:
    told = copy.get(path_of(part))
    if content_only:
        click.echo(json.dumps(told["content"], indent=1, ensure_ascii=False))
        return
    told["changes"] = copy.get(f"{path_of(part)}/diff")["changes"] if told["approvedRevision"] else []
    if as_json:
        click.echo(json.dumps(told))
        return
    click.echo(
        f"{told['id']}  {told['kind']}  revision {told['revision']}  {told['status']}\nhash {told['contentHash']}"
    )
    for one in told["warned"]:
        click.echo(f"warning  {one['pointer']}  {one['message']}")
    for one in told["changes"]:
        click.echo(f"{one['op']:<8} {one['pointer']}  {_short(one['before'])} -> {_short(one['after'])}")
    click.echo(json.dumps(told["content"], indent=1, ensure_ascii=False))


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}..."
