"""Put approved revisions together to a package: composition alone, the same bytes from the same revisions."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from domain.courses.authoring.rules.fit import lesson_problems, plans_project, project_problems, quiz_problems
from domain.courses.content.hashes import content_hash, content_text
from domain.courses.content.lesson import Lesson
from domain.courses.content.package import (
    TOO_LARGE_BYTES,
    CoursePackage,
    ManifestEntry,
    PackagedLesson,
    PackagedModule,
    PackagedProject,
    PackagedQuiz,
    manifest_of,
    totals_of,
)
from domain.courses.content.project import Project
from domain.courses.content.quiz import Quiz
from domain.courses.content.syllabus import Module, Syllabus
from domain.courses.content.text import Document
from domain.kernel.errors import Conflict, Invalid

D = TypeVar("D", bound=Document)
P = TypeVar("P", bound=Document)


@dataclass(frozen=True)
class Frozen(Generic[D]):
    """One approved revision. `id` is the course's id for the syllabus, the content's own (m01l01, m01l01q) else."""

    id: str
    revision: int
    content_hash: str
    content: D


@dataclass(frozen=True)
class Missing:
    """What the syllabus plans and nobody has approved yet; `id` is that of a lesson, a quiz or a module (project)."""

    kind: str
    id: str
    title: str

    def told(self) -> dict[str, str]:
        """The entry of an error's list."""
        message = f"No approved {self.kind.lower()} for {self.id} '{self.title}'."
        return {"field": self.id, "kind": self.kind, "id": self.id, "title": self.title, "message": message}


def missing_content(
    syllabus: Syllabus, lessons: Iterable[str], quizzes: Iterable[str], projects: Iterable[str]
) -> list[Missing]:
    """What is still to be approved, in the syllabus' order.

    Args:
        syllabus: the approved syllabus.
        lessons: ids of lessons with an approved revision.
        quizzes: ids of the lessons whose quiz has one.
        projects: ids of the modules of which a project has one.
    """
    have = {"LESSON": set(lessons), "QUIZ": set(quizzes), "PROJECT": set(projects)}
    missing = []
    for module in syllabus.modules:
        for lesson in module.lessons:
            if lesson.id not in have["LESSON"]:
                missing.append(Missing("LESSON", lesson.id, lesson.title))
            if lesson.hook("quiz") and lesson.id not in have["QUIZ"]:
                missing.append(Missing("QUIZ", f"{lesson.id}q", lesson.title))
        if plans_project(module) and module.id not in have["PROJECT"]:
            missing.append(Missing("PROJECT", module.id, module.title))
    return missing


def build_package(
    syllabus: Frozen[Syllabus],
    lessons: Sequence[Frozen[Lesson]],
    quizzes: Sequence[Frozen[Quiz]],
    projects: Sequence[Frozen[Project]],
) -> CoursePackage:
    """The package of these approved revisions, whatever order they come in.

    Raises:
        Conflict: MISSING_APPROVED_CONTENT with one entry for each part that is missing; CONTENT_DOES_NOT_FIT when a
            part is not one that the syllabus plans, is there twice, or its hash is not that of its content.
        Invalid: PACKAGE_TOO_LARGE at 5,000,000 bytes of canonical UTF-8 and more.
    """
    plan = syllabus.content
    missing = missing_content(
        plan,
        (item.content.id for item in lessons),
        (item.content.lesson_id for item in quizzes),
        (item.content.module_id for item in projects),
    )
    if missing:
        raise Conflict(
            f"The package was not built: {len(missing)} part(s) of the syllabus have no approved content.",
            hint="Generate what is listed, have it approved, and build again.",
            code="MISSING_APPROVED_CONTENT",
            errors=[part.told() for part in missing],
        )
    _refuse_misfits(syllabus, lessons, quizzes, projects)
    package = _composed(syllabus, lessons, quizzes, projects)
    _refuse_too_large(len(content_text(package).encode()))
    return package


def _composed(
    syllabus: Frozen[Syllabus],
    lessons: Sequence[Frozen[Lesson]],
    quizzes: Sequence[Frozen[Quiz]],
    projects: Sequence[Frozen[Project]],
) -> CoursePackage:
    plan = syllabus.content
    order = [lesson.id for lesson in plan.lessons]
    modules = [module.id for module in plan.modules]
    parts = (
        _packaged(PackagedLesson, lessons, lambda item: (order.index(item.id), item.id)),
        _packaged(PackagedQuiz, quizzes, lambda item: (order.index(item.lesson_id), item.id)),
        _packaged(PackagedProject, projects, lambda item: (modules.index(item.module_id), item.id)),
    )
    source = ManifestEntry.model_validate(
        {"kind": "SYLLABUS", "id": syllabus.id, "revision": syllabus.revision, "contentHash": syllabus.content_hash}
    )
    return CoursePackage(
        schemaVersion="1.0",
        syllabusId=syllabus.id,
        syllabusRevision=syllabus.revision,
        syllabusHash=syllabus.content_hash,
        title=plan.title,
        language=plan.language,
        level=plan.level,
        modules=[_module(module) for module in plan.modules],
        lessonOrder=order,
        lessons=parts[0],
        quizzes=parts[1],
        projects=parts[2],
        totals=totals_of(*parts),
        manifest=manifest_of(source, *parts),
    )


def _module(module: Module) -> PackagedModule:
    lesson_ids = [lesson.id for lesson in module.lessons]
    return PackagedModule.model_validate({"id": module.id, "title": module.title, "lessonIds": lesson_ids})


def _packaged(kind: type[P], items: Iterable[Frozen[Any]], place: Callable[[Any], tuple[int, str]]) -> list[P]:
    return [
        kind.model_validate(
            {
                **item.content.model_dump(mode="json", by_alias=True),
                "revision": item.revision,
                "contentHash": item.content_hash,
            }
        )
        for item in sorted(items, key=lambda item: place(item.content))
    ]


def _refuse_misfits(
    syllabus: Frozen[Syllabus],
    lessons: Sequence[Frozen[Lesson]],
    quizzes: Sequence[Frozen[Quiz]],
    projects: Sequence[Frozen[Project]],
) -> None:
    problems: list[str] = []
    every: list[Frozen[Any]] = [syllabus, *lessons, *quizzes, *projects]
    wrong = [item.id for item in every if content_hash(content_text(item.content)) != item.content_hash]
    problems += [f"the hash of {item} is not that of its content" for item in wrong]
    ids = [item.content.id for item in every[1:]]
    problems += [f"{item} is there {ids.count(item)} times" for item in sorted(set(ids)) if ids.count(item) > 1]
    for lesson in lessons:
        problems += lesson_problems(lesson.content, syllabus.content, syllabus.id)
    for quiz in quizzes:
        problems += quiz_problems(quiz.content, syllabus.content, syllabus.id)
    for project in projects:
        problems += project_problems(project.content, syllabus.content, syllabus.id)
    if problems:
        raise Conflict(
            "The package was not built: approved content does not fit the approved syllabus.",
            hint="Revise the parts that are named and have them approved again.",
            code="CONTENT_DOES_NOT_FIT",
            errors=[{"field": "content", "message": problem} for problem in problems[:50]],
        )


def _refuse_too_large(size_bytes: int) -> None:
    if size_bytes >= TOO_LARGE_BYTES:
        raise Invalid(
            f"The package was not built: its content takes {size_bytes:,} bytes, and it must stay below "
            f"{TOO_LARGE_BYTES:,}.",
            hint="Shorten the longest lessons, or make two courses of it.",
            code="PACKAGE_TOO_LARGE",
        )
