"""A syllabus from a subject and a request: which lessons, in which order, with which assessments."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from domain.courses.authoring.generation.offline.choose import practice_title, subject_of
from domain.courses.authoring.generation.offline.introduction import described
from domain.courses.authoring.generation.offline.subject import (
    KnownLesson,
    KnownModule,
    KnownObjective,
    Mode,
    Subject,
    modes,
)
from domain.courses.authoring.generation.offline.times import apportioned, chosen, practice_sessions
from domain.courses.content.request import SyllabusRequest

# Practice in the first two ways stands beside the lessons; what goes beyond has modules of its own.
BESIDE_LESSONS = 2
DEEPER = {"introduce": "practise", "practise": "master", "master": "master"}


@dataclass(frozen=True)
class Planned:
    """A lesson's place before it has an id."""

    title: str
    weight: int
    depth: str
    objectives: tuple[KnownObjective, ...]
    source: KnownLesson
    practice: bool = False
    minutes: int = 0


@dataclass(frozen=True)
class PlannedModule:
    """A module's place before it has an id."""

    title: str
    summary: str
    objectives: tuple[KnownObjective, ...]
    lessons: tuple[Planned, ...]
    known: KnownModule | None = None


def syllabus_answer(request: SyllabusRequest) -> dict[str, Any]:
    """The answer to a request for a syllabus."""
    known = subject_of(request.course_title)
    modules = _timed(_modules(known, request), request.time_budget_minutes)
    served = {index for _, lesson in _all(modules) for objective in lesson.objectives for index in objective.outcomes}
    outcomes = {old: new for new, old in enumerate(sorted(served))}
    return {
        "description": described(known, request, any(lesson.practice for _, lesson in _all(modules))),
        "prerequisites": list(known.prerequisites),
        "outcomes": [known.outcomes[old] for old in outcomes],
        "modules": _numbered(modules, outcomes, request),
    }


def _modules(known: Subject, request: SyllabusRequest) -> list[PlannedModule]:
    kept = chosen(known.lessons, request.time_budget_minutes)
    turns = _practice(kept, request)
    beside = {
        lesson.key: [item for turn in turns[:BESIDE_LESSONS] for item in turn if item.source is lesson]
        for lesson in kept
    }
    found = []
    for module in known.modules:
        lessons = [lesson for lesson in module.lessons if lesson in kept]
        planned = [item for lesson in lessons for item in (_planned(lesson, request.skill_level), *beside[lesson.key])]
        if planned:
            found.append(PlannedModule(module.title, module.summary, tuple(module.objectives), tuple(planned), module))
    for number, turn in enumerate(turns[BESIDE_LESSONS:], start=1):
        found.append(_block(number, turn))
    return found


def _planned(lesson: KnownLesson, level: str) -> Planned:
    depth = lesson.depth if level == "beginner" else DEEPER[lesson.depth]
    return Planned(
        lesson.title, lesson.minutes, "master" if level == "advanced" else depth, tuple(lesson.objectives), lesson
    )


def _practice(kept: list[KnownLesson], request: SyllabusRequest) -> list[list[Planned]]:
    """Practice lessons by turn; in each turn every lesson is practised once, in another way than the turn before."""
    sessions = practice_sessions(kept, request.time_budget_minutes)
    ways = modes()
    turns: list[list[Planned]] = []
    for number in range(sessions.count):
        turn, index = divmod(number, len(kept))
        if index == 0:
            turns.append([])
        way = ways[(request.seed + turn) % len(ways)]
        turns[-1].append(_practised(way, kept[index], turn // len(ways), sessions.minutes, turn))
    return turns


def _practised(way: Mode, lesson: KnownLesson, again: int, minutes: int, turn: int) -> Planned:
    objective = KnownObjective(
        verb=way.verb, text=way.objective.replace("{lesson}", lesson.title), outcomes=lesson.objectives[0].outcomes
    )
    depth = "practise" if turn < BESIDE_LESSONS else "master"
    return Planned(practice_title(way, lesson, again), minutes, depth, (objective,), lesson, practice=True)


def _block(number: int, turn: list[Planned]) -> PlannedModule:
    way = turn[0].title.partition(":")[0]
    summary = (
        f"Guided practice of what the lessons taught, in one way: {way.lower()}. It uses material of the learner's own "
        "and may be shortened."
    )
    objective = KnownObjective(verb="apply", text=f"Apply what the lessons taught to own material, block {number}")
    return PlannedModule(f"Practice block {number}: {way.lower()}", summary, (objective,), tuple(turn))


def _timed(modules: list[PlannedModule], budget_min: int) -> list[PlannedModule]:
    minutes = iter(apportioned([lesson.weight for _, lesson in _all(modules)], budget_min))
    return [
        replace(module, lessons=tuple(replace(lesson, minutes=next(minutes)) for lesson in module.lessons))
        for module in modules
    ]


def _all(modules: list[PlannedModule]) -> Iterator[tuple[PlannedModule, Planned]]:
    return ((module, lesson) for module in modules for lesson in module.lessons)


def _numbered(modules: list[PlannedModule], outcomes: dict[int, int], request: SyllabusRequest) -> list[dict[str, Any]]:
    numbers = iter(range(1, 1_000))

    def told(objective: KnownObjective) -> dict[str, Any]:
        serves = [outcomes[index] for index in objective.outcomes if index in outcomes]
        return {"id": f"o{next(numbers):03d}", "verb": objective.verb, "text": objective.text, "outcomeIndexes": serves}

    ids = {
        (lesson.source.key, lesson.practice): f"m{m:02d}l{n:02d}"
        for m, module in enumerate(modules, 1)
        for n, lesson in enumerate(module.lessons, 1)
        if not lesson.practice
    }
    answer = []
    for m, module in enumerate(modules, 1):
        objectives = [told(objective) for objective in module.objectives]
        lessons: list[dict[str, Any]] = []
        for n, lesson in enumerate(module.lessons, 1):
            own = [told(objective) for objective in lesson.objectives]
            wanted = [lesson.source.key] if lesson.practice else lesson.source.needs
            lessons.append(
                {
                    "id": f"m{m:02d}l{n:02d}",
                    "title": lesson.title,
                    "objectives": own,
                    "prerequisites": [ids[key, False] for key in wanted if (key, False) in ids],
                    "estimatedMinutes": lesson.minutes,
                    "depth": lesson.depth,
                    "assessmentHooks": _hooks(modules, m - 1, lesson, [objective["id"] for objective in own], request),
                }
            )
        needed = {needed[:3] for lesson in lessons for needed in lesson["prerequisites"]} - {f"m{m:02d}"}
        answer.append(
            {
                "id": f"m{m:02d}",
                "title": module.title,
                "summary": module.summary,
                "objectives": objectives,
                "prerequisites": sorted(needed),
                "lessons": lessons,
            }
        )
    return answer


def _hooks(
    modules: list[PlannedModule], at: int, lesson: Planned, objectives: list[str], request: SyllabusRequest
) -> list[dict[str, Any]]:
    hooks = []
    if lesson.source.questions and not lesson.practice:
        hooks.append({"kind": "quiz", "objectiveIds": objectives, "note": ""})
    if _closes_with_project(modules, at, lesson, request):
        hooks.append({"kind": "project", "objectiveIds": objectives, "note": "Draws on the lessons of the module."})
    if lesson.practice or (request.teaching_style == "socratic" and not lesson.practice) or not hooks:
        hooks.append({"kind": "reflection", "objectiveIds": objectives, "note": "Write down what surprised you."})
    return hooks


def _closes_with_project(modules: list[PlannedModule], at: int, lesson: Planned, request: SyllabusRequest) -> bool:
    """Whether the module ends here with its project; where projects are not asked for, only the last one has it."""
    module = modules[at]
    taught = sum(len(earlier.lessons) for earlier in modules[: at + 1])
    own = [item for item in module.lessons if not item.practice]
    if module.known is None or module.known.project is None or not own or lesson is not own[-1] or taught < 2:
        return False
    wanted = request.teaching_style in ("project_based", "practical")
    wanted = wanted or bool({"ProjectBased", "Practical"} & set(request.constraints))
    return wanted or not any(later.known and later.known.project for later in modules[at + 1 :])
