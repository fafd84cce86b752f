"""The knowledge check of one lesson: questions with four options, of which one is right."""

from typing import Annotated

from pydantic import Field, model_validator

from domain.courses.content.text import SPELLED, Content, CourseId, Document, LessonId, ObjectiveId, QuizId, repeated

QuestionText = Annotated[str, Field(min_length=10, max_length=500), SPELLED]
Option = Annotated[str, Field(min_length=1, max_length=300), SPELLED]
Reason = Annotated[str, Field(min_length=20, max_length=1_000), SPELLED]


class Question(Content):
    """One question; `explanation` says why the right option is right, and is told after the answer."""

    id: Annotated[str, Field(pattern=r"^q[0-9]{2}$")]
    question: QuestionText
    options: Annotated[list[Option], Field(min_length=4, max_length=4)]
    correct_index: Annotated[int, Field(ge=0, le=3)]
    explanation: Reason
    objective_id: ObjectiveId

    @model_validator(mode="after")
    def _options_differ(self) -> "Question":
        twice = repeated([option.casefold().strip() for option in self.options])
        if twice:
            raise ValueError(f"two options of {self.id} are the same: '{twice[0]}'")
        return self


class Quiz(Document):
    """The questions of one lesson."""

    id: QuizId
    lesson_id: LessonId
    syllabus_id: CourseId
    pass_threshold_pct: Annotated[int, Field(ge=1, le=100)] = 70
    questions: Annotated[list[Question], Field(min_length=1, max_length=20)]

    @model_validator(mode="after")
    def _holds_together(self) -> "Quiz":
        if self.id != f"{self.lesson_id}q":
            raise ValueError(f"the quiz of {self.lesson_id} has the id {self.lesson_id}q, not {self.id}")
        twice = repeated([question.id for question in self.questions])
        twice += repeated([question.question.casefold() for question in self.questions])
        if twice:
            raise ValueError(f"'{twice[0]}' stands more than once")
        return self
