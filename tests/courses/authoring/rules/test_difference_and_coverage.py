"""What changed between revisions, and which lesson serves which outcome."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from domain.courses.authoring.rules.coverage import coverage_matrix
from domain.courses.authoring.rules.difference import changes, word_difference
from domain.courses.authoring.rules.fit import revised_syllabus_problems
from domain.courses.authoring.rules.warnings import content_warnings, quiz_warnings
from domain.courses.content.lesson import Lesson
from domain.courses.content.quiz import Quiz
from domain.courses.content.syllabus import Syllabus
from domain.kernel.canonical import canonical_json
from tests.courses import small_course as made

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-99, 99) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


def test_a_changed_word_is_told_with_its_pointer_and_its_neighbours() -> None:
    before, after = made.lesson_json("m01l01"), made.lesson_json("m01l01")
    after["explanation"]["concepts"][0]["explanation"] = (
        "Each interrupted customer counts with the hours without supply."
    )
    (change,) = changes(before, after)
    assert change.pointer == "/explanation/concepts/0/explanation"
    assert [(piece.mark, piece.text) for piece in change.words if piece.mark != "same"] == [
        ("removed", "minutes"),
        ("added", "hours"),
    ]


def test_a_lesson_that_moved_is_told_as_moved_and_not_as_changed() -> None:
    before, after = made.syllabus_json(), made.syllabus_json()
    after["modules"][0]["lessons"].reverse()
    (change,) = changes(before, after)
    assert (change.op, change.pointer, change.before, change.after) == (
        "replace",
        "/modules/0/lessons",
        ["m01l01", "m01l02"],
        ["m01l02", "m01l01"],
    )


def test_added_and_removed_items_are_told_by_their_place() -> None:
    before, after = made.syllabus_json(), made.syllabus_json()
    gone = after["modules"][0]["lessons"].pop(0)
    after["outcomes"].append("Judge a report of another utility")
    told = [(change.op, change.pointer, change.before or change.after) for change in changes(before, after)]
    assert told == [
        ("remove", "/modules/0/lessons/0", gone),
        ("add", "/outcomes/2", "Judge a report of another utility"),
    ]


def test_pointers_escape_as_rfc_6901_says() -> None:
    assert [change.pointer for change in changes({"a/b": 1, "m~n": 1}, {"a/b": 2, "m~n": 2})] == ["/a~1b", "/m~0n"]


@given(JSON)
def test_the_same_content_has_no_difference(content: Any) -> None:
    assert changes(content, content) == []


@given(JSON, JSON)
def test_different_content_has_one(before: Any, after: Any) -> None:
    assert bool(changes(before, after)) == (canonical_json(before) != canonical_json(after))


@given(st.text(), st.text())
def test_pieces_put_together_give_both_texts(before: str, after: str) -> None:
    pieces = word_difference(before, after)
    assert "".join(piece.text for piece in pieces if piece.mark != "added") == before
    assert "".join(piece.text for piece in pieces if piece.mark != "removed") == after


def test_a_very_long_text_is_shown_whole() -> None:
    before, after = "word " * 3_000, "other " * 3_000
    assert [piece.text for piece in word_difference(before, after)] == [before, after]


def test_the_matrix_has_a_row_for_each_outcome_and_a_cell_for_each_lesson() -> None:
    matrix = coverage_matrix(made.syllabus())
    assert [row.by_lesson for row in matrix] == [(("o001",), (), ("o003",)), ((), ("o002",), ())]
    assert [row.lessons for row in matrix] == [2, 1]


def test_a_person_may_retitle_a_syllabus_but_not_leave_its_budget() -> None:
    draft = made.syllabus_json()
    draft["title"] = "Reading outage reports of a year"
    assert revised_syllabus_problems(Syllabus.model_validate(draft), made.request()) == []
    longer = revised_syllabus_problems(Syllabus.model_validate(draft), made.request(timeBudgetMinutes=90))
    assert "more than 10 % off the 90 asked for" in longer[0]


def codes(content: Lesson | Quiz) -> list[str]:
    return [warned.code for warned in content_warnings(content, made.syllabus())]


def test_a_lesson_off_its_plan_is_warned_of_and_not_refused() -> None:
    for minutes, warned in ((10, []), (30, []), (9, ["DURATION_OFF_PLAN"]), (31, ["DURATION_OFF_PLAN"])):
        lesson = Lesson.model_validate(made.lesson_json("m01l01") | {"durationMinutes": minutes})
        assert codes(lesson) == warned, minutes


def quiz_of(*right: int, longest: int = 0, option: str = "gamma") -> Quiz:
    quiz = made.quiz_json()
    first = quiz["questions"][0]
    quiz["questions"] = []
    for number, index in enumerate(right):
        options = ["alpha", "betas", option, "delta"]
        if number < longest:
            options[index] = "by far the longest"
        question = {**first, "id": f"q{number + 1:02d}", "question": f"Question number {number}?", "options": options}
        quiz["questions"].append(question | {"correctIndex": index})
    return Quiz.model_validate(quiz)


def test_a_quiz_that_gives_itself_away_is_warned_of() -> None:
    assert codes(quiz_of(0, 1, 2, 3, 0)) == []
    assert codes(quiz_of(0, 1, 2, 3, 0, longest=3)) == []
    assert codes(quiz_of(0, 1, 2, 3, 0, longest=4)) == ["CORRECT_OPTION_LONGEST"]
    assert codes(quiz_of(1, 1, 1, 3, 0)) == []
    assert codes(quiz_of(1, 1, 1, 1, 0)) == ["SAME_CORRECT_INDEX"]
    assert codes(quiz_of(1, 1, 1, 1)) == []
    (warned,) = quiz_warnings(quiz_of(0, option="All of the ABOVE"))
    assert (warned.code, warned.pointer) == ("ALL_OF_THE_ABOVE", "/questions/0/options/2")


def test_an_objective_that_is_to_be_assessed_and_is_not_asked_is_warned_of() -> None:
    plan = made.syllabus_json()
    lesson = plan["modules"][0]["lessons"][0]
    lesson["objectives"].append({"id": "o009", "verb": "apply", "text": "Apply the parts to a report of your own"})
    lesson["assessmentHooks"][0]["objectiveIds"] = ["o001", "o009"]
    warned = content_warnings(made.quiz(), Syllabus.model_validate(plan))
    assert [item.code for item in warned] == ["OBJECTIVE_NOT_ASKED"]
