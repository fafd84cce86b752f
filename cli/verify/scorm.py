"""`countersign verify scorm`: judge a SCORM package, ours or another's, before an LMS does."""

import json
import sys
from pathlib import Path

import click

from domain.courses.delivery.exports.checker import LIMITS, Verdict, check_scorm
from domain.kernel.errors import TooLarge

EXAMPLE = """
\b
Example:
  countersign verify scorm course.zip
  countersign verify scorm course.zip --schemas ~/scorm-schemas --json
"""
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@click.command(epilog=EXAMPLE)
@click.argument("file", type=FILE)
@click.option(
    "--schemas",
    type=FOLDER,
    help="Folder of the published SCORM schemas, with scorm12 and scorm2004 in it. [default: our own checks alone]",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
def scorm(file: Path, schemas: Path | None, as_json: bool) -> None:
    """Check a SCORM 1.2 or 2004 package: manifest, references, files, safety of the ZIP, schemas where given.

    Exit code 1 when the package has an error; warnings leave it 0. Nothing is unpacked to disk or fetched.
    """
    if file.stat().st_size > LIMITS.packed_bytes:
        raise TooLarge(
            f"{file} was not checked: it has {file.stat().st_size:,} bytes, at most {LIMITS.packed_bytes:,} are read.",
            hint="A package of this size is split into several courses.",
        )
    verdict = check_scorm(file.read_bytes(), schemas)
    if as_json:
        click.echo(json.dumps({"file": str(file), **verdict.as_json()}, indent=1, ensure_ascii=False))
    else:
        _show(file, verdict)
    if not verdict.is_good:
        sys.exit(1)


def _show(file: Path, verdict: Verdict) -> None:
    for finding in verdict.findings:
        where = f" {finding.where}:" if finding.where else ""
        click.echo(f"{finding.severity:<8} {finding.code}{where} {finding.says}")
    what = f"SCORM {verdict.schema_version}" if verdict.edition else "no SCORM package"
    schemas = "valid by the schemas given" if verdict.is_schema_checked else "schemas not given"
    many = "" if len(verdict.errors) == 1 else "s"
    judged = "can be imported" if verdict.is_good else f"refused, {len(verdict.errors)} error{many}"
    click.echo(f"{file.name}: {what}, {verdict.files} files, {schemas if verdict.is_good else 'see above'}: {judged}.")
