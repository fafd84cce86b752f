"""How every enrolment stands at an instant: what of each lesson was seen and completed, and when there was life last.

One enrolment per learner and course counts, however often it was recorded: it begins with the first, and is revoked
only if none of its rows is open. What a learner did in a course counts whether it came before or after enrolling.
"""

from dataclasses import dataclass

import numpy as np

from domain.courses.insight.rules.facts import (
    DAY,
    NEVER,
    Columns,
    Course,
    Enrolments,
    Events,
    EventType,
    Facts,
    distinct_events,
)
from domain.courses.insight.rules.grouping import Ints, Mask, group_starts, least, ordered, rows_of

MATURE_AFTER_DAYS = 14
_LESSON_SPAN = 1 << 20


@dataclass(frozen=True)
class LessonState(Columns):
    """Grain: learner, course and lesson. NEVER where it was not viewed, or not completed."""

    learner: Ints
    course: Ints
    lesson: Ints
    first_viewed_at: Ints
    completed_at: Ints

    def before(self, until: int) -> "LessonState":
        """The state as it was just before `until`."""
        viewed = np.where(self.first_viewed_at < until, self.first_viewed_at, NEVER)
        completed = np.where(self.completed_at < until, self.completed_at, NEVER)
        kept = LessonState(self.learner, self.course, self.lesson, viewed, completed)
        return kept.where(kept.opened_at < until)

    @property
    def opened_at(self) -> Ints:
        """When the learner became a viewer: whoever completes a lesson has seen it."""
        return np.minimum(self.first_viewed_at, self.completed_at)


@dataclass(frozen=True)
class Activity(Columns):
    """Grain: learner and course; when the last event of any kind was."""

    learner: Ints
    course: Ints
    at: Ints


@dataclass(frozen=True)
class Cells:
    """The lessons of all courses in one row: a cell is a lesson of a course.

    Attributes:
        start: the first cell of each course, and the number of cells at the end.
        course: the course of each cell; lesson: its lesson_idx.
    """

    start: Ints
    course: Ints
    lesson: Ints

    def __len__(self) -> int:
        """The number of cells."""
        return len(self.course)

    def of(self, course: Ints, lesson: Ints) -> Ints:
        """The cell of each pair; -1 where the course has no such lesson."""
        return rows_of(self.course * _LESSON_SPAN + self.lesson, course * _LESSON_SPAN + lesson)


@dataclass(frozen=True)
class Standing:
    """How things stand just before `until`.

    Attributes:
        learners: how many learners there are.
        enrolments: one row per learner and course, ordered by course, then learner.
        last_activity_at: of each enrolment, any event in the course; else when it began.
        lessons: what enrolled learners opened; enrolment and cell: where each of its rows belongs.
    """

    until: int
    learners: int
    courses: tuple[Course, ...]
    cells: Cells
    enrolments: Enrolments
    last_activity_at: Ints
    lessons: LessonState
    enrolment: Ints
    cell: Ints

    @property
    def is_active(self) -> Mask:
        """The enrolments of E: those that were not revoked."""
        active: Mask = self.enrolments.revoked_at == NEVER
        return active

    @property
    def is_completed(self) -> Mask:
        """Enrolments whose course was completed."""
        completed: Mask = self.enrolments.completed_at != NEVER
        return completed

    def is_matured(self, as_of: int) -> Mask:
        """Enrolments of which nothing more is expected: completed, revoked, or 14 days without activity."""
        quiet = as_of - self.last_activity_at >= MATURE_AFTER_DAYS * DAY
        return self.is_completed | ~self.is_active | quiet

    def enrolment_of(self, learner: Ints, course: Ints) -> Ints:
        """The enrolment of each learner in each course; -1 where there is none."""
        keys = self.enrolments.course * self.learners + self.enrolments.learner
        return rows_of(keys, np.where(learner >= 0, course * self.learners + learner, -1))


def standing(facts: Facts, until: int) -> Standing:
    """How things stand just before `until`; later facts are as if they were not known."""
    events = distinct_events(facts.events).before(until)
    return standing_of(facts, lesson_state(events), last_activity(events), until)


def standing_of(facts: Facts, state: LessonState, active: Activity, until: int) -> Standing:
    """The same from a kept lesson state and activity, when the events behind them are long gone.

    The state may know of later views and completions, which are left out; the facts' events are not looked at.
    """
    state = state.before(until)
    enrolments = distinct_enrolments(facts.enrolments, until)
    cells = cells_of(facts.courses)
    bare = Standing(
        until, facts.learners, facts.courses, cells, enrolments, enrolments.enrolled_at, state, *([_NONE] * 2)
    )
    enrolment, cell = bare.enrolment_of(state.learner, state.course), cells.of(state.course, state.lesson)
    there = (enrolment >= 0) & (cell >= 0)
    return Standing(
        until,
        facts.learners,
        facts.courses,
        cells,
        enrolments,
        _last_active(bare, active),
        state.where(there),
        enrolment[there],
        cell[there],
    )


_NONE = np.empty(0, np.int64)


def distinct_enrolments(enrolments: Enrolments, until: int) -> Enrolments:
    """One enrolment per course and learner, ordered so, as known just before `until`."""
    begun = enrolments.where(enrolments.enrolled_at < until)
    rows = begun.where(ordered([begun.course, begun.learner]))
    first = np.flatnonzero(group_starts([rows.course, rows.learner]))
    if not len(first):
        return rows
    completed = np.where(rows.completed_at < until, rows.completed_at, NEVER)
    # NEVER is the largest of all instants: one row that is open keeps the enrolment open.
    revoked = np.where(rows.revoked_at < until, rows.revoked_at, NEVER)
    return Enrolments(
        rows.learner[first],
        rows.course[first],
        np.minimum.reduceat(rows.enrolled_at, first),
        np.minimum.reduceat(completed, first),
        np.maximum.reduceat(revoked, first),
    )


def cells_of(courses: tuple[Course, ...]) -> Cells:
    """The lessons of all courses in one row."""
    sizes = np.array([len(course.lessons) for course in courses], np.int64)
    lessons = np.array([lesson.lesson_idx for course in courses for lesson in course.lessons], np.int64)
    start = np.concatenate(([0], np.cumsum(sizes))).astype(np.int64)
    return Cells(start, np.repeat(np.arange(len(courses)), sizes).astype(np.int64), lessons)


def lesson_state(events: Events) -> LessonState:
    """When each learner first viewed and first completed each lesson, of events of which each stands once."""
    seen = (events.kind == EventType.LESSON_VIEWED) | (events.kind == EventType.LESSON_COMPLETED)
    rows = events.where(seen & (events.learner >= 0) & (events.lesson >= 0))
    keys = [rows.learner, rows.course, rows.lesson]
    order = ordered(keys)
    keys = [key[order] for key in keys]
    kind, at = rows.kind[order], rows.at[order]
    first = np.flatnonzero(group_starts(keys))
    if not len(first):
        return LessonState(*([_NONE] * 5))
    viewed = np.minimum.reduceat(np.where(kind == EventType.LESSON_VIEWED, at, NEVER), first)
    completed = np.minimum.reduceat(np.where(kind == EventType.LESSON_COMPLETED, at, NEVER), first)
    return LessonState(keys[0][first], keys[1][first], keys[2][first], viewed, completed)


def last_activity(events: Events) -> Activity:
    """When each learner was last active in each course, of events of which each stands once."""
    known = events.where(events.learner >= 0)
    (course, learner), latest = least([known.course, known.learner], -known.at)
    return Activity(learner, course, -latest)


def _last_active(bare: Standing, active: Activity) -> Ints:
    last = bare.enrolments.enrolled_at.copy()
    enrolment = bare.enrolment_of(active.learner, active.course)
    there = enrolment >= 0
    last[enrolment[there]] = np.maximum(last[enrolment[there]], active.at[there])
    return last
