"""The lessons of each course: from a table of lessons, or, without one, as many as its events name."""

import numpy as np

from domain.courses.insight.formats.tables import EventTable, Floats, LessonTable, Refuse
from domain.courses.insight.rules.facts import MAX_LESSON_IDX, Course, Lesson
from domain.courses.insight.rules.grouping import Ints

_MOST_MINUTES = 100_000


def lesson_numbers(cells: Floats, refuse: Refuse) -> Ints:
    """A column lesson_idx as whole numbers; -1 where a cell is empty.

    Raises:
        Invalid: a cell is no whole number of a lesson.
    """
    told = ~np.isnan(cells)
    bad = told & ~((cells >= 0) & (cells <= MAX_LESSON_IDX) & (cells == np.floor(cells)))
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        raise refuse(
            row, "lesson_idx", f"{cells[row]:g} is no lesson, expected a whole number, 0 for the first lesson."
        )
    return np.where(told, cells, -1).astype(np.int64)


def courses_of(
    course_ids: list[str], table: LessonTable | None, events: EventTable, lesson: Ints
) -> tuple[Course, ...]:
    """The courses with their lessons; `lesson` is the checked lesson_idx of each event.

    Raises:
        Invalid: a lesson stands twice and differs, a plan is no number of minutes.
    """
    told = {} if table is None else _told(table)
    seen = _highest_seen(events, lesson)
    out = []
    for course_id in course_ids:
        if course_id in told:
            out.append(Course(course_id, tuple(one for _, one in sorted(told[course_id].items()))))
        else:
            lessons = tuple(Lesson(number) for number in range(seen.get(course_id, -1) + 1))
            out.append(Course(course_id, lessons, lessons_known=False))
    return tuple(out)


def _told(table: LessonTable) -> dict[str, dict[int, Lesson]]:
    numbers = lesson_numbers(table.lesson_idx, table.refuse)
    found: dict[str, dict[int, Lesson]] = {}
    for row, (code, number) in enumerate(zip(table.course_id.code.tolist(), numbers.tolist(), strict=True)):
        if number < 0:
            raise table.refuse(row, "lesson_idx", "is empty, expected the number of a lesson.")
        lesson = Lesson(number, _title(table, row), _minutes(table, row))
        course = found.setdefault(table.course_id.values[code], {})
        if course.setdefault(number, lesson) != lesson:
            raise table.refuse(
                row,
                "lesson_idx",
                f"lesson {number} of {table.course_id.values[code]} stands twice and differs.",
                "Keep the right one; equal duplicates may stay.",
            )
    return found


def _title(table: LessonTable, row: int) -> str | None:
    if table.title is None or table.title.code[row] < 0:
        return None
    return table.title.values[int(table.title.code[row])]


def _minutes(table: LessonTable, row: int) -> float | None:
    if table.planned_minutes is None or np.isnan(table.planned_minutes[row]):
        return None
    minutes = float(table.planned_minutes[row])
    if not 0 < minutes <= _MOST_MINUTES:
        raise table.refuse(row, "planned_minutes", f"{minutes:g} is no plan, expected minutes such as 20.")
    return minutes


def _highest_seen(events: EventTable, lesson: Ints) -> dict[str, int]:
    highest = np.full(len(events.course_id.values), -1, np.int64)
    np.maximum.at(highest, events.course_id.code, lesson)
    return dict(zip(events.course_id.values, highest.tolist(), strict=True))
