"""Courses to export: a rich one with every kind of markup, one of hostile text, and one of any size."""

import copy
from typing import Any

from domain.courses.authoring.rules.package import build_package
from domain.courses.content.hashes import content_text
from domain.courses.content.lesson import Lesson
from domain.courses.content.package import CoursePackage
from domain.courses.content.project import Project
from domain.courses.content.quiz import Quiz
from domain.courses.content.syllabus import Syllabus
from domain.kernel.canonical import canonical_json, sha256_hex
from tests.courses import small_course
from tests.courses.small_course import COURSE, frozen

HOSTILE = [
    "<script>window.broken = 1</script>",
    "]]></script><!-- ]]>",
    '"><img src=x onerror="window.broken = 2">',
    "[press](javascript:window.broken=3) and [here](data:text/html,<script>window.broken=4</script>)",
    "</title></style></textarea><svg onload=window.broken=5>",
    "{{ 7 * 7 }} {% raw %} ${7*7} &lt;b&gt; &#x202e; %00 \\u0000",
]
HEBREW = "בדיקת לחץ במדרגות: 50 Pa בקומה 3, לפי NFPA 92."
ARABIC = "يقيس الفني فرق الضغط بين بيت الدرج والممر."
EMOJI = "🚀 👍🏽 👩‍🚒 ⚡ 🇩🇪 ✅"

MARKED = """An outage report counts **customers** and *minutes*, never one alone. The figure `SAIDI` is their quotient:

- customer minutes, summed over all interruptions
- divided by the customers served
  1. at the beginning of the year
  2. or as a mean, which the report must say

Read the [definition](https://example.org/saidi?a=1&b=2) first.

```
saidi_min = sum(customers * minutes) / customers_served
```

A line with a break at its end\\
and one more with 2 < 3 & 4 > 1."""


def rich() -> CoursePackage:
    """Two modules, three lessons, two quizzes, one project, every kind of markup."""
    return _built(_rich_lesson, _quizzes())


def hostile() -> CoursePackage:
    """The same course with text that tries to act, right-to-left text and emoji in every field that takes free text."""
    return _built(_hostile_lesson, [_hostile_quiz()], title=f"<b>Course</b> ]]> {EMOJI} {HEBREW}")


def of_size(size_bytes: int, filler: str = "é") -> CoursePackage:
    """A course whose canonical text has exactly this many bytes: thirty lessons, their concepts filled up."""
    plan = small_course.syllabus_json()
    plan["modules"] = plan["modules"][1:]
    module = plan["modules"][0] | {"id": "m01", "prerequisites": [], "estimatedMinutes": 600}
    pattern = module["lessons"][0] | {"prerequisites": []}
    module["lessons"] = [
        copy.deepcopy(pattern)
        | {
            "id": f"m01l{number:02d}",
            "title": f"Lesson of number {number}",
            "objectives": [pattern["objectives"][0] | {"id": f"o{number:03d}", "outcomeIndexes": [0, 1]}],
        }
        for number in range(1, 31)
    ]
    plan |= {"modules": [module], "totalMinutes": 600}
    syllabus = Syllabus.model_validate(plan)
    lessons = [
        Lesson.model_validate(
            small_course.lesson_json("m02l01")
            | {
                "id": planned.id,
                "moduleId": "m01",
                "lessonIndex": index,
                "title": planned.title,
                "objectives": [objective.text for objective in planned.objectives],
            }
        )
        for index, planned in enumerate(syllabus.lessons)
    ]
    package = build_package(frozen(COURSE, syllabus), [frozen(lesson.id, lesson) for lesson in lessons], [], [])
    return filled(package, size_bytes, filler)


def filled(package: CoursePackage, size_bytes: int, filler: str) -> CoursePackage:
    """The package with concepts added until its canonical text has this many bytes."""
    content = package.model_dump(mode="json", by_alias=True)
    each = size_bytes // len(content["lessons"]) // (10_000 * len(filler.encode())) + 1
    for lesson in content["lessons"]:
        lesson["explanation"]["concepts"] = [
            {"title": f"Concept {number}", "explanation": "x" * 50, "example": "x"} for number in range(each)
        ]
    missing = size_bytes - len(canonical_json(content))
    for lesson in content["lessons"]:
        for concept in lesson["explanation"]["concepts"]:
            for member, most in (("explanation", 5_950), ("example", 3_999)):
                times = min(missing // len(filler.encode()), most)
                concept[member] += filler * times
                missing -= times * len(filler.encode())
    content["lessons"][0]["practice"]["prompt"] += "x" * missing
    hashes = {}
    for lesson in content["lessons"]:
        bare = {name: value for name, value in lesson.items() if name not in ("revision", "contentHash")}
        hashes[lesson["id"]] = lesson["contentHash"] = sha256_hex(canonical_json(bare))
    for entry in content["manifest"]:
        entry["contentHash"] = hashes.get(entry["id"], entry["contentHash"])
    made = CoursePackage.model_validate(content)
    assert len(content_text(made).encode()) == size_bytes
    return made


def _built(change: Any, quizzes: list[Quiz], title: str | None = None) -> CoursePackage:
    plan = small_course.syllabus_json()
    if title is not None:
        plan["title"] = title[:120]
        plan["modules"][0]["title"] = f"{HOSTILE[0]} & {ARABIC}"[:120]
        plan["modules"][0]["lessons"][0]["title"] = f"{HOSTILE[2]} {HEBREW}"[:120]
    for number, module in enumerate(plan["modules"]):
        for lesson in module["lessons"]:
            lesson["assessmentHooks"] = [hook for hook in lesson["assessmentHooks"] if hook["kind"] != "quiz"]
            if f"{lesson['id']}q" in {quiz.id for quiz in quizzes}:
                objective = lesson["objectives"][0]["id"]
                lesson["assessmentHooks"].append({"kind": "quiz", "objectiveIds": [objective], "note": f"q{number}"})
    syllabus = Syllabus.model_validate(plan)
    lessons = []
    for planned in syllabus.lessons:
        lesson = small_course.lesson_json(planned.id)
        lesson["title"] = planned.title
        lesson["objectives"] = [objective.text for objective in planned.objectives]
        lessons.append(Lesson.model_validate(change(lesson)))
    project = small_course.project_json()
    if title is not None:
        project["title"] = f"{HOSTILE[1]} {EMOJI}"
        project["problemStatement"] = "\n\n".join([*HOSTILE, HEBREW, ARABIC, EMOJI])
    return build_package(
        frozen(COURSE, syllabus),
        [frozen(lesson.id, lesson) for lesson in lessons],
        [frozen(quiz.id, quiz, 2) for quiz in quizzes],
        [frozen("m01p01", Project.model_validate(project))],
    )


def _rich_lesson(lesson: dict[str, Any]) -> dict[str, Any]:
    lesson["explanation"]["overview"] = MARKED
    concept = lesson["explanation"]["concepts"][0]
    lesson["explanation"]["concepts"] = [
        concept,
        {"title": "A number without its rows is an opinion", "explanation": MARKED},
    ]
    lesson["practice"]["prompt"] = f"{lesson['practice']['prompt']}\n\n1. Find the rows.\n2. Sum them.\n3. Compare."
    return lesson


def _hostile_lesson(lesson: dict[str, Any]) -> dict[str, Any]:
    whole = "\n\n".join([*HOSTILE, HEBREW, ARABIC, EMOJI, f"```\n{HOSTILE[1]}\n```", f"- {HOSTILE[0]}\n- {HEBREW}"])
    lesson["explanation"] = {
        "overview": whole,
        "concepts": [{"title": HOSTILE[2], "explanation": whole, "example": whole}],
    }
    lesson["keyTakeaways"] = [*HOSTILE, HEBREW, ARABIC, EMOJI + " five"]
    lesson["practice"] = {"prompt": whole, "expectedOutcome": whole}
    return lesson


def question(number: int, right: int, objective: str) -> dict[str, Any]:
    """A question whose right option is the one at `right`."""
    return {
        "id": f"q{number:02d}",
        "question": f"Question {number}: which of these is a `duration` of an *interruption*?",
        "options": [f"{number} customers", f"**{number} minutes**", f"{number} kilowatts", "None of these, of 2 < 3"],
        "correctIndex": right,
        "explanation": f"Minutes are a **duration**; see lesson {number} and its example.",
        "objectiveId": objective,
    }


def _quizzes() -> list[Quiz]:
    first = copy.deepcopy(small_course.quiz_json())
    first["questions"] = [question(number, number % 4, "o001") for number in range(1, 4)]
    second = copy.deepcopy(first) | {"id": "m02l01q", "lessonId": "m02l01", "passThresholdPct": 100}
    second["questions"] = [question(number, 1, "o003") for number in range(1, 3)]
    return [Quiz.model_validate(first), Quiz.model_validate(second)]


def _hostile_quiz() -> Quiz:
    quiz = small_course.quiz_json()
    quiz["questions"] = [
        {
            "id": f"q{number:02d}",
            "question": f"Is this text inert? {hostile}",
            "options": [hostile, HEBREW, EMOJI, ARABIC],
            "correctIndex": 1,
            "explanation": f"It must be: {hostile} {HEBREW}",
            "objectiveId": "o001",
        }
        for number, hostile in enumerate(HOSTILE, start=1)
    ]
    return Quiz.model_validate(quiz)
