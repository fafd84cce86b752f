"""`countersign courses enroll` and `export`: a course is taken along by whoever is enrolled in it."""

from pathlib import Path

import click

from cli.courses.caller import caller, caller_options, tell
from cli.courses.publishing import course_option

FORMATS = ("scorm12", "scorm2004", "web", "pdf")
ENROLL = """
\b
Example:
  countersign courses enroll --course reliability
"""
EXPORT = """
\b
Example:
  countersign courses enroll --course reliability
  countersign courses export --course reliability --format scorm12 --out reliability.zip
"""


@click.command(epilog=ENROLL)
@course_option
@caller_options
def enroll(course: str, api: str | None, token: str | None, as_json: bool) -> None:
    """Enrol in the newest published version. Asked again, the enrolment that stands is answered."""
    with caller(api, token) as copy:
        told = copy.post("/api/learn/enroll", {"courseId": course})
    tell(as_json, told, f"{course}: enrolled, version {told['version']}")


@click.command(epilog=EXPORT)
@course_option
@click.option("--format", "form", type=click.Choice(FORMATS), required=True, help="What to make of it.")
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The file; it is written anew."
)
@caller_options
def export(course: str, form: str, out: Path, api: str | None, token: str | None, as_json: bool) -> None:
    """Save the published course as SCORM, as web pages in a ZIP, or as PDF, as whoever is enrolled in it."""
    path = f"/api/learn/courses/{course}/export/{'pdf' if form == 'pdf' else 'lms'}"
    query = {} if form == "pdf" else {"format": form}
    with caller(api, token) as copy:
        data = copy.send("GET", path, params=query).content
    out.write_bytes(data)
    tell(as_json, {"file": str(out), "bytes": len(data)}, f"{out}: {len(data):,} bytes")
