"""What learners have done in an enrolment, as rows: lessons completed, and quizzes attempted."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, text

from domain.courses.delivery.rules.grading import Graded
from domain.kernel.canonical import new_id


@dataclass(frozen=True)
class Done:
    """One lesson of a version that was completed."""

    lesson_idx: int
    lesson_id: str
    completed_at: datetime


@dataclass(frozen=True)
class Attempt:
    """One graded attempt at a quiz, numbered from 1 for each enrolment, version and quiz."""

    attempt: int
    answers: list[int]
    correct: int
    questions: int
    score_pct: int
    passed: bool
    at: datetime


def completed(connection: Connection, enrollment_id: uuid.UUID, version: int) -> list[Done]:
    """The completed lessons of that version, in its order."""
    rows = connection.execute(
        text(
            "SELECT lesson_idx, lesson_id, completed_at FROM lesson_progress"
            " WHERE enrollment_id = :id AND package_version = :version ORDER BY lesson_idx"
        ),
        {"id": enrollment_id, "version": version},
    ).all()
    return [Done(**row._mapping) for row in rows]


def how_many_completed(connection: Connection, enrollments: Collection[uuid.UUID]) -> dict[uuid.UUID, int]:
    """Completed lessons of the version that each enrolment is pinned to; those without any are left out."""
    rows = connection.execute(
        text(
            "SELECT e.enrollment_id, count(*) AS completed FROM enrollments AS e JOIN lesson_progress AS p"
            " ON p.tenant_id = e.tenant_id AND p.enrollment_id = e.enrollment_id"
            " AND p.package_version = e.package_version WHERE e.enrollment_id = ANY(:ids) GROUP BY e.enrollment_id"
        ),
        {"ids": list(enrollments)},
    ).all()
    return {row.enrollment_id: row.completed for row in rows}


def complete(
    connection: Connection,
    enrollment_id: uuid.UUID,
    version: int,
    lesson_idx: int,
    lesson_id: str,
    at: datetime | None = None,
) -> bool:
    """Note a lesson as completed; False if it was before. Grain: enrolment, version and lesson.

    `at` is the instant at which it was completed in a former version, UTC; None: now, by the database's clock.
    """
    made = connection.execute(
        text(
            "INSERT INTO lesson_progress (enrollment_id, package_version, lesson_idx, lesson_id, completed_at)"
            " VALUES (:id, :version, :idx, :lesson, COALESCE(:at, clock_timestamp()))"
            " ON CONFLICT (tenant_id, enrollment_id, package_version, lesson_idx) DO NOTHING RETURNING lesson_idx"
        ),
        {"id": enrollment_id, "version": version, "idx": lesson_idx, "lesson": lesson_id, "at": at},
    ).one_or_none()
    return made is not None


def passed_quizzes(connection: Connection, enrollment_id: uuid.UUID) -> set[str]:
    """Ids of the quizzes that the learner has passed, in whatever version: a pass stays when the learner moves."""
    rows = connection.execute(
        text("SELECT DISTINCT quiz_id FROM quiz_attempts WHERE enrollment_id = :id AND passed"),
        {"id": enrollment_id},
    )
    return set(rows.scalars())


def attempts(connection: Connection, enrollment_id: uuid.UUID, version: int, quiz_id: str) -> list[Attempt]:
    """The learner's attempts at a quiz of that version, the first one first."""
    rows = connection.execute(
        text(
            "SELECT attempt, answers, correct, questions, score_pct, passed, at FROM quiz_attempts"
            " WHERE enrollment_id = :id AND package_version = :version AND quiz_id = :quiz ORDER BY attempt"
        ),
        {"id": enrollment_id, "version": version, "quiz": quiz_id},
    ).all()
    return [_attempt(row) for row in rows]


def insert_attempt(
    connection: Connection,
    enrollment_id: uuid.UUID,
    version: int,
    lesson_idx: int,
    quiz_id: str,
    answers: Sequence[int],
    graded: Graded,
) -> Attempt:
    """Keep a graded attempt under the next number. The caller holds the enrolment's lock."""
    row = connection.execute(
        text(
            "INSERT INTO quiz_attempts (attempt_id, enrollment_id, package_version, lesson_idx, quiz_id, attempt,"
            " answers, correct, questions, score_pct, passed)"
            " SELECT :attempt_id, :id, :version, :idx, :quiz, COALESCE(max(attempt), 0) + 1, CAST(:answers AS int[]),"
            " :correct, :questions, :score, :passed FROM quiz_attempts"
            " WHERE enrollment_id = :id AND package_version = :version AND quiz_id = :quiz"
            " RETURNING attempt, answers, correct, questions, score_pct, passed, at"
        ),
        {
            "attempt_id": new_id(),
            "id": enrollment_id,
            "version": version,
            "idx": lesson_idx,
            "quiz": quiz_id,
            "answers": list(answers),
            "correct": graded.correct,
            "questions": graded.questions,
            "score": graded.score_pct,
            "passed": graded.passed,
        },
    ).one()
    return _attempt(row)


def _attempt(row: Row[Any]) -> Attempt:
    return Attempt(**row._mapping)
