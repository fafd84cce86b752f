"""Bodies and answers of learners' routes. No body has a place for a learner's identity, a score or a pass."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, StringConstraints
from pydantic.alias_generators import to_camel

CourseName = Annotated[str, StringConstraints(min_length=1, max_length=64)]
COURSE = "0190a3c4-0000-7000-8000-000000000001"


class Asked(BaseModel):
    """Base of bodies: camelCase, nothing beside what is described."""

    model_config = ConfigDict(extra="forbid", alias_generator=to_camel, validate_by_alias=True, validate_by_name=True)


class Told(BaseModel):
    """Base of answers: camelCase."""

    model_config = ConfigDict(alias_generator=to_camel, validate_by_name=True, serialize_by_alias=True)


class Enroll(Asked):
    """Which course to enrol in."""

    course_id: CourseName = Field(examples=[COURSE])


class Mark(Asked):
    """Which lesson is completed. `lessonIdx` counts from 0 over the whole course."""

    course_id: CourseName = Field(examples=[COURSE])
    lesson_idx: Annotated[StrictInt, Field(ge=0, le=899)] = Field(examples=[0])
    completed: StrictBool = True


class Answers(Asked):
    """One option, 0 to 3, for each question in its order."""

    answers: Annotated[list[Annotated[StrictInt, Field(ge=0, le=3)]], Field(min_length=1, max_length=20)] = Field(
        examples=[[0]]
    )


class Upgrade(Asked):
    """Which version to move to; the newest published one where none is named."""

    version: Annotated[StrictInt, Field(ge=1, le=2**31 - 1)] | None = Field(None, examples=[2])


class CatalogueRow(Told):
    """One course that the tenant offers, and how far the learner is in it."""

    id: str = Field(examples=[COURSE])
    title: str = Field(examples=["Reading an outage report"])
    version: int = Field(description="The newest version, or the one that the learner reads.", examples=[3])
    level: str = Field(examples=["beginner"])
    language: str = Field(examples=["en"])
    lessons: int = Field(examples=[12])
    minutes: int = Field(examples=[240])
    enrolled: bool
    percent: int | None = Field(description="Completed lessons of the version that the learner reads.", examples=[25])
    sold: bool = Field(description="Whether it must be bought here before it is read.")
    purchased: bool


class EnrollmentTold(Told):
    """An enrolment, pinned to a version."""

    enrollment_id: UUID
    course_id: str = Field(examples=[COURSE])
    version: int = Field(examples=[1])
    created_at: datetime
    completed_at: datetime | None = None


class LessonDone(Told):
    """One lesson of the pinned version."""

    lesson_idx: int = Field(examples=[0])
    lesson_id: str = Field(examples=["m01l01"])
    completed: bool
    completed_at: datetime | None


class ProgressTold(Told):
    """How far the learner is in the pinned version."""

    enrollment_id: UUID
    course_id: str = Field(examples=[COURSE])
    version: int = Field(examples=[1])
    lessons: list[LessonDone]
    percent: int = Field(examples=[33])
    quizzes_passed: int = Field(examples=[1])
    quizzes: int = Field(examples=[1])
    completed_at: datetime | None


class MarkTold(Told):
    """A lesson after it was marked."""

    course_id: str = Field(examples=[COURSE])
    version: int = Field(examples=[1])
    lesson_idx: int = Field(examples=[0])
    lesson_id: str = Field(examples=["m01l01"])
    completed: bool
    completed_at: datetime | None
    percent: int = Field(examples=[33])
    course_completed_at: datetime | None


class QuestionTold(Told):
    """What came of one question."""

    correct: bool
    explanation: str


class AttemptTold(Told):
    """One graded attempt. `score` is in percent, cut to whole numbers."""

    attempt: int = Field(examples=[1])
    score: int = Field(examples=[100])
    passed: bool
    correct: int = Field(examples=[1])
    questions: int = Field(examples=[1])
    per_question: list[QuestionTold]
    course_completed_at: datetime | None


class MovedTold(Told):
    """An enrolment after it was asked to move. Lessons by their id."""

    enrollment_id: UUID
    course_id: str = Field(examples=[COURSE])
    from_version: int = Field(examples=[1])
    version: int = Field(examples=[2])
    moved: bool
    kept: list[str] = Field(examples=[["m01l01"]])
    dropped: list[str]
    added: list[str] = Field(examples=[["m02l02"]])
    percent: int = Field(examples=[25])
    completed_at: datetime | None


class CourseTold(Told):
    """A course as a learner reads it: no answer key, nothing of drafting and review."""

    model_config = ConfigDict(extra="allow")

    course_id: str = Field(examples=[COURSE])
    version: int = Field(examples=[1])
    enrollment_id: UUID | None
    title: str
    language: str
    level: str
    schema_version: str
    modules: list[dict[str, Any]]
    lesson_order: list[str]
    totals: dict[str, int]
    lessons: list[dict[str, Any]]
    quizzes: list[dict[str, Any]] = Field(description="Questions and options; what is right is not among them.")
    projects: list[dict[str, Any]]


class LessonTold(Told):
    """One lesson as a learner reads it, with its quiz and the places beside it."""

    course_id: str = Field(examples=[COURSE])
    version: int = Field(examples=[1])
    lesson_idx: int = Field(examples=[0])
    previous_idx: int | None
    next_idx: int | None
    id: str = Field(examples=["m01l01"])
    module_id: str = Field(examples=["m01"])
    lesson_index: int = Field(description="Its place within the module.", examples=[0])
    title: str
    duration_minutes: int
    objectives: list[str]
    explanation: dict[str, Any]
    key_takeaways: list[str]
    practice: dict[str, Any]
    metadata: dict[str, Any]
    quiz: dict[str, Any] | None
    projects: list[dict[str, Any]] = Field(description="Projects of the module that draw on this lesson.")
