"""A node of a syllabus by its form: what is typed comes back whole, sums and hooks follow, wrong fields are found."""

import copy

import pytest

from domain.courses.authoring.rules.nodes import as_typed, at, field_of, kind_of, place_of, with_node

SYLLABUS = {
    "title": "Reading feeders",
    "description": "What a feeder says, and how it is read.",
    "outcomes": ["Explain the loss of a feeder", "Apply it to a case"],
    "prerequisites": [],
    "totalMinutes": 30,
    "modules": [
        {
            "id": "m01",
            "title": "Loss",
            "summary": "Where energy goes on its way.",
            "objectives": [{"id": "o001", "verb": "explain", "text": "Name the kinds of loss", "outcomeIndexes": [0]}],
            "estimatedMinutes": 30,
            "lessons": [
                {
                    "id": "m01l01",
                    "title": "Technical loss",
                    "depth": "introduce",
                    "estimatedMinutes": 30,
                    "prerequisites": [],
                    "objectives": [
                        {"id": "o002", "verb": "apply", "text": "Compute a loss", "outcomeIndexes": [0, 1]},
                        {"id": "o003", "verb": "explain", "text": "Say where it arises", "outcomeIndexes": []},
                    ],
                    "assessmentHooks": [
                        {"kind": "quiz", "objectiveIds": ["o002", "o003"], "note": ""},
                        {"kind": "reflection", "objectiveIds": ["o003"], "note": ""},
                    ],
                }
            ],
        }
    ],
}


@pytest.mark.parametrize("node_id", ["course", "m01", "m01l01"])
def test_a_form_that_is_sent_as_it_was_shown_changes_nothing(node_id: str) -> None:
    place, kind = place_of(SYLLABUS, node_id), kind_of(node_id)
    assert place is not None
    before = copy.deepcopy(SYLLABUS)
    assert with_node(SYLLABUS, place, kind, as_typed(at(SYLLABUS, place), kind)) == SYLLABUS == before


def test_sums_hooks_and_new_ids_follow_what_was_typed() -> None:
    place = place_of(SYLLABUS, "m01l01")
    assert place is not None
    typed = as_typed(at(SYLLABUS, place), "lesson")
    typed |= {"estimatedMinutes": "45", "text_1": "", "text_2": "Draw it", "verb_2": "create", "outcomes_2": "2"}
    made = with_node(SYLLABUS, place, "lesson", typed)
    lesson = at(made, place)
    assert (made["totalMinutes"], made["modules"][0]["estimatedMinutes"]) == (45, 45)
    assert [one["id"] for one in lesson["objectives"]] == ["o002", "o004"]
    assert lesson["objectives"][1]["outcomeIndexes"] == [1]
    assert [(one["kind"], one["objectiveIds"]) for one in lesson["assessmentHooks"]] == [("quiz", ["o002"])]


def test_a_wrong_member_is_told_at_its_field_or_not_at_all() -> None:
    place = place_of(SYLLABUS, "m01l01")
    assert place is not None
    here = "modules.0.lessons.0"
    assert field_of(f"{here}.estimatedMinutes", place) == "estimatedMinutes"
    assert field_of(f"{here}.objectives.1.outcomeIndexes.0", place) == "outcomes_1"
    assert field_of(f"{here}.objectives.0.text", place) == "text_0"
    assert field_of("modules.0.title", place) is None
    assert place_of(SYLLABUS, "m09") is None
