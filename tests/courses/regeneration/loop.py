"""From a signal to a job, an output and drafts: each step as its own actor does it."""

import json
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from domain.courses.authoring.generation.author import Author, Context, Prompt, RawAnswer
from domain.courses.authoring.rules.answers import Kind
from domain.courses.regeneration.execution.worker import Tools, work_one
from domain.courses.regeneration.executors.parts import EXECUTORS
from domain.courses.regeneration.store.jobs import Job
from domain.kernel.advice.model import About, Advice, Evaluation, Severity, Signal, Verdict
from domain.kernel.advice.take import take_in
from domain.kernel.db import transaction
from domain.kernel.objects.chosen import open_store
from domain.kernel.settings import DbRole
from tests.courses.authoring.authors import FixedAuthor
from tests.courses.authoring.course_house import DEMO, House

DAY = date(2026, 11, 1)
JOBS = "/api/admin/regeneration-jobs"
OUTPUTS = "/api/admin/regeneration-outputs"
INTENTS = "/api/admin/retry-intents"


class OtherAuthor:
    """Writes the small course with another takeaway, and hears what is asked."""

    def __init__(self, takeaway: str = "Say what was seen before what is thought of it.") -> None:
        self.takeaway = takeaway
        self.heard: list[str] = []

    def generate(self, kind: Kind, prompt: Prompt, context: Context) -> RawAnswer:
        """The small course's lesson, changed in one sentence."""
        self.heard.append(context.instruction)
        found = FixedAuthor().generate(kind, prompt, context)
        if kind != "LESSON":
            return found
        lessons = json.loads(found.text)
        for one in lessons:
            one["keyTakeaways"][0] = self.takeaway
        return RawAnswer(json.dumps(lessons), found.provider, found.model, found.seed, prompt.id, prompt.sha256)


class FailingAuthor:
    """Answers what is no content."""

    def generate(self, kind: Kind, prompt: Prompt, context: Context) -> RawAnswer:
        """Half a sentence."""
        return RawAnswer("[{", "test", "failing", context.seed, prompt.id, prompt.sha256)


def suggest(target: str = "lesson:m01l01", course: str = DEMO, number: int = 0) -> str:
    """The id of an open suggestion for a target of the course's first version."""
    kind, _, place = target.partition(":")

    def advice(signal: Signal, evaluation: Evaluation) -> list[Advice]:
        seen = f"{evaluation.k} of {evaluation.n} who opened it completed it."
        evidence: Mapping[str, Any] = {"signalId": str(signal.signal_id), "metric": {"k": 9, "n": 40}}
        return [Advice(kind.upper(), "CONTENT_CLARITY", target, Severity.HIGH, seen, evidence)]

    about = About("courses", "LOW_LESSON_COMPLETION", kind, f"{place}{number or ''}", f"{course}@1")
    found = Evaluation(about, DAY, Verdict.OPENS, "2026-1", Severity.HIGH, 0.225, 9, 40, 0.12, 0.37)
    with transaction("T", DbRole.MACHINE) as connection:
        (made,) = take_in(connection, found, advice).made
    return str(made.suggestion_id)


def accepted(house: House, target: str = "lesson:m01l01", number: int = 0) -> str:
    """The same, accepted."""
    suggestion = suggest(target, number=number)
    house.post("admin", f"/api/admin/suggestions/{suggestion}/accept")
    return suggestion


def asked(house: House, target: str = "lesson:m01l01", note: str = "Shorter.", number: int = 0) -> dict[str, Any]:
    """A PENDING job for an accepted suggestion."""
    suggestion = accepted(house, target, number)
    return house.post("admin", f"/api/admin/suggestions/{suggestion}/regeneration-jobs", {"note": note}, 201)


def triggered(house: House, target: str = "lesson:m01l01", number: int = 0) -> str:
    """The id of a job that a person has triggered."""
    job = asked(house, target, number=number)["id"]
    house.post("admin", f"{JOBS}/{job}/trigger", {"rationale": "Worth it."})
    return str(job)


def tools(author: Author | None = None, **more: Any) -> Tools:
    """What the worker of a test works with."""
    made: Callable[[], Author] = lambda: author or OtherAuthor()  # noqa: E731
    return Tools(EXECUTORS, made, open_store, **more)


def carried_out(author: Author | None = None) -> list[Job]:
    """Everything that waits, carried out."""
    done = []
    while (job := work_one("T", tools(author))) is not None:
        done.append(job)
    return done


def failed(house: House, target: str = "lesson:m01l01", number: int = 0) -> str:
    """The id of a job that failed."""
    job = triggered(house, target, number)
    (done,) = carried_out(FailingAuthor())
    assert done.status == "FAILED"
    return job
