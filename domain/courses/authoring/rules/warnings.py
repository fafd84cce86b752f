"""What a reviewer should look at though nothing forbids it: lengths off the plan, questions that give themselves away.

A warning is never an error: the person who countersigns decides.
"""

from collections import Counter
from dataclasses import dataclass

from domain.courses.authoring.rules.fit import planned_lesson
from domain.courses.content.lesson import Lesson
from domain.courses.content.project import Project
from domain.courses.content.quiz import Question, Quiz
from domain.courses.content.syllabus import Syllabus

# Below this many questions a common index says nothing.
FEWEST_FOR_INDEX = 5
# With this sentence a lesson says that nobody has written it; authors remove it.
NOT_WRITTEN = "This lesson is not written yet."


@dataclass(frozen=True)
class Warned:
    """One thing to look at; `pointer` is a JSON pointer into the content."""

    code: str
    pointer: str
    message: str


def content_warnings(content: Lesson | Quiz | Project, syllabus: Syllabus) -> list[Warned]:
    """The warnings of one lesson, quiz or project."""
    if isinstance(content, Lesson):
        return lesson_warnings(content, syllabus)
    return [*quiz_warnings(content), *_not_asked(content, syllabus)] if isinstance(content, Quiz) else []


def lesson_warnings(lesson: Lesson, syllabus: Syllabus) -> list[Warned]:
    """NOT_WRITTEN, and DURATION_OFF_PLAN below 50 % or above 150 % of the syllabus' estimate."""
    warned = []
    if NOT_WRITTEN in lesson.explanation.overview:
        message = "The lesson says of itself that it is not written; only its place is there."
        warned.append(Warned("NOT_WRITTEN", "/explanation/overview", message))
    planned = planned_lesson(syllabus, lesson.id)
    minutes, estimate = lesson.duration_minutes, planned.estimated_minutes if planned else lesson.duration_minutes
    if not estimate <= minutes * 2 <= estimate * 3:
        message = f"The lesson says {minutes} minutes, the syllabus {estimate}; between 50 and 150 % is usual."
        warned.append(Warned("DURATION_OFF_PLAN", "/durationMinutes", message))
    return warned


def quiz_warnings(quiz: Quiz) -> list[Warned]:
    """Patterns by which a learner passes without knowing; shares are of the quiz' questions, strictly above 60 %."""
    questions = quiz.questions
    warned = []
    longest = sum(_right_is_longest(question) for question in questions)
    if longest * 10 > len(questions) * 6:
        message = f"In {longest} of {len(questions)} questions the right option is the longest."
        warned.append(Warned("CORRECT_OPTION_LONGEST", "/questions", message))
    index, times = max(
        sorted(Counter(question.correct_index for question in questions).items()), key=lambda two: two[1]
    )
    if len(questions) >= FEWEST_FOR_INDEX and times * 10 > len(questions) * 6:
        message = f"In {times} of {len(questions)} questions option {index + 1} is the right one."
        warned.append(Warned("SAME_CORRECT_INDEX", "/questions", message))
    for number, question in enumerate(questions):
        for place, option in enumerate(question.options):
            if "all of the above" in option.casefold() or "none of the above" in option.casefold():
                pointer = f"/questions/{number}/options/{place}"
                message = f"Question {question.id} offers '{option}', which tests reading rather than knowing."
                warned.append(Warned("ALL_OF_THE_ABOVE", pointer, message))
    return warned


def _not_asked(quiz: Quiz, syllabus: Syllabus) -> list[Warned]:
    planned = planned_lesson(syllabus, quiz.lesson_id)
    hook = planned.hook("quiz") if planned else None
    asked = {question.objective_id for question in quiz.questions}
    missed = [objective for objective in hook.objective_ids if objective not in asked] if hook else []
    return [
        Warned("OBJECTIVE_NOT_ASKED", "/questions", f"No question asks {objective}, which the syllabus wants assessed.")
        for objective in missed
    ]


def _right_is_longest(question: Question) -> bool:
    lengths = [len(option) for option in question.options]
    right = lengths.pop(question.correct_index)
    return right > max(lengths)
