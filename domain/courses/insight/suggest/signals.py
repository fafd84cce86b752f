"""From the figures of a course to evaluations, episodes and suggestions, through the kernel's advice. Idempotent."""

import uuid
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection, text

from domain.courses.delivery.store.versions import Version
from domain.courses.insight.rules import evaluations as rules
from domain.courses.insight.rules.ruleset import Ruleset, adopted_ruleset, ruleset
from domain.courses.insight.rules.suggestions import AggregateRow, SignalTarget, map_signal_to_suggestions
from domain.courses.insight.rules.suggestions import Signal as CourseSignal
from domain.courses.insight.store.kept import end_of, kept_figures, pinned_versions
from domain.kernel.advice.model import About, Advice, Evaluation, Severity, Signal, Verdict
from domain.kernel.advice.rulesets import in_force
from domain.kernel.advice.take import Taken, take_in
from domain.kernel.canonical import content_hash

_ROW = (
    "viewers_new, completers_new, seconds::text AS seconds, seconds_users, attempts, passes, enrolled_to_date,"
    " viewers_to_date, completers_to_date, reached_to_date, completed_to_date"
)


def ruleset_in_force(connection: Connection) -> Ruleset:
    """The thresholds that a person put in force, else the shipped ones."""
    signed = in_force(connection, "courses")
    return ruleset() if signed is None else adopted_ruleset(signed)


def evaluate_course(
    connection: Connection, course_id: str, day: date, *, run_id: uuid.UUID | None = None
) -> list[Taken]:
    """Judge every version of a course as it stood at the end of a UTC day, and take in what follows (role machine)."""
    found = pinned_versions(connection, course_id)
    if not found:
        return []
    judged = ruleset_in_force(connection)
    by_version = {one.version: one for one in found}
    taken = []
    for one in rules.evaluations(kept_figures(connection, found, end_of(day)), judged):
        version = by_version[one.course.package_version or 0]
        told = _Told(one, version, judged, day, _rows(connection, version, one, day))
        taken.append(take_in(connection, told.evaluation(), told.advice, run_id=run_id))
    return taken


class _Told:
    """One evaluation of a course in the words of the kernel."""

    def __init__(
        self, one: rules.Evaluation, version: Version, judged: Ruleset, day: date, rows: Sequence[AggregateRow]
    ) -> None:
        self.one, self.version, self.judged, self.day, self.rows = one, version, judged, day, tuple(rows)
        self.rule = judged.rules[one.signal_type]

    def evaluation(self) -> Evaluation:
        """As the kernel keeps it."""
        found, rule = self.one.found, self.rule
        opens = rule.opens_at(found)
        verdict = Verdict.OPENS if opens else Verdict.CLOSES if rule.closes_at(found) else Verdict.STAYS
        return Evaluation(
            self._about(),
            self.day,
            verdict,
            self.judged.version,
            Severity(rule.severity_of(found)) if opens else None,
            found.value,
            found.k,
            found.n,
            found.low,
            found.high,
            self._window(),
            rule.thresholds(),
            {"packageHash": self.version.content_hash, "aggregateRows": [vars(row) for row in self.rows]},
        )

    def advice(self, signal: Signal, _evaluation: Evaluation) -> list[Advice]:
        """What the signal suggests to look at."""
        course, lesson = self.one.course, self.one.lesson
        target = SignalTarget(course.course_id, self.version.version, self.version.content_hash)
        if lesson is not None:
            target = SignalTarget(
                course.course_id,
                self.version.version,
                self.version.content_hash,
                lesson.module_id,
                lesson.lesson_id,
                lesson.quiz_id,
                lesson.lesson_idx,
                lesson.title,
                int(lesson.planned_minutes) if lesson.planned_minutes is not None else None,
                lesson.is_first_of_module,
            )
        told = CourseSignal(
            str(signal.signal_id),
            self.one.signal_type,
            signal.severity.value,
            self.judged.version,
            target,
            self.one.found,
            self._window(),
            self.rule.thresholds(),
            self.rows,
        )
        return [
            Advice(
                made.scope,
                made.type,
                made.target_id,
                Severity(made.severity),
                made.message,
                made.evidence,
                (self.one.signal_type,),
                page_url=f"/admin/courses/{course.course_id}/analytics?version={self.version.version}",
            )
            for made in map_signal_to_suggestions(told)
        ]

    def _about(self) -> About:
        lesson, context = self.one.lesson, f"{self.one.course.course_id}@{self.version.version}"
        if lesson is None:
            return About("courses", self.one.signal_type, "course", self.one.course.course_id, context)
        subject = lesson.quiz_id if self.rule.target == "QUIZ" else lesson.lesson_id
        return About("courses", self.one.signal_type, self.rule.target.lower(), str(subject), context)

    def _window(self) -> dict[str, str]:
        """From the version's beginning to the end of the day: every rate is over all who were there."""
        until = f"{self.day + timedelta(days=1)}T00:00:00Z"
        return {"from": f"{self.version.published_at:%Y-%m-%d}T00:00:00Z", "to": until, "asOf": until}


def _rows(connection: Connection, version: Version, one: rules.Evaluation, day: date) -> list[AggregateRow]:
    """The daily row that the rate stands beside, by its hash."""
    lesson_idx = one.lesson.lesson_idx if one.lesson is not None else None
    found = connection.execute(
        text(
            f"SELECT {_ROW} FROM analytics_daily_aggregates WHERE course_id = :course AND package_version = :version"
            " AND lesson_idx IS NOT DISTINCT FROM CAST(:lesson AS int) AND day = :day"
        ),
        {"course": version.course_id, "version": version.version, "lesson": lesson_idx, "day": day},
    ).one_or_none()
    if found is None:
        return []
    row: dict[str, Any] = dict(found._mapping)
    return [AggregateRow(day.isoformat(), lesson_idx, content_hash(row))]
