"""The map of a course: what is taught, in which order, how long and to what depth. It holds no lesson's content.

Minutes are whole; a module's are the sum of its lessons', the course's the sum of its modules'. Ids are the course's
own and stay when it is revised, since learners' progress is carried over by them.
"""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field, model_validator

from domain.courses.content.request import Level
from domain.courses.content.text import (
    SPELLED,
    Audience,
    Content,
    Document,
    Hash,
    Language,
    LessonId,
    ModuleId,
    ObjectiveId,
    Seed,
    Title,
    repeated,
)

Verb = Literal["remember", "explain", "apply", "analyse", "evaluate", "create"]
Sentence = Annotated[str, Field(min_length=10, max_length=200), SPELLED]
Prerequisite = Annotated[str, Field(min_length=3, max_length=200), SPELLED]
ModuleTitle = Annotated[str, Field(min_length=3, max_length=120), SPELLED]
Summary = Annotated[str, Field(min_length=20, max_length=600), SPELLED]
Description = Annotated[str, Field(min_length=30, max_length=2_000), SPELLED]
Note = Annotated[str, Field(max_length=200), SPELLED]
Word = Annotated[str, Field(min_length=1, max_length=200), SPELLED]


class Objective(Content):
    """What a learner can do afterwards, by a verb of Bloom's order."""

    id: ObjectiveId
    verb: Verb
    text: Sentence
    outcome_indexes: Annotated[list[Annotated[int, Field(ge=0, le=11)]], Field(max_length=12)] = Field(
        default=[], description="Which of the course's outcomes it serves, counted from 0; the matrix is drawn from it."
    )


class AssessmentHook(Content):
    """A place for an assessment: that there is one and for which objectives, never its questions."""

    kind: Literal["quiz", "project", "reflection"]
    objective_ids: Annotated[list[ObjectiveId], Field(min_length=1, max_length=6)]
    note: Note = ""


class SyllabusLesson(Content):
    """One lesson's place in the map."""

    id: LessonId
    title: Title
    objectives: Annotated[list[Objective], Field(min_length=1, max_length=6)]
    prerequisites: Annotated[list[LessonId], Field(max_length=900)] = []
    estimated_minutes: Annotated[int, Field(ge=5, le=240)]
    depth: Literal["introduce", "practise", "master"]
    assessment_hooks: Annotated[list[AssessmentHook], Field(max_length=3)] = []

    def hook(self, kind: str) -> AssessmentHook | None:
        """The lesson's hook of this kind, if there is one."""
        return next((hook for hook in self.assessment_hooks if hook.kind == kind), None)


class Module(Content):
    """Lessons that belong together."""

    id: ModuleId
    title: ModuleTitle
    summary: Summary
    objectives: Annotated[list[Objective], Field(min_length=1, max_length=8)]
    prerequisites: Annotated[list[ModuleId], Field(max_length=30)] = []
    estimated_minutes: Annotated[int, Field(ge=5, le=6_000)]
    lessons: Annotated[list[SyllabusLesson], Field(min_length=1, max_length=30)]


class SyllabusMetadata(Content):
    """From what the syllabus was made; by whom and when stands in the row."""

    generator: Word
    prompt_id: Word
    prompt_sha256: Hash
    model: Word
    seed: Seed
    request_sha256: Hash


class Syllabus(Document):
    """A whole course's map."""

    schema_version: Literal["1.0"]
    title: Title
    description: Description
    audience: Audience
    level: Level
    language: Language
    total_minutes: Annotated[int, Field(ge=5, le=180_000)]
    prerequisites: Annotated[list[Prerequisite], Field(max_length=20)] = []
    outcomes: Annotated[list[Sentence], Field(min_length=1, max_length=12)]
    modules: Annotated[list[Module], Field(min_length=1, max_length=30)]
    metadata: SyllabusMetadata

    @property
    def lessons(self) -> list[SyllabusLesson]:
        """All lessons in the order of the course."""
        return [lesson for module in self.modules for lesson in module.lessons]

    def module(self, module_id: str) -> Module | None:
        """The module with this id, if there is one."""
        return next((module for module in self.modules if module.id == module_id), None)

    @model_validator(mode="after")
    def _holds_together(self) -> "Syllabus":
        problems = list(_problems(self))
        if problems:
            raise ValueError("; ".join(problems[:20]))
        return self


def _problems(syllabus: Syllabus) -> Iterator[str]:
    yield from _repeated_ids(syllabus)
    yield from _order(syllabus)
    yield from _minutes(syllabus)
    yield from _coverage(syllabus)
    for lesson in syllabus.lessons:
        yield from _hooks(lesson)
    yield from _projects(syllabus)


def _repeated_ids(syllabus: Syllabus) -> Iterator[str]:
    objectives = [*(o.id for m in syllabus.modules for o in m.objectives)]
    objectives += [o.id for lesson in syllabus.lessons for o in lesson.objectives]
    ids = [*(m.id for m in syllabus.modules), *(lesson.id for lesson in syllabus.lessons), *objectives]
    for twice in repeated(ids):
        yield f"the id {twice} stands more than once"
    for twice in repeated([lesson.title.casefold() for lesson in syllabus.lessons]):
        yield f"two lessons are titled '{twice}'"


def _order(syllabus: Syllabus) -> Iterator[str]:
    lists = (
        [(module.id, module.prerequisites) for module in syllabus.modules],
        [(lesson.id, lesson.prerequisites) for lesson in syllabus.lessons],
    )
    for items in lists:
        there = {item for item, _ in items}
        before: set[str] = set()
        for item, prerequisites in items:
            for needed in prerequisites:
                if needed not in there:
                    yield f"{item} needs {needed}, which is not in the course"
                elif needed not in before:
                    yield f"{item} needs {needed}, which does not come before it"
            if repeated(prerequisites):
                yield f"{item} names a prerequisite twice"
            before.add(item)


def _minutes(syllabus: Syllabus) -> Iterator[str]:
    for module in syllabus.modules:
        minutes = sum(lesson.estimated_minutes for lesson in module.lessons)
        if module.estimated_minutes != minutes:
            yield f"{module.id} says {module.estimated_minutes} minutes, its lessons take {minutes}"
    minutes = sum(module.estimated_minutes for module in syllabus.modules)
    if syllabus.total_minutes != minutes:
        yield f"the course says {syllabus.total_minutes} minutes, its modules take {minutes}"


def _coverage(syllabus: Syllabus) -> Iterator[str]:
    covered: set[int] = set()
    objectives = [o for module in syllabus.modules for o in module.objectives]
    objectives += [o for lesson in syllabus.lessons for o in lesson.objectives]
    for objective in objectives:
        if len(set(objective.outcome_indexes)) != len(objective.outcome_indexes):
            yield f"objective {objective.id} names an outcome twice"
        for index in objective.outcome_indexes:
            if index >= len(syllabus.outcomes):
                yield f"objective {objective.id} serves outcome {index}, and there are {len(syllabus.outcomes)}"
    covered.update(i for lesson in syllabus.lessons for o in lesson.objectives for i in o.outcome_indexes)
    for index, outcome in enumerate(syllabus.outcomes):
        if index not in covered:
            yield f"no lesson's objective serves outcome {index}, '{outcome}' (objectives name it in outcomeIndexes)"


def _hooks(lesson: SyllabusLesson) -> Iterator[str]:
    own = {objective.id for objective in lesson.objectives}
    for kind in repeated([hook.kind for hook in lesson.assessment_hooks]):
        yield f"{lesson.id} has more than one {kind} hook"
    for hook in lesson.assessment_hooks:
        strangers = sorted(set(hook.objective_ids) - own)
        if strangers:
            yield f"a {hook.kind} hook of {lesson.id} names {', '.join(strangers)}, not objectives of this lesson"
        if repeated(hook.objective_ids):
            yield f"a {hook.kind} hook of {lesson.id} names an objective twice"


def _projects(syllabus: Syllabus) -> Iterator[str]:
    first = syllabus.modules[0]
    if len(first.lessons) == 1 and first.lessons[0].hook("project"):
        yield f"{first.id} has a project hook and one lesson; a project draws on at least two lessons up to its module"
