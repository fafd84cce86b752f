"""The demo's course about running Countersign: drafted offline, read by another person, published; all over HTTP.

Each step looks at what stands first, so that it can be told again.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cli.demo.client import Client
from cli.demo.countersign import person_of
from cli.demo.story import Story
from domain.kernel.errors import Conflict, CountersignError, Unavailable

COURSE = "demo"
AUTHOR, REVIEWER = "author@demo.example", "reviewer@demo.example"
REQUEST = {
    "courseTitle": "Running Countersign",
    "targetAudience": "Operators and administrators of a utility in their first week",
    "skillLevel": "beginner",
    "timeBudgetMinutes": 180,
    "teachingStyle": "practical",
    "constraints": ["Practical", "NoVideo"],
    "language": "en",
    "seed": 7,
}
PLANS = (("lessons", "LESSON", None), ("quizzes", "QUIZ", "quiz"), ("projects", "PROJECT", "project"))
PATIENCE_S, POLL_S = 420.0, 0.3


@dataclass
class Published:
    """What came of it, for summary.json."""

    course: str
    version: int
    lessons: int
    quizzes: int
    projects: int
    minutes: int
    bytes: int
    content_hash: str
    approved_by: str
    parts: int


def tell(story: Story, base_url: str, tenant_id: str) -> Published:
    """Draft, review and publish, as two people.

    Raises:
        Unavailable: the worker did not draft in time.
        Conflict: a draft was refused.
    """
    with story.step("A course about this platform: drafted, reviewed, published") as step:
        made = publish_demo(base_url, tenant_id)
        step.result = (
            f"{made.lessons} lessons, {made.quizzes} quizzes, {made.projects} projects; {made.approved_by} approved"
            f" {made.parts} parts, each by its hash; version {made.version} can never change"
        )
    return made


def publish_demo(base_url: str, tenant_id: str, work: Callable[[], object] = lambda: None) -> Published:
    """The course after both have done their part; `work` lets jobs be done where no worker runs."""
    author, _ = person_of(base_url, tenant_id, AUTHOR, "Demo Author", "AUTHOR")
    reviewer, name = person_of(base_url, tenant_id, REVIEWER, "Demo Reviewer", "REVIEWER")
    syllabus = _syllabus(author, work)
    _approve(reviewer, syllabus)
    _draft_parts(author, syllabus["content"]["modules"], work)
    parts = _parts(author)
    for part in parts:
        _approve(reviewer, part)
    version = _publish(reviewer)
    content = reviewer.get(f"/api/courses/{COURSE}/{version['version']}")["content"]
    for person in (author, reviewer):
        person.close()
    return Published(
        COURSE,
        version["version"],
        **content["totals"],
        bytes=version["byteSize"],
        content_hash=version["contentHash"],
        approved_by=name,
        parts=len(parts) + 1,
    )


def _syllabus(author: Client, work: Callable[[], object]) -> dict[str, Any]:
    try:
        return author.get(f"/api/admin/syllabi/{COURSE}")
    except CountersignError as error:
        if error.code != "NOT_FOUND":
            raise
    _done(author, author.post("/api/admin/syllabi", {"request": REQUEST, "syllabusId": COURSE}), work)
    return author.get(f"/api/admin/syllabi/{COURSE}")


def _draft_parts(author: Client, modules: list[dict[str, Any]], work: Callable[[], object]) -> None:
    """Ask for everything that is not there yet, kind by kind: quizzes are asked from lessons."""
    for what, kind, hook in PLANS:
        standing = {part["slot"][:3] for part in _parts(author) if part["kind"] == kind}
        wanted = [module["id"] for module in modules if _plans(module, hook) and module["id"] not in standing]
        asked = [author.post(f"/api/admin/syllabi/{COURSE}/{what}:generate", {"moduleId": module}) for module in wanted]
        for job in asked:
            _done(author, job, work)


def _plans(module: dict[str, Any], hook: str | None) -> bool:
    hooks = {one["kind"] for lesson in module["lessons"] for one in lesson["assessmentHooks"]}
    return hook is None or hook in hooks


def _parts(author: Client) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = author.get("/api/admin/artifacts", syllabusId=COURSE, limit="500")["items"]
    return found


def _approve(reviewer: Client, part: dict[str, Any]) -> None:
    if part["status"] == "DRAFT":
        path = "syllabi" if part["kind"] == "SYLLABUS" else "artifacts"
        body = {"revision": part["revision"], "contentHash": part["contentHash"], "note": "Read for the demo."}
        reviewer.post(f"/api/admin/{path}/{part['id']}/approve", body)


def _publish(reviewer: Client) -> dict[str, Any]:
    seen = reviewer.post(f"/api/admin/syllabi/{COURSE}/package", {})
    if seen["publishedAs"] is not None:
        found: list[dict[str, Any]] = reviewer.get(f"/api/admin/courses/{COURSE}")["versions"]
        return next(one for one in found if one["version"] == seen["publishedAs"])
    body = {"contentHash": seen["contentHash"], "note": "The demo's course."}
    return reviewer.post(f"/api/admin/syllabi/{COURSE}/publish", body)


def _done(author: Client, job: dict[str, Any], work: Callable[[], object]) -> None:
    work()
    deadline = time.monotonic() + PATIENCE_S
    while job["status"] in {"QUEUED", "RUNNING"}:
        if time.monotonic() > deadline:
            raise Unavailable("The worker has not drafted the course.", hint="logs/worker.log under the home says why.")
        time.sleep(POLL_S)
        job = author.get(job["url"])
    if job["status"] == "FAILED":
        raise Conflict(job["error"]["message"], code=job["error"]["code"])
