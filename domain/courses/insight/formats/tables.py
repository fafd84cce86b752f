"""The three tables of study mode as columns, in the order of their rows, whatever kind of file they came from.

Events: event_id, learner_id, course_id, event_type, lesson_idx, occurred_at, optionally score and passed. Enrolments:
learner_id, course_id, enrolled_at, optionally completed_at and revoked_at. Lessons: course_id, lesson_idx, optionally
title and planned_minutes. Instants are microseconds since 1970 UTC, NEVER where a cell is empty; a column that a table
does not have is None.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from domain.courses.insight.rules.grouping import Ints
from domain.kernel.errors import Invalid

Floats = NDArray[np.float64]


class Refuse(Protocol):
    """Makes the error that names a cell: its row, counted from 0, its column, what is wrong, and what to do."""

    def __call__(self, row: int, column: str, problem: str, hint: str = "") -> Invalid:
        """The error, to be raised."""
        ...


@dataclass(frozen=True)
class Texts:
    """A column of text: distinct values in rising order, and the number of each row's value, -1 where it is empty."""

    values: Sequence[str]
    code: Ints


def texts(rows: Iterable[str | None]) -> Texts:
    """A column of text from its cells."""
    cells = list(rows)
    values = sorted({cell for cell in cells if cell})
    number = {value: at for at, value in enumerate(values)}
    return Texts(values, np.array([number[cell] if cell else -1 for cell in cells], np.int64))


@dataclass(frozen=True)
class EnrolmentTable:
    """Enrolments; the ids are never empty."""

    learner_id: Texts
    course_id: Texts
    enrolled_at: Ints
    completed_at: Ints | None
    revoked_at: Ints | None
    refuse: Refuse


@dataclass(frozen=True)
class EventTable:
    """Events; only learner_id, lesson_idx (NaN), score (NaN) and passed may be empty."""

    event_id: Texts
    learner_id: Texts
    course_id: Texts
    event_type: Texts
    lesson_idx: Floats
    occurred_at: Ints
    score: Floats | None
    passed: Texts | None
    refuse: Refuse


@dataclass(frozen=True)
class LessonTable:
    """Lessons; title and planned_minutes (NaN) may be empty."""

    course_id: Texts
    lesson_idx: Floats
    title: Texts | None
    planned_minutes: Floats | None
    refuse: Refuse
