"""Write a whole course with an author, as a person would have it done part by part."""

from dataclasses import dataclass

from domain.courses.authoring.generation.author import Author
from domain.courses.authoring.generation.generate import (
    generate_lessons,
    generate_projects,
    generate_quizzes,
    generate_syllabus,
)
from domain.courses.authoring.rules.answers import Place
from domain.courses.authoring.rules.package import build_package
from domain.courses.content.lesson import Lesson
from domain.courses.content.package import CoursePackage
from domain.courses.content.project import Project
from domain.courses.content.quiz import Quiz
from domain.courses.content.request import SyllabusRequest
from domain.courses.content.syllabus import Syllabus
from tests.courses import small_course as made


@dataclass(frozen=True)
class Whole:
    """All content of one course."""

    syllabus: Syllabus
    lessons: list[Lesson]
    quizzes: list[Quiz]
    projects: list[Project]

    @property
    def contents(self) -> list[Lesson | Quiz | Project]:
        return [*self.lessons, *self.quizzes, *self.projects]

    def package(self) -> CoursePackage:
        return build_package(
            made.frozen(made.COURSE, self.syllabus),
            [made.frozen(item.id, item) for item in self.lessons],
            [made.frozen(item.id, item) for item in self.quizzes],
            [made.frozen(item.id, item) for item in self.projects],
        )


def write(request: SyllabusRequest, author: Author) -> Whole:
    """Every part of a course, in the order in which it is approved."""
    whole = Whole(generate_syllabus(request, author).content, [], [], [])
    for module in whole.syllabus.modules:
        place = Place(whole.syllabus, made.COURSE, module.id)
        whole.lessons.extend(generate_lessons(place, author, request=request).contents)
        if place.wanted("QUIZ"):
            whole.quizzes.extend(generate_quizzes(place, author, request=request).contents)
        if place.wanted("PROJECT"):
            whole.projects.extend(generate_projects(place, author, request=request).contents)
    return whole
