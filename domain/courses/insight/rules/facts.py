"""The facts from which every figure follows, as columns: enrolments, events, purchases, and which lessons there are.

Learners and courses are numbers here. A course is one published version, since an enrolment pins one; whoever reads
the facts makes (course, version) a course of its own. Events are those that may enter a rate: completions and quiz
results as the server recorded them, never the browser's copies. Staff, authors and test users are left out before.
All instants are microseconds since 1970 UTC, all days are UTC days since 1970.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields
from enum import IntEnum
from typing import Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from domain.courses.insight.rules.grouping import Ints, Mask, group_starts, ordered

SECOND = 1_000_000
DAY_S = 86_400
DAY = DAY_S * SECOND
NEVER = int(np.iinfo(np.int64).max)
NO_LESSON = -1
ANONYMOUS = -1
# A course has at most 30 modules of 30 lessons; room for other makers' courses.
MAX_LESSON_IDX = 9_999


class EventType(IntEnum):
    """The events of learning, by the names that they have in events and files, in lower case."""

    COURSE_VIEW = 0
    LESSON_VIEWED = 1
    LESSON_LEFT = 2
    LESSON_COMPLETED = 3
    QUIZ_ATTEMPTED = 4
    QUIZ_PASSED = 5


EVENT_TYPES = tuple(one.name.lower() for one in EventType)


@dataclass(frozen=True)
class Lesson:
    """A lesson of a course. `lesson_idx` counts from 0 over the course; ids are absent where files do not tell them."""

    lesson_idx: int
    title: str | None = None
    planned_minutes: float | None = None
    lesson_id: str | None = None
    module_id: str | None = None
    quiz_id: str | None = None
    is_first_of_module: bool = False


@dataclass(frozen=True)
class Course:
    """A course in one version, with its lessons in rising order of `lesson_idx`.

    Attributes:
        lessons_known: whether `lessons` is the course's own list, and not what its events happen to name.
    """

    course_id: str
    lessons: tuple[Lesson, ...] = ()
    lessons_known: bool = True
    package_version: int | None = None


@dataclass(frozen=True)
class Columns:
    """Equally long columns."""

    def __len__(self) -> int:
        """The number of rows."""
        return len(getattr(self, fields(self)[0].name))

    def where(self, rows: Mask | NDArray[np.intp]) -> Self:
        """Only these rows."""
        return type(self)(*(getattr(self, one.name)[rows] for one in fields(self)))


@dataclass(frozen=True)
class Enrolments(Columns):
    """One row per enrolment as recorded; `completed_at` and `revoked_at` are NEVER where it did not happen."""

    learner: Ints
    course: Ints
    enrolled_at: Ints
    completed_at: Ints
    revoked_at: Ints


@dataclass(frozen=True)
class Events(Columns):
    """One row per event as received, duplicates and any order included.

    Attributes:
        event: number of the event's id; equal for equal ids, and rising as the ids do.
        learner: ANONYMOUS where nobody is named, which only a course_view may be.
        kind: an EventType. lesson: its lesson_idx, or NO_LESSON.
        score: NaN where the event has none.
        passed: 1 or 0, -1 where the event does not say.
    """

    event: Ints
    learner: Ints
    course: Ints
    kind: Ints
    lesson: Ints
    at: Ints
    score: NDArray[np.float64]
    passed: Ints

    def before(self, until: int) -> "Events":
        """Events earlier than `until`."""
        return self.where(self.at < until)


@dataclass(frozen=True)
class Purchases(Columns):
    """One row per purchase; `refunded_at` is NEVER where it was not refunded. `currency` is a number of a currency."""

    learner: Ints
    course: Ints
    at: Ints
    refunded_at: Ints
    price_cents: Ints
    refund_cents: Ints
    currency: Ints


@dataclass(frozen=True)
class Facts:
    """All facts of a study, or of one night of one tenant.

    Attributes:
        learners: how many learners there are; they are 0 .. learners-1.
        purchases: None where nothing is known of them.
        completions_known: whether enrolments tell when a course was completed; revocations_known: when revoked.
        times_known: whether events tell their time within the day.
        outcomes_known: whether it is told which attempts passed; scores_known: whether attempts have scores.
    """

    learners: int
    courses: tuple[Course, ...]
    enrolments: Enrolments
    events: Events
    purchases: Purchases | None = None
    currencies: tuple[str, ...] = field(default=())
    completions_known: bool = True
    revocations_known: bool = True
    times_known: bool = True
    outcomes_known: bool = True
    scores_known: bool = True


Table = TypeVar("Table", bound=Columns)


def joined(parts: Sequence[Table]) -> Table:
    """The rows of all parts, one after another."""
    return type(parts[0])(*(np.concatenate([getattr(part, one.name) for part in parts]) for one in fields(parts[0])))


def numbered(values: Iterable[str]) -> tuple[tuple[str, ...], Ints]:
    """The distinct values in rising order (by code point, as `COLLATE "C"`), and the number of each row's value."""
    rows = list(values)
    distinct = sorted(set(rows))
    number = {value: at for at, value in enumerate(distinct)}
    return tuple(distinct), np.array([number[value] for value in rows], np.int64)


def distinct_events(events: Events) -> Events:
    """Each event once, in order of its id.

    Of rows that have one id and differ, the first counts by time, then by content: a choice that no order of arrival
    changes. A database refuses the second at the door.
    """
    by_id = np.argsort(events.event)
    if group_starts([events.event[by_id]]).all():
        return events.where(by_id)
    # Scores are compared by their bits: a missing one must equal itself.
    score = events.score.astype(np.float64).view(np.int64)
    content = (events.at, events.learner, events.course, events.kind, events.lesson, score, events.passed)
    rows = ordered([events.event, *content])
    return events.where(rows[group_starts([events.event[rows]])])


def distinct_ids(events: Events) -> int:
    """How many events there are."""
    return int(group_starts([np.sort(events.event)]).sum())


def differing_events(events: Events) -> int:
    """How many ids stand for events that differ."""
    score = events.score.astype(np.float64).view(np.int64)
    content = (events.event, events.at, events.learner, events.course, events.kind, events.lesson, score, events.passed)
    rows = ordered(content)
    whole = group_starts([column[rows] for column in content])
    by_id = group_starts([events.event[rows]])
    return len(np.unique(events.event[rows][whole & ~by_id]))
