"""The offline author."""

from typing import TypeVar

from domain.courses.authoring.generation.author import Context, Prompt, RawAnswer
from domain.courses.authoring.generation.offline.assess import project_answers, quiz_answers
from domain.courses.authoring.generation.offline.plan import syllabus_answer
from domain.courses.authoring.generation.offline.write import lesson_answers
from domain.courses.authoring.rules.answers import Kind
from domain.kernel.canonical import canonical_json

T = TypeVar("T")

# Counts up with what the author knows and how it writes: the same number means the same bytes for the same request.
EDITION = "offline-1"


class OfflineAuthor:
    """Writes from the subjects that it knows; for others it gives a frame that says it is one."""

    def generate(self, kind: Kind, prompt: Prompt, context: Context) -> RawAnswer:
        """The answer, as canonical JSON."""
        return RawAnswer(
            text=canonical_json(_answer(kind, context)).decode(),
            provider="offline",
            model=EDITION,
            seed=context.seed,
            prompt_id=prompt.id,
            prompt_sha256=prompt.sha256,
        )


def _answer(kind: Kind, context: Context) -> object:
    if kind == "SYLLABUS":
        return syllabus_answer(_given(context.request))
    place = _given(context.place)
    style = context.request.teaching_style if context.request else "lecture"
    if kind == "LESSON":
        return lesson_answers(context, place, style)
    if kind == "QUIZ":
        exam = style == "exam_prep" or (context.request is not None and "ExamFocused" in context.request.constraints)
        return quiz_answers(context, place, exam)
    return project_answers(place)


def _given(value: T | None) -> T:
    if value is None:
        raise ValueError("a syllabus is written for a request, content for a place in a syllabus")
    return value
