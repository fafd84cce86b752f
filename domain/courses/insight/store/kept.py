"""The facts of one course as they last, as columns for the rules. Staff and authors are left out."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import date
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy import Connection, text

from domain.courses.content.package import CoursePackage
from domain.courses.delivery.store import versions
from domain.courses.delivery.store.versions import Version
from domain.courses.insight.rules.facts import DAY, NEVER, Course, Enrolments, Events, Facts, Lesson, Purchases, Table
from domain.courses.insight.rules.grouping import Ints
from domain.courses.insight.rules.kept import KeptFigures
from domain.courses.insight.rules.quizzes import Attempts
from domain.courses.insight.rules.sessions import Credits
from domain.courses.insight.rules.standing import Activity, LessonState

# Everybody who is or was anything but a learner here.
_LEARNS = (
    "NOT EXISTS (SELECT 1 FROM role_assignments AS r WHERE r.tenant_id = {0}.tenant_id AND r.user_id = {0}.user_id"
    " AND r.role <> 'LEARNER')"
)
_MICROS = "(extract(EPOCH FROM {0}) * 1000000)::bigint"
_OF_COURSE = "course_id = :course AND user_id = ANY(:learners)"


def day_number(day: date) -> int:
    """Days since 1970."""
    return day.toordinal() - date(1970, 1, 1).toordinal()


def end_of(day: date) -> int:
    """The last microsecond of a UTC day."""
    return (day_number(day) + 1) * DAY - 1


def pinned_versions(connection: Connection, course_id: str) -> list[Version]:
    """The versions that enrolments are pinned to or have left, in rising order."""
    rows = connection.execute(
        text(
            "SELECT course_tenant_id AS owner, package_version AS version FROM enrollments WHERE course_id = :course"
            " UNION SELECT e.course_tenant_id, u.from_version FROM enrollment_upgrades AS u JOIN enrollments AS e"
            " ON e.tenant_id = u.tenant_id AND e.enrollment_id = u.enrollment_id WHERE e.course_id = :course"
            " ORDER BY version, owner"
        ),
        {"course": course_id},
    ).all()
    found = [versions.one(connection, row.owner, course_id, row.version) for row in rows]
    return [one for one in found if one is not None]


def course_of(version: Version, package: CoursePackage) -> Course:
    """A version as the rules know it."""
    quizzes = {quiz.lesson_id: quiz.id for quiz in package.quizzes}
    firsts = {module.lesson_ids[0] for module in package.modules}
    lessons = tuple(
        Lesson(
            at,
            lesson.title,
            float(lesson.duration_minutes),
            lesson.id,
            lesson.module_id,
            quizzes.get(lesson.id),
            lesson.id in firsts,
        )
        for at, lesson in enumerate(package.lessons)
    )
    return Course(version.course_id, lessons, package_version=version.version)


def kept_figures(connection: Connection, found: Sequence[Version], as_of: int) -> KeptFigures:
    """The figures of one course in these versions, of which there is at least one, at an instant."""
    courses = tuple(course_of(one, versions.content(connection, one)) for one in found)
    number = {one.version: at for at, one in enumerate(found)}
    course_id = found[0].course_id
    enrolled = _enrolled(connection, course_id, list(number))
    learner = {row.user_id: at for at, row in enumerate(enrolled)}
    reader = _Reader(connection, course_id, learner, number)
    bought, people = reader.purchases()
    facts = Facts(
        people,
        courses,
        _columns(Enrolments, [(learner[r.user_id], number[r.package_version], r.a, r.b, r.c) for r in enrolled]),
        _no_events(),
        bought,
    )
    return KeptFigures(facts, as_of, reader.state(), reader.activity(), reader.credited(), reader.tried())


def _enrolled(connection: Connection, course_id: str, pinned: list[int]) -> list[Any]:
    """One row per learner in order of their ids; NEVER where something did not happen."""
    micros = ", ".join(
        f"coalesce({_MICROS.format(column)}, {NEVER}) AS {name}"
        for column, name in (("e.created_at", "a"), ("e.completed_at", "b"), ("e.revoked_at", "c"))
    )
    return list(
        connection.execute(
            text(
                f"SELECT e.user_id, e.package_version, {micros} FROM v_enrollments AS e WHERE e.course_id = :course"
                f" AND e.package_version = ANY(:pinned) AND {_LEARNS.format('e')} ORDER BY e.user_id"
            ),
            {"course": course_id, "pinned": pinned},
        )
    )


class _Reader:
    """Reads what lasts of one course, with learners and versions as numbers."""

    def __init__(
        self, connection: Connection, course_id: str, learner: dict[UUID, int], number: dict[int, int]
    ) -> None:
        self.connection, self.learner, self.number = connection, learner, number
        self.binds = {"course": course_id, "learners": list(learner)}

    def _rows(self, columns: str, source: str) -> list[Any]:
        """Rows of enrolled learners in known versions: user, version, and the columns."""
        found = self.connection.execute(
            text(f"SELECT user_id, package_version, {columns} FROM {source} AND package_version = ANY(:pinned)"),
            self.binds | {"pinned": list(self.number)},
        )
        return [(self.learner[row[0]], self.number[row[1]], *row[2:]) for row in found]

    def state(self) -> LessonState:
        first = f"coalesce({_MICROS.format('first_viewed_at')}, {NEVER})"
        done = f"coalesce({_MICROS.format('completed_at')}, {NEVER})"
        rows = self._rows(f"lesson_idx, {first}, {done}", f"learner_lesson_state WHERE {_OF_COURSE}")
        return _columns(LessonState, rows)

    def activity(self) -> Activity:
        return _columns(Activity, self._rows(_MICROS.format("last_at"), f"learner_activity WHERE {_OF_COURSE}"))

    def credited(self) -> Credits:
        rows = self._rows(
            "lesson_idx, 0, (seconds_total * 1000000)::bigint",
            f"learner_lesson_state WHERE seconds_total > 0 AND {_OF_COURSE}",
        )
        return _columns(Credits, rows)

    def tried(self) -> Attempts:
        """Attempts of the pinned version, in the order in which rules expect them."""
        found = self.connection.execute(
            text(
                f"SELECT e.user_id, a.package_version, a.lesson_idx, {_MICROS.format('a.at')}, a.passed::int"
                " FROM quiz_attempts AS a JOIN enrollments AS e ON e.tenant_id = a.tenant_id"
                " AND e.enrollment_id = a.enrollment_id WHERE e.course_id = :course"
                " AND e.user_id = ANY(:learners) AND a.package_version = ANY(:pinned)"
                " ORDER BY e.user_id, a.package_version, a.lesson_idx, a.at, a.attempt_id"
            ),
            self.binds | {"pinned": list(self.number)},
        )
        return _columns(
            Attempts, [(self.learner[row[0]], self.number[row[1]], row[2], row[3], row[4], row[4]) for row in found]
        )

    def purchases(self) -> tuple[Purchases, int]:
        """Purchases of the course, each with the version of its buyer's enrolment, else with the newest; and how many
        people there are, buyers who never enrolled among them.
        """
        found = self.connection.execute(
            text(
                f"SELECT p.user_id, e.package_version, {_MICROS.format('p.created_at')} AS at,"
                f" coalesce({_MICROS.format('p.refunded_at')}, {NEVER}), p.price_cents,"
                " coalesce(p.refunded_cents, 0) FROM v_purchases AS p LEFT JOIN enrollments AS e"
                " ON e.tenant_id = p.tenant_id AND e.user_id = p.user_id AND e.course_id = p.course_id"
                f" WHERE p.course_id = :course AND {_LEARNS.format('p')} ORDER BY p.created_at, p.purchase_id"
            ),
            self.binds,
        ).all()
        newest = len(self.number) - 1
        buyer = dict(self.learner)
        for row in found:
            buyer.setdefault(row[0], len(buyer))
        rows = [(buyer[r[0]], self.number.get(r[1], newest), r[2], r[3], r[4], r[5], 0) for r in found]
        return _columns(Purchases, rows), len(buyer)


def _no_events() -> Events:
    none = np.empty(0, np.int64)
    return Events(none, none, none, none, none, none, np.empty(0), none)


def _columns(kind: type[Table], rows: Sequence[Sequence[int]]) -> Table:
    width = len(fields(kind))
    table: Ints = np.array(rows, np.int64).reshape(len(rows), width)
    return kind(*(np.ascontiguousarray(table[:, at]) for at in range(width)))
