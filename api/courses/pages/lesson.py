"""The page of one lesson: what it teaches, what to practise, its quiz with feedback, and where to go next."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import RedirectResponse, Response
from markupsafe import Markup
from sqlalchemy import Connection

from api.courses.learn_metrics import lesson_completed_total, lesson_views_total
from api.courses.learn_session import LEARNS, LearnerDep
from api.forms import FormDep
from api.pages import PageDep
from domain.courses.content import markup
from domain.courses.content.package import PackagedLesson
from domain.courses.content.quiz import Quiz
from domain.courses.delivery.observe import lessons as progress
from domain.courses.delivery.observe import quizzes
from domain.courses.delivery.observe.learner import Learner
from domain.courses.delivery.observe.reading import Begun, begun, lesson_at
from domain.courses.delivery.rules.grading import Graded, grade
from domain.courses.delivery.rules.projection import quiz_of
from domain.courses.delivery.store import lessons
from domain.kernel.db import narrowed
from domain.kernel.settings import DELIVERY_ROLE

router = APIRouter(include_in_schema=False, dependencies=[LEARNS])
RIGHT_TO_LEFT = frozenset({"ar", "ckb", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"})
OPTIONS = {"0": 0, "1": 1, "2": 2, "3": 3}
NOTICES = {
    "completed": "The lesson is completed, and stays so.",
    "course": "The course is completed.",
    "answers": "Answer every question, then send the quiz.",
}


@router.get("/learn/{course_id}/lesson/{index}")
def lesson(
    page: PageDep,
    learner: LearnerDep,
    course_id: str,
    index: int,
    attempt: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0,
    done: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """One lesson; with `attempt` the feedback on that attempt of the reader."""
    with narrowed(page.connection, DELIVERY_ROLE):
        view = _view(page.connection, learner, course_id, index, attempt)
    lesson_views_total.inc()
    return page.show("courses/lesson.html", notice=NOTICES.get(done), **view)


@router.post("/learn/{course_id}/lesson/{index}/complete")
def complete(page: PageDep, learner: LearnerDep, _: FormDep, course_id: str, index: int) -> Response:
    """Mark the lesson as completed."""
    with narrowed(page.connection, DELIVERY_ROLE):
        _done, how_far, is_new = progress.mark(page.connection, learner, course_id, index, True)
    if is_new:
        lesson_completed_total.inc()
    said = "course" if how_far.completed_at is not None else "completed"
    return RedirectResponse(f"/learn/{course_id}/lesson/{index}?done={said}", 303)


@router.post("/learn/{course_id}/lesson/{index}/quiz")
def attempt_quiz(page: PageDep, learner: LearnerDep, form: FormDep, course_id: str, index: int) -> Response:
    """Grade the answers and show what came of them; where one is missing, the quiz with what was chosen so far."""
    with narrowed(page.connection, DELIVERY_ROLE):
        quiz = quizzes.quiz_at(begun(page.connection, learner, course_id).package, index)
        chosen = [OPTIONS.get(str(form.get(question.id))) for question in quiz.questions]
        answers = [one for one in chosen if one is not None]
        if len(answers) == len(chosen):
            made = quizzes.attempt(page.connection, learner, course_id, index, answers)
            return RedirectResponse(f"/learn/{course_id}/lesson/{index}?attempt={made.attempt.attempt}#quiz", 303)
        view = _view(page.connection, learner, course_id, index, 0)
    view["quiz"] |= {"chosen": chosen, "is_incomplete": True}
    return page.show("courses/lesson.html", 422, notice=NOTICES["answers"], **view)


def _view(connection: Connection, learner: Learner, course_id: str, index: int, attempt: int) -> dict[str, Any]:
    found = begun(connection, learner, course_id)
    one = lesson_at(found.package, index)
    how_far = progress.progress_of(connection, found.enrollment, found.package)
    last = len(found.package.lessons) - 1
    return {
        "version": found.version,
        "index": index,
        "lesson": lesson_view(one),
        "module": next(module for module in found.package.modules if module.id == one.module_id),
        "progress": how_far,
        "done": how_far.done.get(index),
        "quiz": _quiz(connection, found, one, attempt),
        "before": found.package.lessons[index - 1] if index else None,
        "after": found.package.lessons[index + 1] if index < last else None,
        "direction": "rtl" if found.version.language.split("-")[0] in RIGHT_TO_LEFT else "ltr",
    }


def lesson_view(one: PackagedLesson) -> dict[str, Any]:
    """A lesson for the page; what may hold markup is rendered by the one renderer, which escapes all else."""
    return {
        "title": one.title,
        "minutes": one.duration_minutes,
        "objectives": one.objectives,
        "overview": rendered(one.explanation.overview),
        "concepts": [
            {
                "title": concept.title,
                "text": rendered(concept.explanation),
                "example": rendered(concept.example) if concept.example else None,
            }
            for concept in one.explanation.concepts
        ],
        "takeaways": [inline(text) for text in one.key_takeaways],
        "prompt": rendered(one.practice.prompt),
        "outcome": rendered(one.practice.expected_outcome),
    }


def rendered(text: str) -> Markup:
    """Limited Markdown as HTML."""
    return Markup(markup.html_of(text))  # noqa: S704  the renderer escapes every word


def inline(text: str) -> Markup:
    """Limited Markdown within a line as HTML."""
    return Markup(markup.inline_html_of(text))  # noqa: S704  the renderer escapes every word


def _quiz(connection: Connection, found: Begun, one: PackagedLesson, attempt: int) -> dict[str, Any] | None:
    """The quiz with the reader's attempts; what is right is told of the questions of an attempt that was made."""
    quiz = quiz_of(found.package, one.id)
    if quiz is None:
        return None
    enrollment = found.enrollment
    made = lessons.attempts(connection, enrollment.enrollment_id, enrollment.package_version, quiz.id)
    shown = next((row for row in made if row.attempt == attempt), None)
    graded = grade(quiz, shown.answers) if shown is not None else None
    return {
        "threshold": quiz.pass_threshold_pct,
        "questions": _questions(quiz, graded),
        "chosen": shown.answers if shown is not None else [None] * len(quiz.questions),
        "shown": shown,
        "best": max((row.score_pct for row in made), default=None),
        "attempts": len(made),
        "is_passed": quiz.id in lessons.passed_quizzes(connection, enrollment.enrollment_id),
        "is_incomplete": False,
    }


def _questions(quiz: Quiz, graded: Graded | None) -> list[dict[str, Any]]:
    return [
        {
            "id": question.id,
            "text": inline(question.question),
            "options": [inline(option) for option in question.options],
            "marked": graded.per_question[number] if graded is not None else None,
            "why": rendered(graded.per_question[number].explanation) if graded is not None else None,
        }
        for number, question in enumerate(quiz.questions)
    ]
