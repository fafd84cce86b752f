"""The pages of a course in the order in which they are read: which file each is, and where it stands."""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from domain.courses.content.hashes import content_hash, content_text
from domain.courses.content.package import CoursePackage, PackagedLesson, PackagedProject, PackagedQuiz

PageKind = Literal["lesson", "quiz", "project"]
RTL_LANGUAGES = frozenset({"ar", "arc", "ckb", "dv", "fa", "he", "nqo", "ps", "sd", "syr", "ug", "ur", "yi"})
RTL_SCRIPTS = frozenset({"Adlm", "Arab", "Hebr", "Nkoo", "Rohg", "Syrc", "Thaa"})


@dataclass(frozen=True)
class Page:
    """One page, which in an LMS is one item: a lesson, the quiz of a lesson, or a module's project."""

    kind: PageKind
    id: str
    title: str
    module_id: str
    item: PackagedLesson | PackagedQuiz | PackagedProject

    @property
    def path(self) -> str:
        """Where it lies in the ZIP."""
        folder = {"lesson": "lessons", "quiz": "quizzes", "project": "projects"}[self.kind]
        return f"{folder}/{self.id}.html"


@dataclass(frozen=True)
class Part:
    """A module with its pages."""

    id: str
    title: str
    pages: tuple[Page, ...]


@dataclass(frozen=True)
class Plan:
    """A published version, ready to be written out."""

    package: CoursePackage
    version: int

    @cached_property
    def text(self) -> str:
        """The canonical text of the content."""
        return content_text(self.package)

    @cached_property
    def content_hash(self) -> str:
        """The hash of the content; what was countersigned."""
        return content_hash(self.text)

    @property
    def direction(self) -> Literal["ltr", "rtl"]:
        """The direction in which the course's language is written."""
        return direction_of(self.package.language)

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """The modules: each lesson is followed by its quiz, a module ends with its projects."""
        return tuple(
            Part(module.id, module.title, self._pages_of(module.id, module.lesson_ids))
            for module in self.package.modules
        )

    @cached_property
    def pages(self) -> tuple[Page, ...]:
        """All pages in reading order."""
        return tuple(page for part in self.parts for page in part.pages)

    def _pages_of(self, module_id: str, lesson_ids: list[str]) -> tuple[Page, ...]:
        pages: list[Page] = []
        quizzes = {quiz.lesson_id: quiz for quiz in self.package.quizzes}
        for lesson in self.package.lessons:
            if lesson.id in lesson_ids:
                pages.append(Page("lesson", lesson.id, lesson.title, module_id, lesson))
                if quiz := quizzes.get(lesson.id):
                    pages.append(Page("quiz", quiz.id, f"Quiz: {lesson.title}", module_id, quiz))
        projects = sorted(self.package.projects, key=lambda project: project.id)
        pages += [
            Page("project", project.id, f"Project: {project.title}", module_id, project)
            for project in projects
            if project.module_id == module_id
        ]
        return tuple(pages)


def direction_of(language: str) -> Literal["ltr", "rtl"]:
    """The direction of a language by its BCP 47 tag; a script in the tag decides before the language."""
    first, *rest = language.split("-")
    script = next((part.title() for part in rest if len(part) == 4 and part.isalpha()), None)
    if script is not None:
        return "rtl" if script in RTL_SCRIPTS else "ltr"
    return "rtl" if first.lower() in RTL_LANGUAGES else "ltr"
