"""Answers about figures of courses. A rate without anything to count has no value, never zero."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from domain.courses.insight.observe.dashboard import Dashboard
from domain.courses.insight.rules.by_lesson import LessonFigures


class _Told(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, from_attributes=True)


class RateTold(_Told):
    """k of n with its 95 % interval after Wilson."""

    k: int | None = Field(examples=[9])
    n: int | None = Field(examples=[30])
    value: float | None = Field(examples=[0.3])
    low: float | None = Field(examples=[0.1666])
    high: float | None = Field(examples=[0.4788])


class Seconds(_Told):
    """Active time, a lower bound: learners whose time is not known are left out."""

    n: int
    average: float | None
    median: float | None


class QuizTold(_Told):
    """A lesson's quiz."""

    attempts: int
    fail_rate: RateTold
    learner_pass_rate: RateTold
    first_attempt_pass_rate: RateTold
    attempts_per_learner: float | None
    retry_rate: RateTold


class LessonTold(_Told):
    """One lesson to date."""

    lesson_idx: int
    lesson_id: str | None
    module_id: str | None
    title: str | None
    completion_rate: RateTold
    completion_rate_enrolled: RateTold
    reached: int
    stopped: int
    in_progress: int
    drop_off: RateTold
    matured_drop_off: RateTold
    seconds: Seconds
    quiz: QuizTold | None


class DayTold(_Told):
    """What one UTC day brought to the course, and how it stood at its end."""

    day: date
    viewers_new: int
    completers_new: int
    seconds: float
    seconds_users: int
    attempts: int
    passes: int
    enrolled_to_date: int
    viewers_to_date: int
    completed_to_date: int


class LastComputed(_Told):
    """The last nightly run. `stale`: older than 26 hours, or failed."""

    at: datetime
    as_of_day: date
    status: str
    stale: bool


class CourseFigures(_Told):
    """One version of a course."""

    course_id: str
    version: int
    versions: list[int]
    title: str
    as_of: date = Field(description="The last UTC day that is counted.")
    ruleset: str
    last_computed: LastComputed | None
    enrolled: int
    revoked: int
    completed: RateTold
    mean_progress_pct: float | None
    seconds: Seconds
    lessons: list[LessonTold]
    from_day: date = Field(alias="from")
    to_day: date = Field(alias="to")
    days: list[DayTold]


class ViewsTold(_Told):
    """Funnel A: from views of the course's page to enrolments and completions."""

    viewed: int
    enrolled: int
    completed: int
    view_to_enrolled: RateTold
    enrolled_to_completed: RateTold
    enrolled_without_view: int
    anonymous_views: int


class PurchasesTold(_Told):
    """Funnel B: from purchases to enrolments, completions and refunds."""

    purchased: int
    enrolled: int
    completed: int
    refunded: int
    purchase_to_enrolled: RateTold
    enrolled_to_completed: RateTold


class FunnelFigures(_Told):
    """Both funnels of a course; without a version over all of them. Purchases are of the course."""

    course_id: str
    version: int | None
    from_day: date = Field(alias="from")
    to_day: date = Field(alias="to")
    as_of: date
    views: ViewsTold
    purchases: PurchasesTold


class SignalTold(_Told):
    """One episode of a signal."""

    signal_id: UUID
    type: str = Field(examples=["HIGH_DROP_OFF"])
    course_id: str
    package_version: int | None
    target_id: str = Field(examples=["lesson:m01l01"])
    severity: str = Field(examples=["MEDIUM"])
    state: str = Field(examples=["OPEN"])
    ruleset: str = Field(examples=["2026-1"])
    opened_on: date
    last_evaluated_on: date
    closed_at: datetime | None
    metric: RateTold
    thresholds: dict[str, float | int] | None


class SignalList(_Told):
    """Signals in the order in which they are to be looked at, and the ruleset in force."""

    ruleset: str
    signals: list[SignalTold]


def figures_told(found: Dashboard, ruleset: str, now: datetime) -> CourseFigures:
    """A dashboard as it is answered."""
    run = found.run
    last = run and LastComputed(at=run.finished_at, as_of_day=run.as_of_day, status=run.status, stale=run.is_stale(now))
    return CourseFigures(
        course_id=found.version.course_id,
        version=found.version.version,
        versions=list(found.versions),
        title=found.version.title,
        as_of=found.as_of,
        ruleset=ruleset,
        last_computed=last,
        enrolled=found.enrolled,
        revoked=found.revoked,
        completed=RateTold.model_validate(found.completed),
        mean_progress_pct=found.mean_progress_pct,
        seconds=Seconds(n=found.timed, average=None, median=found.median_seconds),
        lessons=[_lesson(one) for one in found.lessons],
        from_day=found.window[0],
        to_day=found.window[1],
        days=[DayTold.model_validate(one) for one in found.days],
    )


def _lesson(one: LessonFigures) -> LessonTold:
    lesson, time = one.lesson, one.time
    return LessonTold(
        lesson_idx=lesson.lesson_idx,
        lesson_id=lesson.lesson_id,
        module_id=lesson.module_id,
        title=lesson.title,
        completion_rate=RateTold.model_validate(one.completion),
        completion_rate_enrolled=RateTold.model_validate(one.completion_of_enrolled),
        reached=one.reached,
        stopped=one.stopped,
        in_progress=one.in_progress,
        drop_off=RateTold.model_validate(one.drop_off),
        matured_drop_off=RateTold.model_validate(one.matured_drop_off),
        seconds=Seconds(n=time.n, average=time.avg_seconds, median=time.median_seconds),
        quiz=QuizTold.model_validate(one.quiz) if lesson.quiz_id is not None else None,
    )


def signal_told(row: dict[str, Any]) -> SignalTold:
    """An episode as it is answered."""
    course_id, _, version = row["context"].partition("@")
    return SignalTold(
        signal_id=row["signal_id"],
        type=row["signal_type"],
        course_id=course_id,
        package_version=int(version) if version.isdigit() else None,
        target_id=f"{row['subject_type']}:{row['subject_id']}",
        severity=row["severity"],
        state=row["state"],
        ruleset=row["ruleset"],
        opened_on=row["opened_on"],
        last_evaluated_on=row["last_evaluated_on"],
        closed_at=row["closed_at"],
        metric=RateTold(**{name: row[name] for name in ("k", "n", "value", "low", "high")}),
        thresholds=row["thresholds"],
    )
