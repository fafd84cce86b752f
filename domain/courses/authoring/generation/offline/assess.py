"""Quizzes and projects of a planned course, from what is known of its lessons."""

import hashlib
from typing import Any

from domain.courses.authoring.generation.author import Context
from domain.courses.authoring.generation.offline.choose import find_lesson, find_module
from domain.courses.authoring.generation.offline.subject import KnownProject, KnownQuestion
from domain.courses.authoring.rules.answers import Place
from domain.courses.authoring.rules.fit import lessons_up_to
from domain.courses.content.syllabus import Module, SyllabusLesson

PASS_PCT = 70
EXAM_PASS_PCT = 80
LEVELS = ("Excellent", "Good", "In part", "Missing")
POINTS = (4, 3, 1, 0)
MOST_LESSONS = 12


def quiz_answers(context: Context, place: Place, exam: bool) -> list[dict[str, Any]]:
    """The answer to a request for quizzes."""
    return [
        {
            "id": f"{planned.id}q",
            "lessonId": planned.id,
            "syllabusId": place.syllabus_id,
            "passThresholdPct": EXAM_PASS_PCT if exam else PASS_PCT,
            "questions": _questions(planned, place, context.seed),
        }
        for planned in place.lessons()
        if planned.hook("quiz")
    ]


def _questions(planned: SyllabusLesson, place: Place, seed: int) -> list[dict[str, Any]]:
    found = find_lesson(planned.title, place.syllabus.title)
    asked = list(found.lesson.questions) if found and not found.mode else []
    if not asked:
        return [_about_objectives(planned)]
    turn = _number(seed, planned.id)
    order = sorted(range(len(asked)), key=lambda index: _number(seed, planned.id, str(index)))
    return [
        _question(asked[index], number, (turn + number) % 4, planned, _number(seed, planned.id, str(index), "wrong"))
        for number, index in enumerate(order)
    ]


def _question(known: KnownQuestion, number: int, right_at: int, planned: SyllabusLesson, shift: int) -> dict[str, Any]:
    wrong = [known.wrong[(index + shift) % 3] for index in range(3)]
    objective = planned.objectives[min(known.objective, len(planned.objectives) - 1)]
    return {
        "id": f"q{number + 1:02d}",
        "question": known.ask,
        "options": [*wrong[:right_at], known.right, *wrong[right_at:]],
        "correctIndex": right_at,
        "explanation": known.why,
        "objectiveId": objective.id,
    }


def _about_objectives(planned: SyllabusLesson) -> dict[str, Any]:
    """One question for a lesson that the author does not know: what it is for, which its objectives say."""
    return {
        "id": "q01",
        "question": "This quiz is not written yet; its author replaces this question. What is the lesson for?",
        "options": [
            f"What its first objective says: {planned.objectives[0].text}"[:300],
            "Something that none of its objectives names",
            "To repeat the title of the lesson word for word",
            "To skip every lesson that comes after this one",
        ],
        "correctIndex": 0,
        "explanation": "A lesson is there for its objectives; this question only keeps the place of the real ones.",
        "objectiveId": planned.objectives[0].id,
    }


def project_answers(place: Place) -> list[dict[str, Any]]:
    """The answer to a request for a module's project."""
    module = place.syllabus.module(place.module_id)
    if module is None or not place.wanted("PROJECT"):
        return []
    found = find_module(module.title, place.syllabus.title)
    known = found.project if found and found.project else _portfolio(module)
    return [
        {
            "id": f"{module.id}p01",
            "syllabusId": place.syllabus_id,
            "moduleId": module.id,
            "title": known.title,
            "problemStatement": known.problem,
            "lessonIds": _drawn_on(place, module),
            "constraints": list(known.constraints),
            "deliverables": [
                {"name": item.name, "description": item.text, "format": item.format} for item in known.deliverables
            ],
            "estimatedMinutes": max(30, min(480, place.syllabus.total_minutes // 40 * 5)),
            "rubric": {"criteria": _criteria(known)},
            "metadata": {"level": place.syllabus.level},
        }
    ]


def _criteria(known: KnownProject) -> list[dict[str, Any]]:
    return [
        {
            "id": f"c{number:02d}",
            "name": criterion.name,
            "weightPct": criterion.weight,
            "levels": [
                {"label": label, "points": points, "descriptor": text}
                for label, points, text in zip(LEVELS, POINTS, criterion.levels, strict=True)
            ],
        }
        for number, criterion in enumerate(known.criteria, start=1)
    ]


def _drawn_on(place: Place, module: Module) -> list[str]:
    """The module's lessons, with the ones just before it where they are fewer than two."""
    taught = lessons_up_to(place.syllabus, module.id)
    own = [lesson.id for lesson in module.lessons][:MOST_LESSONS]
    return own if len(own) > 1 else taught[-2:]


def _portfolio(module: Module) -> KnownProject:
    topic = module.title
    return KnownProject.model_validate(
        {
            "title": f"Portfolio: {topic}"[:120],
            "problem": "Somebody who was not here needs to see what you can do after this module. Put together three "
            "pieces of your own work from its lessons, improve each once, and say what you changed and why.",
            "constraints": ["Each piece is your own work.", "Each statement of fact names its source."],
            "deliverables": [
                {"name": "Portfolio", "text": "Three pieces of work, before and after improvement.", "format": "file"},
                {"name": "Comment", "text": "One page on what was changed in each piece, and why.", "format": "text"},
            ],
            "criteria": [
                {"name": "Improvement", "weight": 60, "levels": _steps("The improvement of the pieces")},
                {"name": "Reasons", "weight": 40, "levels": _steps("The reasoning behind the changes")},
            ],
        }
    )


def _steps(what: str) -> list[str]:
    told = ("can be followed and is convincing", "can be followed", "can be followed in part", "cannot be seen")
    return [f"{what} {step} in the work handed in." for step in told]


def _number(seed: int, *parts: str) -> int:
    """A number that follows from the seed and the place, the same on every machine."""
    return int.from_bytes(hashlib.sha256("|".join((str(seed), *parts)).encode()).digest()[:6])
