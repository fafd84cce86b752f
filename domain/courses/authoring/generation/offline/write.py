"""Lessons of a planned course, from what is known of them."""

from typing import Any

from domain.courses.authoring.generation.author import Context
from domain.courses.authoring.generation.offline.choose import Found, find_lesson
from domain.courses.authoring.generation.offline.subject import KnownLesson, Mode
from domain.courses.authoring.rules.answers import Place
from domain.courses.authoring.rules.warnings import NOT_WRITTEN
from domain.courses.content.syllabus import Syllabus, SyllabusLesson

# Below this share of its time at ease a lesson keeps its first two concepts.
SHORT = (7, 10)


def lesson_answers(context: Context, place: Place, style: str) -> list[dict[str, Any]]:
    """The answer to a request for lessons."""
    module = place.syllabus.module(place.module_id)
    indexes = {lesson.id: index for index, lesson in enumerate(module.lessons)} if module else {}
    return [
        {
            "id": planned.id,
            "syllabusId": place.syllabus_id,
            "moduleId": place.module_id,
            "lessonIndex": indexes[planned.id],
            "title": planned.title,
            "durationMinutes": planned.estimated_minutes,
            "objectives": [objective.text for objective in planned.objectives],
            **_content(planned, place.syllabus, style, context.instruction),
            "metadata": {"level": place.syllabus.level, "prerequisites": list(planned.prerequisites)},
        }
        for planned in place.lessons()
    ]


def _content(planned: SyllabusLesson, syllabus: Syllabus, style: str, instruction: str) -> dict[str, Any]:
    found = find_lesson(planned.title, syllabus.title)
    if found is None:
        return _unwritten(planned)
    content = _practised(found.lesson, found.mode) if found.mode else _taught(found, planned, syllabus, style)
    if instruction and not found.mode:
        content["explanation"]["concepts"] += _again(found.lesson)
    return content


def _taught(found: Found, planned: SyllabusLesson, syllabus: Syllabus, style: str) -> dict[str, Any]:
    lesson = found.lesson
    concepts = lesson.concepts
    if planned.estimated_minutes * SHORT[1] < lesson.minutes * SHORT[0]:
        concepts = concepts[:2]
    overview = lesson.overview
    if style == "socratic":
        overview = f"{lesson.ask} Think about it before you read on.\n\n{overview}"
    do = lesson.practice.do
    if style == "exam_prep":
        do = f"Without looking back: {do}"
    if syllabus.level == "advanced":
        do = f"{do}\n\nThen write down under which conditions your answer would be another one."
    return {
        "explanation": {
            "overview": overview,
            "concepts": [_concept(concept.title, concept.text, concept.example) for concept in concepts],
        },
        "keyTakeaways": list(lesson.takeaways),
        "practice": {"prompt": do, "expectedOutcome": lesson.practice.seen},
    }


def _practised(lesson: KnownLesson, mode: Mode) -> dict[str, Any]:
    def told(text: str) -> str:
        return text.replace("{lesson}", lesson.title)

    remembered = "\n".join(f"- {takeaway}" for takeaway in lesson.takeaways)
    return {
        "explanation": {
            "overview": told(mode.overview),
            "concepts": [
                _concept("What the lesson said", f"Read these once, then put them away:\n\n{remembered}", None),
                _concept("How to go about it", told(mode.steps), None),
            ],
        },
        "keyTakeaways": list(lesson.takeaways[:4]),
        "practice": {
            "prompt": f"{told(mode.prompt)}\n\nThe lesson's own task, as a start: {lesson.practice.do}",
            "expectedOutcome": f"{told(mode.seen)} For the lesson's own task: {lesson.practice.seen}",
        },
    }


def _again(lesson: KnownLesson) -> list[dict[str, Any]]:
    """What is added when a person asked for it to be clearer: the same once more from its questions."""
    asked = [
        _concept(f"Asked and answered {number}", f"{question.ask} {question.right} {question.why}", None)
        for number, question in enumerate(lesson.questions[:2], start=1)
    ]
    short = "In short, and in the order in which it is needed:\n\n" + "\n".join(
        f"- {line}" for line in lesson.takeaways
    )
    return [_concept("In short", short, None), *asked]


def _concept(title: str, explanation: str, example: str | None) -> dict[str, Any]:
    return {"title": title, "explanation": explanation, "example": example}


def _unwritten(planned: SyllabusLesson) -> dict[str, Any]:
    """A lesson of which the author knows nothing says so, and says what is to be written."""
    wanted = "\n".join(f"- {objective.text}" for objective in planned.objectives)
    return {
        "explanation": {
            "overview": f"{NOT_WRITTEN} The offline author knows nothing about '{planned.title}'; a person or a "
            "configured model writes it before it is approved.",
            "concepts": [_concept("What is to be explained", f"Its reader is to be able to:\n\n{wanted}", None)],
        },
        "keyTakeaways": [objective.text for objective in planned.objectives]
        + ["This lesson is a place that is kept free; its author replaces this line."],
        "practice": {
            "prompt": "Write down what you know about the lesson's title, what you would have to look up, and where.",
            "expectedOutcome": "Two lists: what is known and what is to be looked up, each entry with a source.",
        },
    }
