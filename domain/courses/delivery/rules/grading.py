"""Grade a quiz from its key. Whole numbers alone: a score is never rounded up."""

from collections.abc import Sequence
from dataclasses import dataclass

from domain.courses.content.quiz import Quiz
from domain.kernel.errors import Invalid

OPTIONS = 4


@dataclass(frozen=True)
class Marked:
    """What came of one question, with the reason that is told after the answer."""

    correct: bool
    explanation: str


@dataclass(frozen=True)
class Graded:
    """One attempt, graded. `score_pct` is the share of right answers in percent, cut to whole numbers."""

    correct: int
    questions: int
    score_pct: int
    passed: bool
    per_question: tuple[Marked, ...]


def grade(quiz: Quiz, answers: Sequence[int]) -> Graded:
    """The grade of these answers, one for each question in its order, each 0 to 3.

    Raises:
        Invalid: ANSWERS_DO_NOT_FIT, too few, too many, or not one of the four options.
    """
    if len(answers) != len(quiz.questions) or not all(0 <= answer < OPTIONS for answer in answers):
        raise Invalid(
            f"The attempt was not taken: the quiz has {len(quiz.questions)} question(s), each with the options 0 to 3.",
            hint="Send one answer for each question, in the order of the questions.",
            code="ANSWERS_DO_NOT_FIT",
            errors=[{"field": "answers", "message": f"{len(quiz.questions)} whole numbers from 0 to 3 are expected"}],
        )
    marked = tuple(
        Marked(answer == question.correct_index, question.explanation)
        for question, answer in zip(quiz.questions, answers, strict=True)
    )
    correct = sum(one.correct for one in marked)
    score_pct = 100 * correct // len(marked)
    return Graded(correct, len(marked), score_pct, score_pct >= quiz.pass_threshold_pct, marked)
