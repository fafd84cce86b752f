"""The tables of study mode as facts, with notes on what was passed over; or an error that names the cell."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from domain.courses.insight.formats.lessons import courses_of, lesson_numbers
from domain.courses.insight.formats.tables import EnrolmentTable, EventTable, LessonTable, Texts
from domain.courses.insight.rules.facts import (
    ANONYMOUS,
    DAY,
    EVENT_TYPES,
    NEVER,
    NO_LESSON,
    Course,
    Enrolments,
    Events,
    EventType,
    Facts,
)
from domain.courses.insight.rules.grouping import Ints
from domain.courses.insight.rules.standing import cells_of

_YES, _NO = frozenset(("true", "t", "yes", "y", "1", "1.0")), frozenset(("false", "f", "no", "n", "0", "0.0"))


@dataclass(frozen=True)
class Study:
    """The facts of a study.

    Attributes:
        watermark: the latest instant that the tables know of; None where they know none.
    """

    facts: Facts
    watermark: int | None


def study_of(enrolments: EnrolmentTable, events: EventTable, lessons: LessonTable | None) -> Study:
    """The facts of three tables.

    Raises:
        Invalid: a cell is not what its column expects; the error names it.
    """
    lesson = lesson_numbers(events.lesson_idx, events.refuse)
    kind = _kinds(events)
    _refuse_nameless(events, kind, lesson)
    learners = _numbers((enrolments.learner_id, events.learner_id))
    ids = {value for column in _course_columns(enrolments, events, lessons) for value in column.values}
    courses = courses_of(sorted(ids), lessons, events, lesson)
    numbers = {course.course_id: number for number, course in enumerate(courses)}
    facts = _facts(enrolments, events, learners, numbers, kind, lesson, courses)
    _refuse_unknown_lessons(events, facts.events, courses)
    return Study(facts, _watermark(facts))


def _facts(
    enrolments: EnrolmentTable,
    events: EventTable,
    learners: dict[str, int],
    numbers: dict[str, int],
    kind: Ints,
    lesson: Ints,
    courses: tuple[Course, ...],
) -> Facts:
    rows = len(enrolments.enrolled_at)
    never = np.full(rows, NEVER, np.int64)
    passed = _passed(events)
    is_quiz = (kind == EventType.QUIZ_ATTEMPTED) | (kind == EventType.QUIZ_PASSED)
    told = (passed >= 0) | (kind == EventType.QUIZ_PASSED)
    return Facts(
        len(learners),
        courses,
        Enrolments(
            _renumbered(enrolments.learner_id, learners),
            _renumbered(enrolments.course_id, numbers),
            enrolments.enrolled_at,
            never if enrolments.completed_at is None else enrolments.completed_at,
            never if enrolments.revoked_at is None else enrolments.revoked_at,
        ),
        Events(
            events.event_id.code,
            _renumbered(events.learner_id, learners),
            _renumbered(events.course_id, numbers),
            kind,
            lesson,
            events.occurred_at,
            np.full(len(kind), np.nan) if events.score is None else events.score,
            passed,
        ),
        completions_known=enrolments.completed_at is not None,
        revocations_known=enrolments.revoked_at is not None,
        times_known=not len(kind) or bool((events.occurred_at % DAY != 0).any()),
        outcomes_known=not is_quiz.any() or bool(told[is_quiz].any()),
        scores_known=events.score is not None,
    )


def _course_columns(enrolments: EnrolmentTable, events: EventTable, lessons: LessonTable | None) -> Sequence[Texts]:
    found = [enrolments.course_id, events.course_id]
    return found if lessons is None else [*found, lessons.course_id]


def _numbers(columns: Sequence[Texts]) -> dict[str, int]:
    return {value: at for at, value in enumerate(sorted({value for column in columns for value in column.values}))}


def _renumbered(column: Texts, numbers: dict[str, int]) -> Ints:
    # The last entry is that of an empty cell, whose code is -1.
    table = np.array([*(numbers[value] for value in column.values), ANONYMOUS], np.int64)
    return table[column.code]


def _kinds(events: EventTable) -> Ints:
    kinds = {name: number for number, name in enumerate(EVENT_TYPES)}
    table = np.array([kinds.get(value.lower(), -1) for value in events.event_type.values], np.int64)
    found = table[events.event_type.code] if len(table) else np.empty(0, np.int64)
    if (found < 0).any():
        row = int(np.flatnonzero(found < 0)[0])
        value = events.event_type.values[int(events.event_type.code[row])]
        raise events.refuse(row, "event_type", f"{value!r} is no event, expected one of {', '.join(EVENT_TYPES)}.")
    return found


def _passed(events: EventTable) -> Ints:
    size = len(events.occurred_at)
    if events.passed is None:
        return np.full(size, -1, np.int64)
    words = [value.lower() for value in events.passed.values]
    table = np.array([*((1 if word in _YES else 0 if word in _NO else -2) for word in words), -1], np.int64)
    found = table[events.passed.code]
    if (found == -2).any():
        row = int(np.flatnonzero(found == -2)[0])
        value = events.passed.values[int(events.passed.code[row])]
        raise events.refuse(row, "passed", f"{value!r} is neither true nor false.")
    return found


def _refuse_nameless(events: EventTable, kind: Ints, lesson: Ints) -> None:
    of_lesson = kind != EventType.COURSE_VIEW
    nobody = np.flatnonzero(of_lesson & (events.learner_id.code < 0))
    if len(nobody):
        row = int(nobody[0])
        raise events.refuse(
            row, "learner_id", "is empty, expected a learner; only a course_view may be of nobody known."
        )
    nowhere = np.flatnonzero(of_lesson & (lesson == NO_LESSON))
    if len(nowhere):
        row = int(nowhere[0])
        name = EVENT_TYPES[int(kind[row])]
        raise events.refuse(row, "lesson_idx", f"is empty, expected the number of a lesson with {name}.")


def _refuse_unknown_lessons(table: EventTable, events: Events, courses: tuple[Course, ...]) -> None:
    strange = np.flatnonzero((events.lesson >= 0) & (cells_of(courses).of(events.course, events.lesson) < 0))
    if len(strange):
        row = int(strange[0])
        course = courses[int(events.course[row])]
        first, last = course.lessons[0].lesson_idx, course.lessons[-1].lesson_idx
        raise table.refuse(
            row,
            "lesson_idx",
            f"{events.lesson[row]} is no lesson of {course.course_id}, expected one of its {len(course.lessons)},"
            f" which are numbered from {first} to {last}.",
        )


def _watermark(facts: Facts) -> int | None:
    enrolments = facts.enrolments
    columns = (facts.events.at, enrolments.enrolled_at, enrolments.completed_at, enrolments.revoked_at)
    known = [int(column[column < NEVER].max()) for column in columns if (column < NEVER).any()]
    return max(known, default=None)
