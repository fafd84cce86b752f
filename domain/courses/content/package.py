"""A published course: approved revisions put together, frozen and hashed.

Who approved and when stands in the approvals, and the version in the row: two builds of the same approved content are
the same bytes.
"""

from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import Field, model_validator

from domain.courses.content.hashes import content_hash, content_text
from domain.courses.content.lesson import Lesson
from domain.courses.content.project import Project
from domain.courses.content.quiz import Quiz
from domain.courses.content.request import Level
from domain.courses.content.text import (
    SPELLED,
    Content,
    CourseId,
    Document,
    Hash,
    Language,
    LessonId,
    ModuleId,
    Title,
    repeated,
)

# A package must stay below; the same limit holds before each export.
TOO_LARGE_BYTES = 5_000_000
Revision = Annotated[int, Field(ge=1, le=2**31 - 1)]
Kind = Literal["LESSON", "PROJECT", "QUIZ", "SYLLABUS"]
PackagedTitle = Annotated[str, Field(min_length=3, max_length=120), SPELLED]


class PackagedLesson(Lesson):
    """An approved lesson, with the revision that was approved."""

    revision: Revision
    content_hash: Hash


class PackagedQuiz(Quiz):
    """An approved quiz, with the revision that was approved."""

    revision: Revision
    content_hash: Hash


class PackagedProject(Project):
    """An approved project, with the revision that was approved."""

    revision: Revision
    content_hash: Hash


class PackagedModule(Content):
    """A module and its lessons in order."""

    id: ModuleId
    title: PackagedTitle
    lesson_ids: Annotated[list[LessonId], Field(min_length=1, max_length=30)]


class ManifestEntry(Content):
    """One approved revision of which the package is made."""

    kind: Kind
    id: Annotated[str, Field(min_length=2, max_length=64)]
    revision: Revision
    content_hash: Hash


class Totals(Content):
    """How many there are; minutes are those of the lessons."""

    lessons: Annotated[int, Field(ge=1, le=900)]
    quizzes: Annotated[int, Field(ge=0, le=900)]
    projects: Annotated[int, Field(ge=0, le=2_970)]
    minutes: Annotated[int, Field(ge=5, le=216_000)]


class CoursePackage(Document):
    """The whole content of one published version."""

    schema_version: Literal["1.0"]
    syllabus_id: CourseId
    syllabus_revision: Revision
    syllabus_hash: Hash
    title: Title
    language: Language
    level: Level
    modules: Annotated[list[PackagedModule], Field(min_length=1, max_length=30)]
    lesson_order: Annotated[list[LessonId], Field(min_length=1, max_length=900)]
    lessons: Annotated[list[PackagedLesson], Field(min_length=1, max_length=900)]
    quizzes: Annotated[list[PackagedQuiz], Field(max_length=900)]
    projects: Annotated[list[PackagedProject], Field(max_length=2_970)]
    totals: Totals
    manifest: Annotated[list[ManifestEntry], Field(min_length=2)]

    @model_validator(mode="after")
    def _holds_together(self) -> "CoursePackage":
        problems = [*_order(self), *_hashes(self), *_places(self)]
        if problems:
            raise ValueError("; ".join(problems[:20]))
        return self


def bare(item: PackagedLesson | PackagedQuiz | PackagedProject) -> Lesson | Quiz | Project:
    """The content as it was approved, without the two members that the package adds."""
    kinds: tuple[type[Lesson] | type[Quiz] | type[Project], ...] = (Lesson, Quiz, Project)
    kind = next(kind for kind in kinds if isinstance(item, kind))
    return kind.model_validate(item.model_dump(mode="json", exclude={"revision", "content_hash"}))


def manifest_of(
    source: ManifestEntry,
    lessons: Iterable[PackagedLesson],
    quizzes: Iterable[PackagedQuiz],
    projects: Iterable[PackagedProject],
) -> list[ManifestEntry]:
    """What the manifest must be, sorted by kind and id; `source` is the syllabus' own entry."""
    found = [("LESSON", item.id, item.revision, item.content_hash) for item in lessons]
    found += [("QUIZ", item.id, item.revision, item.content_hash) for item in quizzes]
    found += [("PROJECT", item.id, item.revision, item.content_hash) for item in projects]
    names = ("kind", "id", "revision", "contentHash")
    entries = [ManifestEntry.model_validate(dict(zip(names, entry, strict=True))) for entry in sorted(found)]
    return sorted([*entries, source], key=lambda entry: (entry.kind, entry.id))


def _items(package: CoursePackage) -> list[PackagedLesson | PackagedQuiz | PackagedProject]:
    return [*package.lessons, *package.quizzes, *package.projects]


def _order(package: CoursePackage) -> list[str]:
    problems = []
    flattened = [lesson_id for module in package.modules for lesson_id in module.lesson_ids]
    if repeated([module.id for module in package.modules]) or repeated(flattened):
        problems.append("a module or a lesson stands more than once")
    if package.lesson_order != flattened:
        problems.append("lessonOrder is not the order of the modules' lessons")
    if [lesson.id for lesson in package.lessons] != flattened:
        problems.append("the lessons are not those of lessonOrder, in its order")
    return problems


def _hashes(package: CoursePackage) -> list[str]:
    items = _items(package)
    wrong = [item.id for item in items if content_hash(content_text(bare(item))) != item.content_hash]
    problems = [f"the contentHash of {item} is not the hash of its content" for item in wrong]
    source = ManifestEntry.model_validate(
        {
            "kind": "SYLLABUS",
            "id": package.syllabus_id,
            "revision": package.syllabus_revision,
            "contentHash": package.syllabus_hash,
        }
    )
    if package.manifest != manifest_of(source, package.lessons, package.quizzes, package.projects):
        problems.append("the manifest is not that of the package's parts, sorted by kind and id")
    return problems


def _places(package: CoursePackage) -> list[str]:
    where = {
        lesson_id: (module.id, index) for module in package.modules for index, lesson_id in enumerate(module.lesson_ids)
    }
    modules = {module.id for module in package.modules}
    items = _items(package)
    lost = [item.id for item in package.lessons if where.get(item.id) != (item.module_id, item.lesson_index)]
    lost += [item.id for item in package.quizzes if item.lesson_id not in where]
    lost += [
        item.id for item in package.projects if item.module_id not in modules or not where.keys() >= {*item.lesson_ids}
    ]
    problems = [f"{item} names a module, lesson or index that the package does not give it" for item in lost]
    problems += [f"{item.id} belongs to another course" for item in items if item.syllabus_id != package.syllabus_id]
    problems += [f"{twice} stands more than once" for twice in repeated([item.id for item in items])]
    if package.totals != totals_of(package.lessons, package.quizzes, package.projects):
        problems.append("the totals are not those of the package's parts")
    return problems


def totals_of(lessons: list[PackagedLesson], quizzes: list[PackagedQuiz], projects: list[PackagedProject]) -> Totals:
    """What the totals must be."""
    minutes = sum(lesson.duration_minutes for lesson in lessons)
    counts = {"lessons": len(lessons), "quizzes": len(quizzes), "projects": len(projects)}
    return Totals.model_validate({**counts, "minutes": minutes})
