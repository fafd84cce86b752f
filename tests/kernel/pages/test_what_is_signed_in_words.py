"""What is signed, in the words of whoever signs it; where a change lies, counted as people count."""

from datetime import UTC, datetime

import pytest

from api.kernel.pages.content_lists import lists_of, members_of
from api.page_words import placed
from domain.stairs.rules.gates import RULESET

RULE = {"rule_code": "SP-01", "min_threshold": 25, "effective_date": "2027-01-01", "unit": None, "verified": False}


def test_single_values_are_told_by_name_and_ids_stay_out() -> None:
    content = {"act": "rule", "rule": RULE, "building_id": "01a203ae-bafb-7bfe-b79e-e09a8fe1a82d", "supersedes": [{}]}
    assert members_of(content) == [
        ("Act", "rule"),
        ("Rule code", "SP-01"),
        ("Min threshold", "25"),
        ("Effective date", "Fri 1 Jan 2027"),
        ("Verified", "no"),
    ]
    (due,) = members_of({"due": "2026-11-23T14:37:15+00:00"})
    assert due == ("Due", datetime(2026, 11, 23, 14, 37, 15, tzinfo=UTC))
    assert members_of({"rows": "1,234"}) == [("Rows", "1,234")]
    assert members_of(None) == members_of([RULE]) == []


def test_a_schedule_says_fans_and_not_the_members_of_its_rows() -> None:
    row = {"archetype_id": "ARCH-DOORFORCE-001", "selector": "true,false", "dimension": "pressurization_active"}
    (found,) = lists_of({"schedule": [row]}, RULESET.reads_as)
    assert [one.heading for one in found.columns] == ["Archetype", "What is chosen", "Which"]
    assert found.rows == (("ARCH-DOORFORCE-001", "fans on", "yes, no"),)


@pytest.mark.parametrize(
    ("pointer", "words"),
    [
        ("/explanation/concepts/0/title", "explanation, concept 1, title"),
        ("/keyTakeaways/2", "key takeaway 3"),
        ("/outcomeIndexes/0", "outcome index 1"),
        ("", "the whole"),
    ],
)
def test_where_a_change_lies_is_counted_from_one(pointer: str, words: str) -> None:
    assert placed(pointer) == words
