"""What the shapes take and what they refuse, each limit from both sides."""

import unicodedata
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from domain.courses.content.hashes import content_hash, content_text
from domain.courses.content.lesson import Lesson
from domain.courses.content.package import CoursePackage
from domain.courses.content.project import Project
from domain.courses.content.quiz import Quiz
from domain.courses.content.request import SyllabusRequest
from domain.courses.content.syllabus import Syllabus
from tests.courses import small_course as made

Json = dict[str, Any]
Change = Callable[[Json], object]


def test_the_small_course_is_whole() -> None:
    package = made.package()
    assert package.lesson_order == ["m01l01", "m01l02", "m02l01"]
    assert package.totals.model_dump() == {"lessons": 3, "quizzes": 1, "projects": 1, "minutes": 60}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda s: s["modules"][0].update(id="m02"), "the id m02 stands more than once"),
        (lambda s: s["modules"][0]["lessons"][1].update(id="m01l01"), "the id m01l01 stands more than once"),
        (lambda s: s["modules"][1]["objectives"][0].update(id="o001"), "the id o001 stands more than once"),
        (lambda s: s["modules"][0].update(prerequisites=["m09"]), "needs m09, which is not in the course"),
        (lambda s: s["modules"][0].update(prerequisites=["m02"]), "m01 needs m02, which does not come before it"),
        (lambda s: s["modules"][0].update(prerequisites=["m01"]), "m01 needs m01, which does not come before it"),
        (lambda s: s["modules"][0]["lessons"][0].update(prerequisites=["m01l02"]), "does not come before it"),
        (lambda s: s["modules"][1].update(prerequisites=["m01", "m01"]), "names a prerequisite twice"),
        (lambda s: s["modules"][0].update(estimatedMinutes=41), "m01 says 41 minutes, its lessons take 40"),
        (lambda s: s.update(totalMinutes=61), "the course says 61 minutes, its modules take 60"),
        (lambda s: s["outcomes"].append("Judge a report of another utility"), "no lesson's objective serves outcome 2"),
        (lambda s: s["modules"][0]["lessons"][0]["objectives"][0].update(outcomeIndexes=[5]), "serves outcome 5"),
        (
            lambda s: s["modules"][0]["lessons"][0]["objectives"][0].update(outcomeIndexes=[0, 0]),
            "an outcome twice",
        ),
        (lambda s: _hook(s).update(objectiveIds=["o002"]), "names o002, not objectives of this lesson"),
        (lambda s: s["modules"][0]["lessons"][0]["assessmentHooks"].append({**_hook(s)}), "more than one quiz hook"),
        (lambda s: s["modules"][1]["lessons"][0].update(title="MINUTES and customers"), "two lessons are titled"),
        (lambda s: s.update(modules=[]), "at least 1 item"),
        (lambda s: s.update(id="x"), "Extra inputs are not permitted"),
        (lambda s: s["modules"][0]["lessons"][0].update(estimatedMinutes=20.0), "valid integer"),
        (lambda s: s.update(schemaVersion="1.1"), "Input should be '1.0'"),
    ],
)
def test_a_syllabus_that_does_not_hold_together_is_refused(change: Change, told: str) -> None:
    syllabus = made.syllabus_json()
    change(syllabus)
    with pytest.raises(ValidationError, match=told):
        Syllabus.model_validate(syllabus)


def _hook(syllabus: Json) -> Json:
    return syllabus["modules"][0]["lessons"][0]["assessmentHooks"][0]


def test_a_project_needs_two_lessons_to_draw_on() -> None:
    syllabus = made.syllabus_json()
    first = syllabus["modules"][0]
    del first["lessons"][0]
    first["lessons"][0]["prerequisites"] = []
    first["estimatedMinutes"] = 20
    syllabus["totalMinutes"] = 40
    with pytest.raises(ValidationError, match="m01 has a project hook and one lesson"):
        Syllabus.model_validate(syllabus)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda q: q["questions"][0]["options"].pop(), "at least 4 items"),
        (lambda q: q["questions"][0]["options"].append("12,000"), "at most 4 items"),
        (lambda q: q["questions"][0].update(correctIndex=4), "less than or equal to 3"),
        (lambda q: q["questions"][0].update(correctIndex=-1), "greater than or equal to 0"),
        (lambda q: q["questions"][0].update(correctIndex=True), "valid integer"),
        (lambda q: q["questions"][0].update(correctIndex="0"), "valid integer"),
        (lambda q: q["questions"][0].update(correctIndex=0.0), "valid integer"),
        (lambda q: q["questions"][0].update(options=["Café", "CAFE\u0301 ", "tea", "rum"]), "are the same: 'café'"),
        (lambda q: q["questions"].append(dict(q["questions"][0])), "'q01' stands more than once"),
        (lambda q: q.update(questions=[]), "at least 1 item"),
        (lambda q: q.update(id="m01l02q"), "the quiz of m01l01 has the id m01l01q"),
        (lambda q: q.update(passThresholdPct=0), "greater than or equal to 1"),
        (lambda q: q["questions"][0].update(correct_index=0), "Extra inputs"),
    ],
)
def test_a_quiz_that_cannot_be_asked_is_refused(change: Change, told: str) -> None:
    quiz = made.quiz_json()
    change(quiz)
    with pytest.raises(ValidationError, match=told):
        Quiz.model_validate(quiz)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda p: p["rubric"]["criteria"][0].update(weightPct=61), "the weights of the rubric make 101"),
        (lambda p: p["rubric"]["criteria"][0]["levels"][1].update(points=4), "the points of c01 must fall"),
        (lambda p: p["rubric"]["criteria"][0]["levels"].pop(), "at least 4 items"),
        (lambda p: p["rubric"]["criteria"][1].update(id="c01"), "c01 stands more than once"),
        (lambda p: p.update(lessonIds=["m01l01"]), "at least 2 items"),
        (lambda p: p.update(lessonIds=["m01l01", "m01l01"]), "m01l01 is named more than once"),
        (lambda p: p.update(id="m02p01"), "a project of m01 has an id such as m01p01"),
        (lambda p: p["deliverables"][0].update(format="video"), "Input should be"),
    ],
)
def test_a_project_that_cannot_be_judged_is_refused(change: Change, told: str) -> None:
    project = made.project_json()
    change(project)
    with pytest.raises(ValidationError, match=told):
        Project.model_validate(project)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda c: c["explanation"].update(overview="o" * 49), "at least 50 characters"),
        (lambda c: c["explanation"].update(overview="o" * 49 + "   "), "at least 50 characters"),
        (lambda c: c["explanation"].update(concepts=[]), "at least 1 item"),
        (lambda c: c.update(keyTakeaways=["Only one thing"]), "at least 2 items"),
        (lambda c: c.update(durationMinutes=4), "greater than or equal to 5"),
        (lambda c: c.update(durationMinutes="20"), "valid integer"),
        (lambda c: c["practice"].update(expectedOutcome="Done."), "at least 30 characters"),
        (lambda c: c.update(notes="x"), "Extra inputs"),
        (lambda c: c["metadata"].update(level="expert"), "Input should be"),
        (lambda c: c.update(title="A title with \u0007"), "control character U\\+0007"),
        (lambda c: c.update(title="A title with \u202egnirts"), "control character U\\+202E"),
        (lambda c: c.update(title="A title with \ud800"), "U\\+D800|surrogates"),
    ],
)
def test_a_lesson_that_nobody_could_learn_from_is_refused(change: Change, told: str) -> None:
    lesson = made.lesson_json("m01l01")
    change(lesson)
    with pytest.raises(ValidationError, match=told):
        Lesson.model_validate(lesson)


@pytest.mark.parametrize(
    "changes",
    [
        {"timeBudgetMinutes": 29},
        {"timeBudgetMinutes": 60_001},
        {"timeBudgetMinutes": True},
        {"courseTitle": "four"},
        {"seed": 2**31},
        {"seed": -1},
        {"constraints": [f"constraint {n}" for n in range(11)]},
        {"constraints": ["Practical", "practical"]},
        {"language": "english please"},
        {"skillLevel": "expert"},
        {"mood": "kind"},
    ],
)
def test_a_request_outside_its_limits_is_refused(changes: Json) -> None:
    with pytest.raises(ValidationError):
        made.request(**changes)


@pytest.mark.parametrize(
    "changes",
    [{"timeBudgetMinutes": 30}, {"timeBudgetMinutes": 60_000}, {"seed": 2**31 - 1}, {"courseTitle": "fiver"}],
)
def test_a_request_at_its_limits_is_taken(changes: Json) -> None:
    made.request(**changes)


@pytest.mark.parametrize(
    ("given", "stands"),
    [("EN-au", "en-AU"), ("zh-hant-tw", "zh-Hant-TW"), ("DE-1996", "de-1996"), ("es-419", "es-419")],
)
def test_a_language_tag_has_one_spelling(given: str, stands: str) -> None:
    assert made.request(language=given).language == stands


@given(st.text(min_size=5, max_size=60))
def test_one_text_has_one_spelling_and_so_one_hash(title: str) -> None:
    try:
        composed = made.request(courseTitle=unicodedata.normalize("NFC", title))
    except ValidationError:
        return
    decomposed = made.request(courseTitle=f"  {unicodedata.normalize('NFD', title)}\r\n")
    assert content_text(composed) == content_text(decomposed)
    again = SyllabusRequest.model_validate_json(content_text(composed))
    assert content_text(again) == content_text(composed)


def test_lengths_are_counted_in_characters_after_stripping_and_composing() -> None:
    assert made.request(courseTitle=" " + "e\u0301" * 120 + " ").course_title == "é" * 120
    with pytest.raises(ValidationError):
        made.request(courseTitle="é" * 121)


def test_canonical_text_is_sorted_camel_case_and_reads_back_as_the_same() -> None:
    text = content_text(made.lesson("m01l01"))
    assert text.startswith('{"durationMinutes":20,"explanation":{"concepts":[{"example":"200 customers')
    assert content_text(Lesson.model_validate_json(text)) == text
    assert len(content_hash(text)) == 64


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda p: p["lessons"][0].update(title="The parts of another"), "contentHash of m01l01 is not the hash"),
        (lambda p: p["lessons"][0].update(revision=9), "the manifest is not that of the package's parts"),
        (lambda p: p["manifest"].reverse(), "the manifest is not that of the package's parts"),
        (lambda p: p["manifest"].pop(), "the manifest is not that of the package's parts"),
        (lambda p: p["lessonOrder"].reverse(), "lessonOrder is not the order"),
        (lambda p: p["lessons"].reverse(), "the lessons are not those of lessonOrder"),
        (lambda p: p["lessons"].pop(), "the lessons are not those of lessonOrder"),
        (lambda p: p["totals"].update(minutes=61), "the totals are not those"),
        (lambda p: p["modules"][1].update(id="m01"), "stands more than once"),
        (lambda p: p["modules"][1].update(id="m03"), "m02l01 names a module, lesson or index"),
        (lambda p: p.update(version=1), "Extra inputs"),
        (lambda p: p["lessons"][0].update(approvedBy="Ada"), "Extra inputs"),
        (lambda p: p.update(syllabusId="0190a3c4-0000-7000-8000-000000000002"), "belongs to another course"),
    ],
)
def test_a_package_that_was_touched_is_refused(change: Change, told: str) -> None:
    package = made.package().model_dump(mode="json")
    change(package)
    with pytest.raises(ValidationError, match=told):
        CoursePackage.model_validate(package)
