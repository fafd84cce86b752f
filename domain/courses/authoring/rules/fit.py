"""Whether content fits what it was made for: a syllabus its request, a lesson, quiz or project its syllabus.

Content never brings structure of its own: ids, titles, objectives and places are the syllabus' and must be equal.
Each function returns its problems as sentences; none means that it fits.
"""

from collections.abc import Mapping

from domain.courses.content.hashes import content_hash, content_text
from domain.courses.content.lesson import Lesson
from domain.courses.content.project import Project
from domain.courses.content.quiz import Quiz
from domain.courses.content.request import SyllabusRequest
from domain.courses.content.syllabus import Module, Syllabus, SyllabusLesson


def syllabus_problems(syllabus: Syllabus, request: SyllabusRequest) -> list[str]:
    """Where a generated syllabus is not what was asked for."""
    asked = {
        "title": (syllabus.title, request.course_title),
        "audience": (syllabus.audience, request.target_audience),
        "level": (syllabus.level, request.skill_level),
        "language": (syllabus.language, request.language),
    }
    return _differences("the syllabus", asked) + revised_syllabus_problems(syllabus, request)


def revised_syllabus_problems(syllabus: Syllabus, request: SyllabusRequest) -> list[str]:
    """Where a syllabus that a person revised leaves the request: time, and what it says it was made from.

    Title, audience, level and language are the author's to change. The total may be 10 % off the budget, bounds
    included.
    """
    problems = []
    budget = request.time_budget_minutes
    if abs(syllabus.total_minutes - budget) * 10 > budget:
        problems.append(f"it takes {syllabus.total_minutes} minutes, more than 10 % off the {budget} asked for")
    made_from = {
        "metadata.seed": (syllabus.metadata.seed, request.seed),
        "metadata.requestSha256": (syllabus.metadata.request_sha256, content_hash(content_text(request))),
    }
    return problems + _differences("the syllabus", made_from)


def lesson_problems(lesson: Lesson, syllabus: Syllabus, syllabus_id: str) -> list[str]:
    """Where a lesson is not the one that the syllabus plans."""
    place = place_of(syllabus, lesson.id)
    if place is None:
        return [f"the syllabus has no lesson {lesson.id}"]
    module, index = place
    planned = module.lessons[index]
    asked = {
        "syllabusId": (lesson.syllabus_id, syllabus_id),
        "moduleId": (lesson.module_id, module.id),
        "lessonIndex": (lesson.lesson_index, index),
        "title": (lesson.title, planned.title),
        "metadata.level": (lesson.metadata.level, syllabus.level),
    }
    problems = _differences(lesson.id, asked)
    if lesson.objectives != [objective.text for objective in planned.objectives]:
        problems.append(f"the objectives of {lesson.id} are not those of the syllabus, word for word and in its order")
    if lesson.metadata.prerequisites is not None and lesson.metadata.prerequisites != planned.prerequisites:
        problems.append(f"the prerequisites of {lesson.id} are not those of the syllabus")
    return problems


def quiz_problems(quiz: Quiz, syllabus: Syllabus, syllabus_id: str) -> list[str]:
    """Where a quiz is not one that the syllabus has a hook for."""
    planned = planned_lesson(syllabus, quiz.lesson_id)
    if planned is None or planned.hook("quiz") is None:
        return [f"the syllabus plans no quiz for {quiz.lesson_id}"]
    problems = _differences(quiz.id, {"syllabusId": (quiz.syllabus_id, syllabus_id)})
    own = {objective.id for objective in planned.objectives}
    strangers = [question for question in quiz.questions if question.objective_id not in own]
    problems += [f"{question.id} of {quiz.id} asks {question.objective_id}, not its lesson's" for question in strangers]
    return problems


def project_problems(project: Project, syllabus: Syllabus, syllabus_id: str) -> list[str]:
    """Where a project is not one that the syllabus has a hook for, or draws on lessons that come later."""
    module = syllabus.module(project.module_id)
    if module is None or not plans_project(module):
        return [f"the syllabus plans no project for {project.module_id}"]
    asked = {
        "syllabusId": (project.syllabus_id, syllabus_id),
        "metadata.level": (project.metadata.level, syllabus.level),
    }
    problems = _differences(project.id, asked)
    taught = lessons_up_to(syllabus, module.id)
    for lesson_id in project.lesson_ids:
        if lesson_id not in taught:
            problems.append(f"{project.id} draws on {lesson_id}, which is not taught up to {module.id}")
    if not {lesson.id for lesson in module.lessons} & set(project.lesson_ids):
        problems.append(f"{project.id} draws on no lesson of its own module {module.id}")
    return problems


def plans_project(module: Module) -> bool:
    """Whether a lesson of the module has a project hook."""
    return any(lesson.hook("project") for lesson in module.lessons)


def place_of(syllabus: Syllabus, lesson_id: str) -> tuple[Module, int] | None:
    """The module of a lesson and its index within, from 0."""
    for module in syllabus.modules:
        for index, lesson in enumerate(module.lessons):
            if lesson.id == lesson_id:
                return module, index
    return None


def planned_lesson(syllabus: Syllabus, lesson_id: str) -> SyllabusLesson | None:
    """The syllabus' own entry of a lesson."""
    return next((lesson for lesson in syllabus.lessons if lesson.id == lesson_id), None)


def lessons_up_to(syllabus: Syllabus, module_id: str) -> list[str]:
    """The ids of the lessons of all modules up to and with `module_id`, in order."""
    found: list[str] = []
    for module in syllabus.modules:
        found += [lesson.id for lesson in module.lessons]
        if module.id == module_id:
            break
    return found


def _differences(item: str, asked: Mapping[str, tuple[object, object]]) -> list[str]:
    different = [(name, has, wanted) for name, (has, wanted) in asked.items() if has != wanted]
    return [f"{name} of {item} is '{has}', not '{wanted}'" for name, has, wanted in different]
