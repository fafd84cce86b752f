"""What the lineage page calls things: files, acts, reports and rows by a person's words, with links to their pages."""

from typing import Any

import pytest

from api.kernel.lineage_page import Branch, headline
from domain.kernel.trace import Lineage, Node


def node(kind: str, label: str, **facts: Any) -> Node:
    return Node(kind, "x1", label, None, facts, 0)


@pytest.mark.parametrize(
    ("thing", "label", "names_itself"),
    [
        (node("artifact", "ledger.checkpoint"), "Checkpoint of the ledger", False),
        (
            node("artifact", "grid.after_action_report", made_from={"edition": "draft"}),
            "After-action report, draft edition",
            False,
        ),
        (node("countersignature", "APPROVED: courses.quiz"), "Quiz, approved", False),
        (node("countersignature", "MORE_INFORMATION: courses.quiz"), "Quiz, more information", False),
        (node("countersignature", "APPROVED: formerly.known"), "APPROVED: formerly.known", False),
        (node("compliance_report", "session of Pilot Building 123"), "report of a visit to Pilot Building 123", True),
        (node("compliance_report", "yearly statement of Tower"), "report: yearly statement of Tower", True),
        (node("test_session", "annual visit to Tower on 2026-11-23"), "annual visit to Tower on 2026-11-23", True),
        (node("rows", "meter_events"), "of signals of meters and devices", False),
        (node("rows", "a_later_table"), "of a_later_table", False),
    ],
)
def test_a_thing_is_called_as_people_call_it(thing: Node, label: str, names_itself: bool) -> None:
    branch = Branch(thing, "")
    assert (branch.label, branch.names_itself) == (label, names_itself)


def test_the_headline_says_no_word_twice() -> None:
    told = [
        headline(
            Lineage([node("compliance_report", "session of Tower"), node("rows", "test_instances", tests=169)], [])
        ),
        headline(Lineage([node("artifact", "ledger.checkpoint")], [])),
    ]
    assert told == [
        "Report of a visit to Tower leads back to 169 tests",
        "Checkpoint of the ledger names nothing that it was made from",
    ]


def test_what_has_a_page_is_linked_to_it() -> None:
    kinds = ("artifact", "countersignature", "proposal", "outage", "test_session", "retry_intent", "rows")
    assert [Branch(node(kind, "x"), "").address for kind in kinds] == [
        "/artifacts/x1",
        "/countersignatures/x1",
        "/countersign/x1",
        "/grid/outages/x1",
        "/stairs/sessions/x1",
        "/admin/retry-intents/x1",
        None,
    ]


def test_only_what_a_machine_proposed_is_marked_as_suggested() -> None:
    by = [node("proposal", "x", proposed_by=who) for who in ("grid", "01a2049a-1a19-7197-a604-4e4ae40de30e", None)]
    assert [Branch(one, "").rule for one in [*by, node("countersignature", "x"), node("rows", "x")]] == [
        "suggested",
        "plain",
        "suggested",
        "signed",
        "plain",
    ]


def test_of_many_things_that_one_was_made_from_the_first_stand_open_and_the_rest_is_folded() -> None:
    def told(*kinds: str) -> tuple[list[Branch], list[Branch]]:
        return Branch(node("run", "x"), "", branches=[Branch(node(kind, "x"), "") for kind in kinds]).others

    counts = [[len(one) for one in told(*["rows"] * count)] for count in (0, 10, 11)]
    assert counts == [[0, 0], [10, 0], [8, 3]]
    (first, *_), folded = told(*["rows"] * 20, "countersignature", "event")
    assert first.rule == "signed"
    assert {one.node.type for one in folded} == {"rows"}
