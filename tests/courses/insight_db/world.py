"""Learners of a school, written into the database and, the same, as the facts that the pure rules read."""

import hashlib
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4

import numpy as np
from sqlalchemy import text

from domain.courses.content.package import CoursePackage
from domain.courses.insight.rules.facts import (
    EVENT_TYPES,
    NEVER,
    NO_LESSON,
    Course,
    Enrolments,
    Events,
    Facts,
    Purchases,
    numbered,
)
from domain.courses.insight.store.kept import course_of
from domain.kernel.canonical import new_id
from domain.kernel.db import transaction
from domain.kernel.people import ensure_person
from domain.kernel.settings import DbRole
from tests.courses.delivery.school import package_of, publish
from tests.makers import make_person, make_tenant

BEGIN = date(2026, 3, 1)
COURSES = ("0190a3c4-0000-7000-8000-00000000000a", "0190a3c4-0000-7000-8000-00000000000b")


def micros_of(at: datetime) -> int:
    """Microseconds since 1970 UTC."""
    return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


@dataclass
class Enrolled:
    """One enrolment."""

    user: str
    course: str
    at: datetime
    completed: datetime | None = None
    revoked: datetime | None = None
    enrollment_id: UUID = field(default_factory=new_id)


@dataclass(frozen=True)
class Act:
    """One act of a learner; score_pct of an attempt."""

    event_id: str
    user: str | None
    course: str
    kind: str
    lesson: int | None
    at: datetime
    score_pct: int | None = None


@dataclass
class World:
    """One tenant with two courses and some learners."""

    tenant: str
    packages: dict[str, CoursePackage] = field(default_factory=dict)
    users: list[str] = field(default_factory=list)
    enrolled: list[Enrolled] = field(default_factory=list)
    acts: list[Act] = field(default_factory=list)

    def open(self, learners: int, courses: Sequence[str] = COURSES) -> "World":
        """Make the tenant, its courses and its learners."""
        make_tenant(self.tenant, "UTC")
        reviewer = make_person(self.tenant, f"rita-{self.tenant.lower()}", "REVIEWER")
        for course in courses:
            self.packages[course] = package_of(course, quizzes=("m01l01", "m02l01"))
            publish(self.tenant, self.packages[course], reviewer)
        for number in range(learners):
            email = f"learner{number}.{self.tenant.lower()}@example.org"
            self.users.append(str(ensure_person(self.tenant, email, f"Learner {number}", ["LEARNER"]).id))
        return self

    def enrol(self, user: str, course: str, at: datetime, **more: Any) -> Enrolled:
        """Note an enrolment; `write` puts it into the database."""
        self.enrolled.append(Enrolled(user, course, at, **more))
        return self.enrolled[-1]

    def act(self, user: str | None, course: str, kind: str, lesson: int | None, at: datetime, **more: Any) -> Act:
        """Note an act of a browser, or of the server where it is a completion or an attempt."""
        made = Act(str(uuid4()), user, course, kind, lesson, at, **more)
        if kind == "lesson_completed":
            of = self._enrolment(user, course)
            told = f"{of.enrollment_id}|1|{lesson}"
            made = Act(str(UUID(hashlib.md5(told.encode()).hexdigest())), user, course, kind, lesson, at)  # noqa: S324
        self.acts.append(made)
        return made

    def _enrolment(self, user: str | None, course: str) -> Enrolled:
        return next(one for one in self.enrolled if one.user == user and one.course == course)

    def write(self) -> "World":
        """Put everything into the database."""
        self.write_enrolments()
        self.write_acts(self.acts)
        return self

    def write_enrolments(self) -> None:
        """Enrolments with their revocations."""
        with transaction(self.tenant) as connection:
            for one in self.enrolled:
                connection.execute(
                    text(
                        "INSERT INTO enrollments (enrollment_id, user_id, course_tenant_id, course_id,"
                        " package_version, created_at, completed_at) VALUES (:enrollment_id, CAST(:user AS uuid),"
                        " :tenant, :course, 1, :at, :completed)"
                    ),
                    vars(one) | {"tenant": self.tenant},
                )
                if one.revoked is not None:
                    connection.execute(
                        text(
                            "INSERT INTO enrollment_revocations (revocation_id, enrollment_id, reason, actor, at)"
                            " VALUES (gen_random_uuid(), :enrollment_id, 'Asked', CAST(:user AS uuid), :revoked)"
                        ),
                        vars(one),
                    )

    def write_acts(self, acts: Sequence[Act]) -> None:
        """Acts in the order given: browsers' as events, the server's as its own rows."""
        with transaction(self.tenant) as connection:
            days = sorted({one.at.date() for one in acts})
            connection.execute(
                text("SELECT learner_day_open(:tenant, one) FROM unnest(CAST(:days AS date[])) AS d (one)"),
                {"tenant": self.tenant, "days": days},
            )
            for one in acts:
                connection.execute(text(_STATEMENTS.get(one.kind, _EVENT)), self._binds(one))

    def _binds(self, one: Act) -> dict[str, Any]:
        found = vars(one) | {"day": one.at.date(), "passed": (one.score_pct or 0) >= 70}
        if one.kind in _STATEMENTS:
            quizzes = {quiz.lesson_id: quiz.id for quiz in self.packages[one.course].quizzes}
            lesson_id = self.packages[one.course].lesson_order[one.lesson or 0]
            found |= {
                "enrollment_id": self._enrolment(one.user, one.course).enrollment_id,
                "lesson_id": lesson_id,
                "quiz": quizzes.get(lesson_id, "none"),
            }
        return found

    def facts(self) -> Facts:
        """The same as columns for the rules."""
        ids, event = numbered(one.event_id for one in self.acts)
        learner = {user: at for at, user in enumerate(sorted(self.users))}
        courses = sorted(self.packages)
        del ids
        acts = [
            (
                int(event[at]),
                learner[one.user] if one.user else -1,
                courses.index(one.course),
                EVENT_TYPES.index(one.kind),
                NO_LESSON if one.lesson is None else one.lesson,
                micros_of(one.at),
                -1 if one.score_pct is None else int(one.score_pct >= 70),
            )
            for at, one in enumerate(self.acts)
        ]
        table = np.array(acts, np.int64).reshape(len(acts), 7)
        scores = np.array([np.nan if one.score_pct is None else one.score_pct for one in self.acts], np.float64)
        enrolled = [
            (learner[one.user], courses.index(one.course), *map(_micros, (one.at, one.completed, one.revoked)))
            for one in self.enrolled
        ]
        rows = np.array(enrolled, np.int64).reshape(len(enrolled), 5)
        return Facts(
            len(self.users),
            tuple(self._course(course) for course in courses),
            Enrolments(*(rows[:, at] for at in range(5))),
            Events(table[:, 0], table[:, 1], table[:, 2], table[:, 3], table[:, 4], table[:, 5], scores, table[:, 6]),
            Purchases(*([np.empty(0, np.int64)] * 7)),
        )

    def _course(self, course: str) -> Course:
        from domain.courses.delivery.store import versions

        with transaction(self.tenant) as connection:
            found = versions.one(connection, self.tenant, course, 1)
        assert found is not None
        return course_of(found, self.packages[course])


_EVENT = (
    "WITH k AS (INSERT INTO analytics_event_keys (event_id) VALUES (CAST(:event_id AS uuid)))"
    " INSERT INTO analytics_events (event_id, occurred_on, event_type, source, user_id, course_id, package_version,"
    " lesson_idx, occurred_at) VALUES (CAST(:event_id AS uuid), :day, :kind, 'client', CAST(:user AS uuid), :course, 1,"
    " :lesson, :at)"
)
_STATEMENTS = {
    "lesson_completed": (
        "INSERT INTO lesson_progress (enrollment_id, package_version, lesson_idx, lesson_id, completed_at)"
        " VALUES (:enrollment_id, 1, :lesson, :lesson_id, :at)"
    ),
    "quiz_attempted": (
        "INSERT INTO quiz_attempts (attempt_id, enrollment_id, package_version, lesson_idx, quiz_id, attempt, answers,"
        " correct, questions, score_pct, passed, at) SELECT CAST(:event_id AS uuid), :enrollment_id, 1, :lesson, :quiz,"
        " COALESCE(max(attempt), 0) + 1, '{1}', 1, 1, :score_pct, :passed, :at FROM quiz_attempts"
        " WHERE enrollment_id = :enrollment_id AND quiz_id = :quiz"
    ),
}


def _micros(at: datetime | None) -> int:
    return NEVER if at is None else micros_of(at)


def instant(day: int, seconds: float = 0) -> datetime:
    """So many seconds into the day that many days after BEGIN."""
    return datetime.combine(BEGIN + timedelta(days=day), time(), UTC) + timedelta(seconds=seconds)


def lively(tenant: str, learners: int = 24, days: int = 5, seed: int = 7) -> World:
    """A world in which everything happens: gaps of all kinds, midnight, revocations, views before the enrolment."""
    dice = random.Random(seed)  # noqa: S311
    world = World(tenant).open(learners)
    for user in world.users:
        for course in COURSES:
            if dice.random() < 0.15:
                continue
            at = instant(0, dice.uniform(0, 86_400 * days))
            late = [instant(0, dice.uniform(0, 86_400 * (days + 1))) for _ in range(2)]
            one = world.enrol(user, course, at)
            one.completed = max(late[0], at) if dice.random() < 0.3 else None
            one.revoked = max(late[1], at) if dice.random() < 0.2 else None
    for user in world.users:
        now = dice.uniform(0, 86_400 * 2)
        for _ in range(dice.randint(0, 30)):
            now += dice.choice([0, 5, 60, 600, 1_799, 1_800, 1_801, 20_000, 86_400 * 0.9])
            if now < 86_400 * days:
                _happens(world, dice, user, instant(0, now))
    return world


def _happens(world: World, dice: random.Random, user: str, at: datetime) -> None:
    course = dice.choice(COURSES)
    kind = dice.choice(["course_view", "lesson_viewed", "lesson_viewed", "lesson_left", "lesson_completed", "quiz"])
    lesson = None if kind == "course_view" else dice.randrange(3)
    is_enrolled = any(one.user == user and one.course == course for one in world.enrolled)
    if kind == "lesson_completed":
        done = any((a.user, a.course, a.kind, a.lesson) == (user, course, kind, lesson) for a in world.acts)
        kind = "lesson_viewed" if done or not is_enrolled else kind
    if kind == "quiz":
        if is_enrolled:
            world.act(user, course, "quiz_attempted", dice.choice([0, 2]), at, score_pct=dice.choice([0, 67, 70, 100]))
        return
    world.act(user, course, kind, lesson, at)


def rows_of(tenant: str, table: str, columns: str = "*", order: str = "1, 2, 3, 4, 5") -> list[tuple[Any, ...]]:
    """All rows of a table in a fixed order."""
    with transaction(tenant, DbRole.OWNER) as connection:
        found = connection.execute(
            text(f"SELECT {columns} FROM {table} WHERE tenant_id = :tenant ORDER BY {order}"), {"tenant": tenant}
        )
        return [tuple(row) for row in found]
