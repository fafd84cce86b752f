"""What a model may answer: exactly what was asked for, or it is refused as a whole."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from domain.courses.authoring.rules.answers import (
    MadeBy,
    Place,
    SyllabusAnswer,
    read_lessons,
    read_projects,
    read_quizzes,
    read_syllabus,
)
from domain.courses.authoring.rules.strict_json import DEEPEST, LARGEST_ANSWER_BYTES, read_json
from domain.courses.content.hashes import content_text
from domain.kernel.errors import Invalid
from tests.courses import small_course as made

MADE_BY = MadeBy("test", "test", "syllabus", "0" * 64)
FIRST = Place(made.syllabus(), made.COURSE, "m01")
Json = dict[str, Any]
Change = Callable[[Any], Any]


def lessons_json() -> list[Json]:
    return [made.lesson_json("m01l01"), made.lesson_json("m01l02")]


def syllabus_answer() -> Json:
    whole = made.syllabus_json()
    return SyllabusAnswer.model_validate(
        {
            **{name: whole[name] for name in ("description", "prerequisites", "outcomes")},
            "modules": [
                {name: value for name, value in module.items() if name != "estimatedMinutes"}
                for module in whole["modules"]
            ],
        }
    ).model_dump(mode="json")


def refused(read: Callable[[], object]) -> Invalid:
    with pytest.raises(Invalid) as error:
        read()
    assert error.value.code == "GENERATION_INVALID"
    assert "nothing was stored" in error.value.detail
    return error.value


def test_a_good_answer_gives_the_content_that_the_syllabus_plans() -> None:
    assert [content_text(item) for item in read_lessons(json.dumps(lessons_json()), FIRST)] == [
        content_text(made.lesson("m01l01")),
        content_text(made.lesson("m01l02")),
    ]
    assert read_quizzes(json.dumps([made.quiz_json()]), FIRST) == [made.quiz()]
    assert read_projects(json.dumps([made.project_json()]), FIRST) == [made.project()]
    assert read_syllabus(json.dumps(syllabus_answer()), made.request(), MADE_BY).total_minutes == 60


def test_single_lessons_of_a_module_can_be_asked_for() -> None:
    one = Place(made.syllabus(), made.COURSE, "m01", only=("m01l02",))
    assert one.wanted("LESSON") == ["m01l02"]
    assert one.wanted("QUIZ") == []
    assert [item.id for item in read_lessons(json.dumps([made.lesson_json("m01l02")]), one)] == ["m01l02"]


def fenced(text: str) -> str:
    return f"```json\n{text}\n```"


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (fenced, "code fence"),
        (lambda text: "Here are your lessons:\n" + text, "something other than JSON"),
        (lambda text: text + "\nI hope this helps!", "no JSON: Extra data"),
        (lambda text: text[: len(text) // 2], "seems to have been cut off"),
        (lambda text: text[:-1], "no JSON"),
        (lambda text: "", "empty"),
        (lambda text: " \n ", "empty"),
        (lambda text: "\ufeff" + text, "something other than JSON"),
        (lambda text: "null", "something other than JSON"),
        (lambda text: "{}", "an array was asked for"),
        (lambda text: text.replace('"durationMinutes": 20', '"durationMinutes": NaN', 1), "NaN is no JSON"),
        (lambda text: text.replace('"durationMinutes": 20', '"durationMinutes": 20.0', 1), "no whole number"),
        (lambda text: text.replace('"durationMinutes": 20', '"durationMinutes": 1e9', 1), "no whole number"),
        (lambda text: text.replace('"durationMinutes": 20', f'"durationMinutes": {"9" * 5000}', 1), "larger than"),
        (lambda text: text.replace('"durationMinutes": 20', '"durationMinutes": 9007199254740992', 1), "larger than"),
        (
            lambda text: text.replace('"durationMinutes": 20', '"durationMinutes": 20, "durationMinutes": 20', 1),
            "twice",
        ),
        (lambda text: "[" * 100_000, "nests deeper"),
        (lambda text: "[" * (DEEPEST + 1) + "]" * (DEEPEST + 1), "nests deeper"),
        (lambda text: text + " " * LARGEST_ANSWER_BYTES, "longer than"),
    ],
)
def test_what_is_not_one_json_text_is_refused(spoil: Callable[[str], str], told: str) -> None:
    error = refused(lambda: read_lessons(spoil(json.dumps(lessons_json())), FIRST))
    assert told in error.detail


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda a: a.append(made.lesson_json("m02l01")), "it holds 3 item(s), and the syllabus plans 2"),
        (lambda a: a.pop(), "it holds 1 item(s), and the syllabus plans 2"),
        (lambda a: a.reverse(), "its ids are m01l02, m01l01; the syllabus has m01l01, m01l02"),
        (lambda a: a.__setitem__(1, a[0]), "its ids are m01l01, m01l01"),
        (lambda a: a[0].update(notes="by the way"), "/0/notes: Extra inputs"),
        (lambda a: a[0]["explanation"].update(summary="x"), "/0/explanation/summary: Extra inputs"),
        (lambda a: a[0].update(durationMinutes="20"), "/0/durationMinutes: Input should be a valid integer"),
        (lambda a: a[0].update(durationMinutes=True), "/0/durationMinutes: Input should be a valid integer"),
        (lambda a: a[0].update(objectives="Explain"), "/0/objectives: Input should be a valid list"),
        (lambda a: a[0].update(explanation=None), "/0/explanation"),
        (lambda a: a[0].pop("practice"), "/0/practice: Field required"),
        (lambda a: a.__setitem__(0, "m01l01"), "/0: Input should be"),
        (lambda a: a[0].update(title="A title of its own"), "does not fit its syllabus"),
        (lambda a: a[0].update(objectives=["Explain something else"]), "does not fit its syllabus"),
        (lambda a: a[1].update(lessonIndex=0), "does not fit its syllabus"),
        (lambda a: a[0].update(moduleId="m02"), "does not fit its syllabus"),
        (lambda a: a[0].update(syllabusId=made.COURSE.replace("1", "2")), "does not fit its syllabus"),
        (lambda a: a[0]["metadata"].update(level="advanced"), "does not fit its syllabus"),
        (lambda a: a[1]["metadata"].update(prerequisites=[]), "does not fit its syllabus"),
    ],
)
def test_lessons_that_are_not_those_of_the_syllabus_are_refused(change: Change, told: str) -> None:
    answer = lessons_json()
    change(answer)
    assert told in refused(lambda: read_lessons(json.dumps(answer), FIRST)).detail


@pytest.mark.parametrize(
    "change",
    [
        lambda q: q["questions"][0]["options"].pop(),
        lambda q: q["questions"][0].update(correctIndex=4),
        lambda q: q["questions"][0].update(correctIndex=True),
        lambda q: q["questions"][0].update(correctIndex="0"),
        lambda q: q["questions"][0].update(options=["6,000", "6,000 ", "170", "3,000"]),
        lambda q: q["questions"][0].update(options=["Yes", "YES", "No", "Perhaps"]),
        lambda q: q["questions"][0].update(objectiveId="o002"),
        lambda q: q.update(lessonId="m01l02", id="m01l02q"),
    ],
)
def test_a_quiz_that_is_not_the_planned_one_is_refused(change: Change) -> None:
    quiz = made.quiz_json()
    change(quiz)
    refused(lambda: read_quizzes(json.dumps([quiz]), FIRST))


@pytest.mark.parametrize(
    "change",
    [
        lambda p: p.update(lessonIds=["m01l01", "m02l01"]),
        lambda p: p.update(id="m01p02"),
        lambda p: p["rubric"]["criteria"].pop(),
        lambda p: p["metadata"].update(level="advanced"),
    ],
)
def test_a_project_that_is_not_the_planned_one_is_refused(change: Change) -> None:
    project = made.project_json()
    change(project)
    refused(lambda: read_projects(json.dumps([project]), FIRST))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda s: s.update(modules=[]), "/modules"),
        (lambda s: s.update(title="A title of its own"), "/title: Extra inputs"),
        (lambda s: s.update(metadata={}), "/metadata: Extra inputs"),
        (lambda s: s["modules"][0].update(estimatedMinutes=40), "Extra inputs"),
        (lambda s: s["modules"][1].update(id="m01"), "the id m01 stands more than once"),
        (lambda s: s["modules"][1]["lessons"][0].update(id="m01l01"), "the id m01l01 stands more than once"),
        (lambda s: s["modules"][1]["lessons"][0].update(estimatedMinutes=27), "not what was asked for"),
        (lambda s: s["modules"][1]["lessons"][0].update(estimatedMinutes=13), "not what was asked for"),
        (lambda s: s["modules"][1]["lessons"].clear(), "at least 1 item"),
        (lambda s: s["outcomes"].append("Something that nobody teaches"), "no lesson's objective serves outcome 2"),
    ],
)
def test_a_syllabus_that_is_not_what_was_asked_for_is_refused(change: Change, told: str) -> None:
    answer = syllabus_answer()
    change(answer)
    assert told in refused(lambda: read_syllabus(json.dumps(answer), made.request(), MADE_BY)).detail


@pytest.mark.parametrize(("minutes", "taken"), [(26, True), (27, False), (14, True), (13, False)])
def test_ten_percent_off_the_budget_is_taken_and_no_more(minutes: int, taken: bool) -> None:
    answer = syllabus_answer()
    answer["modules"][1]["lessons"][0]["estimatedMinutes"] = minutes
    if taken:
        assert read_syllabus(json.dumps(answer), made.request(), MADE_BY).total_minutes == 40 + minutes
    else:
        refused(lambda: read_syllabus(json.dumps(answer), made.request(), MADE_BY))


@given(st.text() | st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists).map(json.dumps))
def test_nothing_that_comes_in_raises_anything_but_a_refusal(raw: str) -> None:
    for read in (read_lessons, read_quizzes, read_projects):
        refused(lambda read=read: read(raw, FIRST))
    refused(lambda: read_syllabus(raw, made.request(), MADE_BY))


@given(st.data())
def test_a_member_of_another_type_anywhere_is_refused_or_valid_content(data: st.DataObject) -> None:
    answer = lessons_json()
    spot: Any = answer[0]
    while True:
        key = data.draw(st.sampled_from(sorted(spot) if isinstance(spot, dict) else range(len(spot))))
        inner = spot[key]
        if not inner or not isinstance(inner, dict | list) or data.draw(st.booleans()):
            break
        spot = inner
    spot[key] = data.draw(st.none() | st.booleans() | st.integers() | st.text() | st.just([]) | st.just({}))
    try:
        found = read_lessons(json.dumps(answer), FIRST)
    except Invalid:
        return
    assert [item.id for item in found] == ["m01l01", "m01l02"]


@given(st.lists(st.recursive(st.integers(-(2**53) + 1, 2**53 - 1) | st.text(), st.lists, max_leaves=6)))
def test_json_that_keeps_to_the_rules_is_read_as_it_is(value: list[Any]) -> None:
    text = json.dumps(value, ensure_ascii=False)
    assume(len(text) - len(text.replace("[", "")) <= DEEPEST)
    assert read_json(text) == value
