"""A module's project: work over several lessons, judged by a rubric."""

from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field, model_validator

from domain.courses.content.request import Level
from domain.courses.content.text import (
    SPELLED,
    Content,
    CourseId,
    Document,
    LessonId,
    ModuleId,
    ProjectId,
    Title,
    repeated,
)

Name = Annotated[str, Field(min_length=3, max_length=120), SPELLED]
Problem = Annotated[str, Field(min_length=100, max_length=6_000), SPELLED]
Rule = Annotated[str, Field(min_length=5, max_length=300), SPELLED]
DeliverableText = Annotated[str, Field(min_length=20, max_length=600), SPELLED]
Label = Annotated[str, Field(min_length=1, max_length=60), SPELLED]
Descriptor = Annotated[str, Field(min_length=20, max_length=400), SPELLED]


class Deliverable(Content):
    """Something that the learner hands in."""

    name: Name
    description: DeliverableText
    format: Literal["text", "code", "link", "file"]


class RubricLevel(Content):
    """One of four steps of quality."""

    label: Label
    points: Annotated[int, Field(ge=0, le=1_000)]
    descriptor: Descriptor


class Criterion(Content):
    """What is judged, by what weight, from the best level to the worst."""

    id: Annotated[str, Field(pattern=r"^c[0-9]{2}$")]
    name: Name
    weight_pct: Annotated[int, Field(ge=1, le=100)]
    levels: Annotated[list[RubricLevel], Field(min_length=4, max_length=4)]

    @model_validator(mode="after")
    def _levels_fall(self) -> "Criterion":
        points = [level.points for level in self.levels]
        if any(later >= earlier for earlier, later in pairwise(points)):
            raise ValueError(f"the points of {self.id} must fall from level to level; they are {points}")
        return self


class Rubric(Content):
    """How the work is judged; the weights make 100."""

    criteria: Annotated[list[Criterion], Field(min_length=2, max_length=10)]

    @model_validator(mode="after")
    def _weights_make_100(self) -> "Rubric":
        total = sum(criterion.weight_pct for criterion in self.criteria)
        if total != 100:
            raise ValueError(f"the weights of the rubric make {total}, not 100")
        twice = repeated([criterion.id for criterion in self.criteria])
        if twice:
            raise ValueError(f"the criterion {twice[0]} stands more than once")
        return self


class ProjectMetadata(Content):
    """Level of the work."""

    level: Level


class Project(Document):
    """The practical work of one module."""

    id: ProjectId
    syllabus_id: CourseId
    module_id: ModuleId
    title: Title
    problem_statement: Problem
    lesson_ids: Annotated[list[LessonId], Field(min_length=2, max_length=900)]
    constraints: Annotated[list[Rule], Field(min_length=1, max_length=12)]
    deliverables: Annotated[list[Deliverable], Field(min_length=1, max_length=10)]
    estimated_minutes: Annotated[int, Field(ge=30, le=2_400)]
    rubric: Rubric
    metadata: ProjectMetadata

    @model_validator(mode="after")
    def _holds_together(self) -> "Project":
        twice = repeated(list(self.lesson_ids))
        if twice:
            raise ValueError(f"the lesson {twice[0]} is named more than once")
        if not self.id.startswith(f"{self.module_id}p"):
            raise ValueError(f"a project of {self.module_id} has an id such as {self.module_id}p01, not {self.id}")
        return self
