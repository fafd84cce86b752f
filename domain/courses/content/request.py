"""The learning intent: the seven inputs of an author, with language and seed."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, field_validator
from pydantic.config import JsonDict

from domain.courses.content.text import JSON_SCHEMA, SPELLED, Audience, Document, Language, Seed, Title, repeated

Level = Literal["beginner", "intermediate", "advanced"]
TeachingStyle = Literal["lecture", "socratic", "project_based", "practical", "exam_prep"]
KnownConstraint = Literal["ExamFocused", "ProjectBased", "Practical", "NoVideo", "Accessible"]
FreeConstraint = Annotated[str, Field(min_length=3, max_length=200), SPELLED]

EXAMPLE: JsonDict = {
    "courseTitle": "Reading distribution reliability figures",
    "targetAudience": "Control-room staff in their first year",
    "skillLevel": "beginner",
    "timeBudgetMinutes": 240,
    "teachingStyle": "practical",
    "constraints": ["Practical", "NoVideo"],
    "language": "en",
    "seed": 7,
}


class SyllabusRequest(Document):
    """What the author wants taught, to whom, how deep and in how many minutes."""

    model_config = ConfigDict(json_schema_extra={"$schema": JSON_SCHEMA, "examples": [EXAMPLE]})

    course_title: Title
    target_audience: Audience
    skill_level: Level
    time_budget_minutes: Annotated[int, Field(ge=30, le=60_000)]
    teaching_style: TeachingStyle
    constraints: Annotated[list[KnownConstraint | FreeConstraint], Field(max_length=10)] = []
    language: Language = "en"
    seed: Seed = 0

    @field_validator("constraints")
    @classmethod
    def _each_once(cls, value: list[str]) -> list[str]:
        twice = repeated([constraint.casefold() for constraint in value])
        if twice:
            raise ValueError(f"names {', '.join(twice)} more than once")
        return value
