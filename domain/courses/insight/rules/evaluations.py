"""What the signal rules are judged by: one rate for each type and target, as it stands at an instant.

Grain: signal type and target (a course, or a lesson with its quiz). A target whose rate cannot be known is left out;
one with too few, or none, is there, since an evaluation is kept whatever it says.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from domain.courses.insight.rules.facts import DAY, Course, Lesson
from domain.courses.insight.rules.figures import Figures
from domain.courses.insight.rules.progress import course_counts, lesson_counts, rates_of
from domain.courses.insight.rules.ruleset import Ruleset
from domain.courses.insight.rules.sales import refund_rates
from domain.courses.insight.rules.times import shares_of_plan
from domain.courses.insight.rules.wilson import Rate


@dataclass(frozen=True)
class Evaluation:
    """A rate of one target, for one rule. `lesson` is None where the target is the course."""

    signal_type: str
    course: Course
    lesson: Lesson | None
    found: Rate


def evaluations(figures: Figures, ruleset: Ruleset) -> list[Evaluation]:
    """All evaluations, ordered by course, signal type as the rules are listed, and lesson."""
    by_cell = _lesson_rates(figures, ruleset)
    by_course = _course_rates(figures, ruleset)
    start = figures.standing.cells.start.tolist()
    out: list[Evaluation] = []
    for number, course in enumerate(figures.facts.courses):
        for signal_type in ruleset.rules:
            if signal_type in by_course:
                out.extend(_told(signal_type, course, [None], by_course[signal_type][number : number + 1]))
            if signal_type in by_cell:
                cells = by_cell[signal_type][start[number] : start[number + 1]]
                out.extend(_told(signal_type, course, course.lessons, cells))
    return out


def _told(
    signal_type: str, course: Course, lessons: Sequence[Lesson | None], rates: list[Rate | None]
) -> Iterator[Evaluation]:
    for lesson, found in zip(lessons, rates, strict=True):
        if found is not None and found.k is not None:
            yield Evaluation(signal_type, course, lesson, found)


def _course_rates(figures: Figures, ruleset: Ruleset) -> dict[str, list[Rate | None]]:
    facts, as_of = figures.facts, figures.as_of
    age = _least_age(ruleset, "LOW_COURSE_COMPLETION")
    old = course_counts(figures.standing, as_of - age)
    out: dict[str, list[Rate | None]] = {"LOW_COURSE_COMPLETION": list(figures.completed(old))}
    if facts.purchases is not None:
        out["HIGH_REFUND_RATE"] = list(refund_rates(figures.standing, facts.purchases, as_of))
    return out


def _lesson_rates(figures: Figures, ruleset: Ruleset) -> dict[str, list[Rate | None]]:
    age = _least_age(ruleset, "LOW_LESSON_COMPLETION")
    old = lesson_counts(figures.standing, figures.as_of - age)
    out: dict[str, list[Rate | None]] = {
        "LOW_LESSON_COMPLETION": list(rates_of(old.completers, old.viewers)),
        "HIGH_DROP_OFF": list(figures.drop_offs(figures.matured_reach)),
        "LOW_QUIZ_PASS_RATE": [_if_tried(one.learner_pass_rate) for one in figures.quizzes],
        "HIGH_QUIZ_RETRY": [_if_tried(one.retry_rate) for one in figures.quizzes],
    }
    if figures.facts.times_known:
        low, high = shares_of_plan(figures.standing, figures.spent)
        out |= {"LOW_TIME_ON_LESSON": low, "HIGH_TIME_ON_LESSON": high}
    return out


def _least_age(ruleset: Ruleset, signal_type: str) -> int:
    """How old what counts must be, by the rule; a rule that is off judges nothing."""
    rule = ruleset.rules.get(signal_type)
    return 0 if rule is None else rule.min_age_days * DAY


def _if_tried(found: Rate) -> Rate | None:
    """A lesson without a quiz, or whose quiz nobody has tried, has no quiz to judge."""
    return found if found.n else None
