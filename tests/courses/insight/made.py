"""Facts of few learners, written as a hand would: names, lesson numbers and clock times."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from domain.courses.insight.formats.study import Study, study_of
from domain.courses.insight.formats.tables import EnrolmentTable, EventTable, LessonTable, texts
from domain.courses.insight.rules.facts import DAY, NEVER
from domain.courses.insight.rules.figures import Figures
from domain.kernel.errors import Invalid

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Row = tuple[Any, ...]


def at(text: str) -> int:
    """Microseconds of a UTC time such as 2026-03-01 or 2026-03-01T10:00:00."""
    return (datetime.fromisoformat(text).replace(tzinfo=UTC) - EPOCH) // timedelta(microseconds=1)


def day(text: str) -> int:
    return at(text) // DAY


def refuse(row: int, column: str, problem: str, hint: str = "") -> Invalid:
    return Invalid(f"row {row}, column {column}: {problem}", hint=hint)


def _instants(cells: Sequence[str | None]) -> np.ndarray[Any, np.dtype[np.int64]]:
    return np.array([NEVER if cell is None else at(cell) for cell in cells], np.int64)


def _floats(cells: Sequence[float | None]) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.array([np.nan if cell is None else cell for cell in cells], np.float64)


def _padded(rows: Sequence[Row], width: int) -> list[list[Any]]:
    whole = [[*row, *[None] * (width - len(row))] for row in rows]
    return [list(column) for column in zip(*whole, strict=True)] or [[] for _ in range(width)]


def enrolments(rows: Sequence[Row], completions_known: bool = True) -> EnrolmentTable:
    """Rows (learner, course, enrolled, completed?, revoked?)."""
    learner, course, begun, completed, revoked = _padded(rows, 5)
    done = _instants(completed) if completions_known else None
    return EnrolmentTable(texts(learner), texts(course), _instants(begun), done, _instants(revoked), refuse)


def events(rows: Sequence[Row]) -> EventTable:
    """Rows (id, learner, course, type, lesson, time, score?, passed?)."""
    number, learner, course, kind, lesson, when, score, passed = _padded(rows, 8)
    told = texts(None if one is None else str(one) for one in passed)
    ids, of = texts(map(str, number)), texts(course)
    return EventTable(
        ids, texts(learner), of, texts(kind), _floats(lesson), _instants(when), _floats(score), told, refuse
    )


def lessons(rows: Sequence[Row]) -> LessonTable:
    """Rows (course, lesson, title?, minutes?)."""
    course, lesson, title, minutes = _padded(rows, 4)
    return LessonTable(texts(course), _floats(lesson), texts(title), _floats(minutes), refuse)


def study(
    enrolled: Sequence[Row], happened: Sequence[Row], taught: Sequence[Row] = (), completions_known: bool = True
) -> Study:
    table = lessons(taught) if taught else None
    return study_of(enrolments(enrolled, completions_known), events(happened), table)


def figures(
    enrolled: Sequence[Row],
    happened: Sequence[Row],
    taught: Sequence[Row] = (),
    as_of: str = "2026-06-01",
    completions_known: bool = True,
) -> Figures:
    return Figures(study(enrolled, happened, taught, completions_known).facts, at(as_of))
