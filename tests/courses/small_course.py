"""A course of three short lessons in two modules, whole and valid: tests change one thing and see it refused."""

import copy
from typing import Any, TypeVar

from domain.courses.authoring.rules.package import Frozen, build_package
from domain.courses.content.hashes import content_hash, content_text
from domain.courses.content.lesson import Lesson
from domain.courses.content.package import CoursePackage
from domain.courses.content.project import Project
from domain.courses.content.quiz import Quiz
from domain.courses.content.request import SyllabusRequest
from domain.courses.content.syllabus import Syllabus
from domain.courses.content.text import Document

D = TypeVar("D", bound=Document)
COURSE = "0190a3c4-0000-7000-8000-000000000001"
REQUEST: dict[str, Any] = {
    "courseTitle": "Reading an outage report",
    "targetAudience": "New control-room staff",
    "skillLevel": "beginner",
    "timeBudgetMinutes": 60,
    "teachingStyle": "practical",
    "constraints": ["Practical"],
    "language": "en",
    "seed": 3,
}


def request(**changes: Any) -> SyllabusRequest:
    """The request, with members changed."""
    return SyllabusRequest.model_validate({**REQUEST, **changes})


def _objective(number: int, text: str, *outcomes: int) -> dict[str, Any]:
    return {"id": f"o{number:03d}", "verb": "explain", "text": text, "outcomeIndexes": list(outcomes)}


def _lesson_plan(lesson: str, number: int, title: str, *outcomes: int, **more: Any) -> dict[str, Any]:
    return {
        "id": lesson,
        "title": title,
        "objectives": [_objective(number, f"Explain what '{title}' is about", *outcomes)],
        "prerequisites": [],
        "estimatedMinutes": 20,
        "depth": "introduce",
        "assessmentHooks": [],
        **more,
    }


def syllabus_json() -> dict[str, Any]:
    """A fresh copy of the syllabus, to change at will."""
    asked = content_hash(content_text(request()))
    quiz = {"kind": "quiz", "objectiveIds": ["o001"], "note": ""}
    project = {"kind": "project", "objectiveIds": ["o002"], "note": "From the report of one storm"}
    return {
        "schemaVersion": "1.0",
        "title": REQUEST["courseTitle"],
        "description": "What an outage report tells, and what it leaves out.",
        "audience": REQUEST["targetAudience"],
        "level": "beginner",
        "language": "en",
        "totalMinutes": 60,
        "prerequisites": [],
        "outcomes": ["Read an outage report without help", "Tell a rate from a count"],
        "modules": [
            {
                "id": "m01",
                "title": "The report",
                "summary": "What stands in a report and where.",
                "objectives": [_objective(101, "Find every figure of a report")],
                "prerequisites": [],
                "estimatedMinutes": 40,
                "lessons": [
                    _lesson_plan("m01l01", 1, "The parts of a report", 0, assessmentHooks=[quiz]),
                    _lesson_plan(
                        "m01l02", 2, "Minutes and customers", 1, prerequisites=["m01l01"], assessmentHooks=[project]
                    ),
                ],
            },
            {
                "id": "m02",
                "title": "What is left out",
                "summary": "What a report cannot tell at all.",
                "objectives": [_objective(102, "Name what a report cannot tell")],
                "prerequisites": ["m01"],
                "estimatedMinutes": 20,
                "lessons": [_lesson_plan("m02l01", 3, "Customers never counted", 0)],
            },
        ],
        "metadata": {
            "generator": "test",
            "promptId": "syllabus",
            "promptSha256": "0" * 64,
            "model": "test",
            "seed": 3,
            "requestSha256": asked,
        },
    }


def syllabus() -> Syllabus:
    """The syllabus."""
    return Syllabus.model_validate(syllabus_json())


def lesson_json(lesson_id: str) -> dict[str, Any]:
    """A fresh copy of the content of one lesson of the syllabus."""
    for module in syllabus_json()["modules"]:
        for index, plan in enumerate(module["lessons"]):
            if plan["id"] == lesson_id:
                return _lesson_of(module["id"], index, plan)
    raise KeyError(lesson_id)


def _lesson_of(module_id: str, index: int, plan: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": plan["id"],
        "syllabusId": COURSE,
        "moduleId": module_id,
        "lessonIndex": index,
        "title": plan["title"],
        "durationMinutes": plan["estimatedMinutes"],
        "objectives": [objective["text"] for objective in plan["objectives"]],
        "explanation": {
            "overview": f"This lesson is about '{plan['title']}', with one figure of a real report worked out.",
            "concepts": [
                {
                    "title": "Customer minutes",
                    "explanation": "Each interrupted customer counts with the minutes without supply.",
                    "example": "200 customers for 30 minutes are 6,000 customer minutes.",
                }
            ],
        },
        "keyTakeaways": ["A report counts customers.", "A report counts minutes."],
        "practice": {
            "prompt": "Take the report of last month and find the figure.",
            "expectedOutcome": "The figure, its unit and the page on which it stands.",
        },
        "metadata": {"level": "beginner", "prerequisites": plan["prerequisites"]},
    }


def quiz_json() -> dict[str, Any]:
    """A fresh copy of the quiz of the first lesson."""
    return {
        "id": "m01l01q",
        "lessonId": "m01l01",
        "syllabusId": COURSE,
        "passThresholdPct": 70,
        "questions": [
            {
                "id": "q01",
                "question": "200 customers are out for 30 minutes. How many customer minutes?",
                "options": ["6,000", "230", "170", "3,000"],
                "correctIndex": 0,
                "explanation": "Customers times minutes: 200 times 30 are 6,000.",
                "objectiveId": "o001",
            }
        ],
    }


def project_json() -> dict[str, Any]:
    """A fresh copy of the project of the first module."""
    levels = [
        {"label": label, "points": points, "descriptor": f"The figures are {label.lower()} in this work."}
        for label, points in (("Excellent", 4), ("Good", 3), ("Fair", 1), ("Missing", 0))
    ]
    return {
        "id": "m01p01",
        "syllabusId": COURSE,
        "moduleId": "m01",
        "title": "Report on one storm",
        "problemStatement": "Take the list of interruptions of one storm and write the report that the regulator gets. "
        "Say for every figure from which rows it comes.",
        "lessonIds": ["m01l01", "m01l02"],
        "constraints": ["No figure without its rows"],
        "deliverables": [{"name": "Report", "description": "Two pages with the figures.", "format": "file"}],
        "estimatedMinutes": 60,
        "rubric": {
            "criteria": [
                {"id": "c01", "name": "Figures", "weightPct": 60, "levels": copy.deepcopy(levels)},
                {"id": "c02", "name": "Sources", "weightPct": 40, "levels": copy.deepcopy(levels)},
            ]
        },
        "metadata": {"level": "beginner"},
    }


def lesson(lesson_id: str) -> Lesson:
    """The content of one lesson."""
    return Lesson.model_validate(lesson_json(lesson_id))


def quiz() -> Quiz:
    """The quiz of the first lesson."""
    return Quiz.model_validate(quiz_json())


def project() -> Project:
    """The project of the first module."""
    return Project.model_validate(project_json())


def frozen(item_id: str, content: D, revision: int = 1) -> Frozen[D]:
    """Content as an approved revision."""
    return Frozen(item_id, revision, content_hash(content_text(content)), content)


def parts() -> tuple[Frozen[Syllabus], list[Frozen[Lesson]], list[Frozen[Quiz]], list[Frozen[Project]]]:
    """Everything that `build_package` takes."""
    lessons = [frozen(item, lesson(item)) for item in ("m01l01", "m01l02", "m02l01")]
    return frozen(COURSE, syllabus()), lessons, [frozen("m01l01q", quiz(), 2)], [frozen("m01p01", project())]


def package() -> CoursePackage:
    """The whole course."""
    return build_package(*parts())
