"""The files of `countersign courses metrics` as the tables of its study: which columns, which cells may be empty."""

from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from cli.study.files import Codes, FileColumns, Wanted, read_columns
from cli.study.stamps import NOT_TOLD, instants
from domain.courses.insight.formats.tables import EnrolmentTable, EventTable, LessonTable, Texts
from domain.courses.insight.rules.facts import NEVER

ENROLMENTS = Wanted(
    texts=("learner_id", "course_id"),
    numbers=(),
    stamp="enrolled_at",
    optional_stamps=("completed_at", "revoked_at"),
    example="learner_id,course_id,enrolled_at",
)
EVENTS = Wanted(
    texts=("event_id", "learner_id", "course_id", "event_type"),
    numbers=("lesson_idx",),
    stamp="occurred_at",
    optional_texts=("passed",),
    optional_numbers=("score",),
    may_have_gaps=("learner_id", "lesson_idx"),
    may_have_no_rows=True,
    example="event_id,learner_id,course_id,event_type,lesson_idx,occurred_at",
)
LESSONS = Wanted(
    texts=("course_id",),
    numbers=("lesson_idx",),
    stamp=None,
    optional_texts=("title",),
    optional_numbers=("planned_minutes",),
    example="course_id,lesson_idx,title,planned_minutes",
)
_UTC = ZoneInfo("UTC")


def read_enrolments(path: Path) -> EnrolmentTable:
    """A file of enrolments.

    Raises:
        Invalid: one sentence that names file, row, column and what was expected; so for the files below.
    """
    file = read_columns(path, ENROLMENTS)
    learner, course = (_texts(file.texts[name]) for name in ("learner_id", "course_id"))
    completed, revoked = (_optional_instants(file, name) for name in ("completed_at", "revoked_at"))
    return EnrolmentTable(learner, course, _instants(file, "enrolled_at"), completed, revoked, file.refuse)


def read_events(path: Path) -> EventTable:
    """A file of events; it may hold none."""
    file = read_columns(path, EVENTS)
    return EventTable(
        _texts(file.texts["event_id"]),
        _texts(file.texts["learner_id"]),
        _texts(file.texts["course_id"]),
        _texts(file.texts["event_type"]),
        file.numbers["lesson_idx"],
        _instants(file, "occurred_at"),
        file.numbers.get("score"),
        _optional_texts(file, "passed"),
        file.refuse,
    )


def read_lessons(path: Path) -> LessonTable:
    """A file of lessons."""
    file = read_columns(path, LESSONS)
    return LessonTable(
        _texts(file.texts["course_id"]),
        file.numbers["lesson_idx"],
        _optional_texts(file, "title"),
        file.numbers.get("planned_minutes"),
        file.refuse,
    )


def _texts(column: Codes) -> Texts:
    return Texts(column.values, column.code.astype(np.int64))


def _optional_texts(file: FileColumns, name: str) -> Texts | None:
    return _texts(file.texts[name]) if name in file.texts else None


def _optional_instants(file: FileColumns, name: str) -> NDArray[np.int64] | None:
    return _instants(file, name) if name in file.stamps else None


def _instants(file: FileColumns, name: str) -> NDArray[np.int64]:
    # Without an offset a stamp is UTC, as all days of courses are; so no hour stands twice and no owner is asked for.
    found = instants(file, name, np.zeros(len(file), np.int32), _UTC)
    return np.where(found == NOT_TOLD, NEVER, found)
