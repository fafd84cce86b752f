"""Lessons, quizzes, whole modules and the course's map, made anew by an author."""

from collections.abc import Mapping
from typing import Any

from domain.courses.authoring.generation.author import Author
from domain.courses.authoring.generation.generate import generate_lessons, generate_quizzes, generate_syllabus
from domain.courses.authoring.rules.answers import Place
from domain.courses.regeneration.executors.executor import ExecutionResult, Material, RegenerationExecutor
from domain.courses.regeneration.rules.instruction import Target
from domain.kernel.errors import NotFound


class LessonExecutor:
    """Makes one lesson anew, by its instruction."""

    type = "LESSON"

    def run(
        self, instruction: Mapping[str, Any], target: Target, material: Material, author: Author
    ) -> ExecutionResult:
        """The lesson anew, by the approved syllabus."""
        place = _place(instruction, target, material, (target.place,))
        made = generate_lessons(place, author, request=material.request, instruction=instruction["instruction"])
        return ExecutionResult("LESSON", made.contents, made.answer, made.prompt)


class ModuleExecutor:
    """Every lesson of a module."""

    type = "MODULE"

    def run(
        self, instruction: Mapping[str, Any], target: Target, material: Material, author: Author
    ) -> ExecutionResult:
        """The module's lessons anew, by the approved syllabus."""
        place = _place(instruction, target, material, ())
        made = generate_lessons(place, author, request=material.request, instruction=instruction["instruction"])
        return ExecutionResult("LESSON", made.contents, made.answer, made.prompt)


class QuizExecutor:
    """The quiz of one lesson."""

    type = "QUIZ"

    def run(
        self, instruction: Mapping[str, Any], target: Target, material: Material, author: Author
    ) -> ExecutionResult:
        """The quiz anew, from the lesson as it stands."""
        place = _place(instruction, target, material, (target.place,))
        made = generate_quizzes(
            place, author, material.lessons, request=material.request, instruction=instruction["instruction"]
        )
        return ExecutionResult("QUIZ", made.contents, made.answer, made.prompt)


class CourseExecutor:
    """The map of a course: its syllabus."""

    type = "COURSE"

    def run(
        self, instruction: Mapping[str, Any], target: Target, material: Material, author: Author
    ) -> ExecutionResult:
        """The syllabus anew, from the same learning intent.

        Raises:
            NotFound: REQUEST_UNKNOWN, the syllabus was not drafted from a learning intent that is kept.
        """
        if material.request is None:
            raise NotFound(
                f"Nobody knows what the syllabus of {target.place} was drafted from; nothing was made.",
                hint="Revise the syllabus by hand.",
                code="REQUEST_UNKNOWN",
            )
        made = generate_syllabus(material.request, author, instruction=instruction["instruction"])
        return ExecutionResult("SYLLABUS", made.contents, made.answer, made.prompt)


def _place(instruction: Mapping[str, Any], target: Target, material: Material, only: tuple[str, ...]) -> Place:
    return Place(material.syllabus.content, instruction["courseId"], target.module_id, only)


_EVERY: tuple[RegenerationExecutor, ...] = (LessonExecutor(), ModuleExecutor(), QuizExecutor(), CourseExecutor())
EXECUTORS: dict[str, RegenerationExecutor] = {one.type: one for one in _EVERY}
