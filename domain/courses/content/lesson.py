"""One lesson: an overview, its concepts with examples, what to take away and something to do."""

from typing import Annotated

from pydantic import Field

from domain.courses.content.request import Level
from domain.courses.content.text import SPELLED, Content, CourseId, Document, LessonId, ModuleId, Title

ObjectiveText = Annotated[str, Field(min_length=10, max_length=200), SPELLED]
Objectives = Annotated[list[ObjectiveText], Field(min_length=1, max_length=6)]
ConceptTitle = Annotated[str, Field(min_length=1, max_length=120), SPELLED]
Overview = Annotated[str, Field(min_length=50, max_length=4_000), SPELLED]
ConceptText = Annotated[str, Field(min_length=50, max_length=6_000), SPELLED]
Example = Annotated[str, Field(min_length=1, max_length=4_000), SPELLED]
Takeaway = Annotated[str, Field(min_length=5, max_length=300), SPELLED]
PracticeText = Annotated[str, Field(min_length=30, max_length=2_000), SPELLED]


class Concept(Content):
    """One idea, explained, with an example where one helps."""

    title: ConceptTitle
    explanation: ConceptText
    example: Example | None = None


class Explanation(Content):
    """What the lesson teaches."""

    overview: Overview
    concepts: Annotated[list[Concept], Field(min_length=1, max_length=12)]


class Practice(Content):
    """What the learner does, and how he knows that it came out right."""

    prompt: PracticeText
    expected_outcome: PracticeText


class LessonMetadata(Content):
    """Level, and the lessons that come first."""

    level: Level
    prerequisites: Annotated[list[LessonId], Field(max_length=900)] | None = None


class Lesson(Document):
    """The content of one lesson of the syllabus. `lessonIndex` counts from 0 within its module."""

    id: LessonId
    syllabus_id: CourseId
    module_id: ModuleId
    lesson_index: Annotated[int, Field(ge=0, le=29)]
    title: Title
    duration_minutes: Annotated[int, Field(ge=5, le=240)]
    objectives: Objectives
    explanation: Explanation
    key_takeaways: Annotated[list[Takeaway], Field(min_length=2, max_length=10)]
    practice: Practice
    metadata: LessonMetadata
