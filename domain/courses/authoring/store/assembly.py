"""The package that could be published now: approved revisions read and put together."""

from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Connection

from domain.courses.authoring.rules.package import Frozen, Missing, build_package, missing_content
from domain.courses.authoring.store.items import Item, Revision, approved_of, load_item, of_course
from domain.courses.content.hashes import content_hash, content_text
from domain.courses.content.lesson import Lesson
from domain.courses.content.package import CoursePackage
from domain.courses.content.project import Project
from domain.courses.content.quiz import Quiz
from domain.courses.content.syllabus import Syllabus
from domain.courses.content.text import Document
from domain.kernel.errors import Conflict

D = TypeVar("D", bound=Document)


@dataclass(frozen=True)
class Built:
    """A package with its canonical text and hash; nothing of it is stored."""

    package: CoursePackage
    text: str
    hash: str


@dataclass(frozen=True)
class Approved:
    """The approved parts of a course."""

    syllabus: Frozen[Syllabus]
    lessons: list[Frozen[Lesson]]
    quizzes: list[Frozen[Quiz]]
    projects: list[Frozen[Project]]

    def missing(self) -> list[Missing]:
        """What the syllabus plans and nobody has approved yet."""
        return missing_content(
            self.syllabus.content,
            (one.content.id for one in self.lessons),
            (one.content.lesson_id for one in self.quizzes),
            (one.content.module_id for one in self.projects),
        )

    def build(self) -> Built:
        """The package.

        Raises:
            Conflict: MISSING_APPROVED_CONTENT, CONTENT_DOES_NOT_FIT.
            Invalid: PACKAGE_TOO_LARGE.
        """
        package = build_package(self.syllabus, self.lessons, self.quizzes, self.projects)
        text = content_text(package)
        return Built(package, text, content_hash(text))


def approved_syllabus(connection: Connection, syllabus_id: str) -> Frozen[Syllabus]:
    """The newest approved revision of a course's syllabus.

    Raises:
        NotFound: the tenant has no such course.
        Conflict: SYLLABUS_NOT_APPROVED.
    """
    item = load_item(connection, syllabus_id, ("SYLLABUS",))
    return _approved_syllabus(item, approved_of(connection, [item]))


def approved_parts(connection: Connection, syllabus_id: str) -> Approved:
    """Every approved part that the approved syllabus plans; parts that it no longer plans are left out.

    Raises:
        NotFound: the tenant has no such course.
        Conflict: SYLLABUS_NOT_APPROVED.
    """
    items = of_course(connection, syllabus_id)
    source = next((one for one in items if one.kind == "SYLLABUS"), None)
    if source is None:
        load_item(connection, syllabus_id, ("SYLLABUS",))
    revisions = approved_of(connection, items)
    kinds = {one.item_id: one for one in items}
    syllabus = _approved_syllabus(kinds[syllabus_id], revisions)
    places = planned_slots(syllabus.content)

    def of(kind: str, shape: type[D]) -> list[Frozen[D]]:
        found = [one for one in revisions if kinds[one.item_id].kind == kind]
        return [frozen(one, shape) for one in found if kinds[one.item_id].slot in places[kind]]

    return Approved(syllabus, of("LESSON", Lesson), of("QUIZ", Quiz), of("PROJECT", Project))


def planned_slots(syllabus: Syllabus) -> dict[str, list[str]]:
    """By kind, the places at which the syllabus plans a part, in its order."""
    return {
        "LESSON": [lesson.id for lesson in syllabus.lessons],
        "QUIZ": [lesson.id for lesson in syllabus.lessons if lesson.hook("quiz")],
        "PROJECT": [one.id for one in syllabus.modules if any(lesson.hook("project") for lesson in one.lessons)],
    }


def frozen(revision: Revision, shape: type[D]) -> Frozen[D]:
    """A stored revision as its shape; under the content's own id, the course's for a syllabus."""
    content: Any = shape.model_validate(revision.content)
    return Frozen(getattr(content, "id", revision.item_id), revision.revision, revision.content_hash, content)


def _approved_syllabus(item: Item, revisions: list[Revision]) -> Frozen[Syllabus]:
    found = next((one for one in revisions if one.item_id == item.item_id), None)
    if found is None:
        raise Conflict(
            f"The syllabus of {item.syllabus_id} is not approved; nothing was done.",
            hint="Have its newest revision approved first.",
            code="SYLLABUS_NOT_APPROVED",
        )
    return frozen(found, Syllabus)
