"""`countersign courses generate`, `edit` and `reopen`: what an author does."""

import json
import time
from pathlib import Path
from typing import Any

import click

from cli.courses.caller import Caller, caller, caller_options, path_of, tell
from domain.kernel.errors import Invalid, Unavailable

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
KINDS = ("lessons", "quizzes", "projects")
HOOKS = {"quizzes": "quiz", "projects": "project"}
POLL_S = 0.5
PATIENCE_S = 900.0
GENERATE = """
\b
Example:
  countersign courses generate --request intent.json --course reliability
  countersign courses generate --course reliability
  countersign courses generate --course reliability --module m02 --what quizzes
"""
EDIT = """
\b
Example:
  countersign courses review --part reliability.m01l02 --content > lesson.json
  countersign courses edit reliability.m01l02 --file lesson.json --from 1
"""
REOPEN = """
\b
Example:
  countersign courses reopen reliability.m01l02 --reason "The example is outdated"
"""


@click.command(epilog=GENERATE)
@click.option("--request", "request_file", type=FILE, help="The seven inputs as JSON: drafts a syllabus from them.")
@click.option("--course", help="The course. With --request the id it gets. [default: one is made up]")
@click.option("--module", help="Only this module of the approved syllabus. [default: all]")
@click.option("--what", type=click.Choice(KINDS), help="Only these. [default: lessons, quizzes and projects]")
@caller_options
def generate(
    request_file: Path | None,
    course: str | None,
    module: str | None,
    what: str | None,
    api: str | None,
    token: str | None,
    as_json: bool,
) -> None:
    """Have a syllabus drafted, or the content of an approved one, and wait for it. Drafts wait for a reviewer."""
    if request_file is None and course is None:
        raise Invalid("Nothing says what to draft.", hint="Give --request FILE for a syllabus, or --course ID.")
    with caller(api, token) as copy:
        if request_file is not None:
            body = {"request": _read(request_file)} | ({"syllabusId": course} if course else {})
            done = [_done(copy, copy.post("/api/admin/syllabi", body, Prefer="wait=10"))]
        else:
            done = [
                _done(
                    copy, copy.post(f"/api/admin/syllabi/{course}/{kind}:generate", {"moduleId": one}, Prefer="wait=10")
                )
                for kind, one in _wanted(copy, str(course), module, what)
            ]
    if as_json:
        click.echo(json.dumps({"jobs": done}))
        return
    for job in done:
        for item in job["items"]:
            click.echo(f"{item['itemId']}  revision {item['revision']}, waits for a reviewer")
        for skipped in job["skipped"]:
            click.echo(f"{skipped}  is approved and was left alone")


@click.command(epilog=EDIT)
@click.argument("part")
@click.option("--file", "file", type=FILE, required=True, help="The whole content as JSON.")
@click.option("--from", "seen", type=int, required=True, help="The revision that the edit starts from.")
@caller_options
def edit(part: str, file: Path, seen: int, api: str | None, token: str | None, as_json: bool) -> None:
    """Keep an edit as the next revision. Refused where a newer revision stands, or where it is approved."""
    with caller(api, token) as copy:
        told = copy.send("PUT", f"{path_of(part)}/draft", json=_read(file), headers={"If-Match": f'"{seen}"'}).json()
    tell(as_json, told, f"{part}: revision {told['revision']}, {told['contentHash']}")


@click.command(epilog=REOPEN)
@click.argument("part")
@click.option("--reason", required=True, help="Why; it stands in the ledger.")
@caller_options
def reopen(part: str, reason: str, api: str | None, token: str | None, as_json: bool) -> None:
    """Open an approved part again as a new draft. What was approved stays as it is."""
    with caller(api, token) as copy:
        told = copy.post(f"{path_of(part)}/reopen", {"reason": reason})
    tell(as_json, told, f"{part}: revision {told['revision']} is open to edits")


def _wanted(copy: Caller, course: str, module: str | None, what: str | None) -> list[tuple[str, str]]:
    """Kind and module of each job: all that the approved syllabus plans, or what was named."""
    standing = copy.get(f"/api/admin/syllabi/{course}")
    approved = standing["approvedRevision"]
    if approved and approved != standing["revision"]:
        standing = copy.get(f"/api/admin/syllabi/{course}", revision=approved)
    modules = standing["content"]["modules"]
    named = [one for one in modules if module in {None, one["id"]}]
    if module is not None and not named:
        raise Invalid(f"The syllabus has no module {module}.", hint=", ".join(one["id"] for one in modules))
    kinds = (what,) if what else KINDS
    return [(kind, one["id"]) for kind in kinds for one in named if what or _plans(one, kind)]


def _plans(module: dict[str, Any], kind: str) -> bool:
    hooks = {hook["kind"] for lesson in module["lessons"] for hook in lesson["assessmentHooks"]}
    return kind == "lessons" or HOOKS[kind] in hooks


def _done(copy: Caller, told: dict[str, Any]) -> dict[str, Any]:
    """Wait for a job to end."""
    job: dict[str, Any] = told.get("job", told)
    deadline = time.monotonic() + PATIENCE_S
    while job["status"] in {"QUEUED", "RUNNING"}:
        if time.monotonic() > deadline:
            raise Unavailable("The job is not done yet.", hint=f"Look at {job['url']} later; nothing is lost.")
        time.sleep(POLL_S)
        job = copy.get(job["url"])
    if job["status"] == "FAILED":
        error = job["error"]
        raise Invalid(error["message"], hint="Nothing was stored.", code=error["code"], errors=error["errors"])
    return job


def _read(file: Path) -> Any:
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except ValueError as cause:
        raise Invalid(f"{file} is not JSON.", hint=str(cause)) from cause
