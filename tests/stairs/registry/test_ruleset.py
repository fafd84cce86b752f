"""The shipped ruleset is the seed, corrected and unverified; rules are read by date (R-05, the rule side)."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.kernel.errors import Invalid
from domain.stairs.rules.ruleset import (
    LABEL,
    SHIPPED_CLASSES,
    SHIPPED_RULES,
    class_of,
    class_problems,
    in_force,
    overlaps,
    rule_problems,
    superseded,
)

SP_01 = SHIPPED_RULES[0]


def test_the_five_rules_of_the_seed() -> None:
    found = [(r.rule_code, r.min_threshold, r.max_threshold, r.unit, r.defect_classification) for r in SHIPPED_RULES]
    assert found == [
        ("SP-01", Decimal(20), Decimal(80), "Pa", "1A"),
        ("SP-02", Decimal(1), None, "m/s", "1B"),
        ("SP-03", None, Decimal(110), "N", "1A"),
        ("CE-01", None, None, None, "1A"),
        ("INT-01", None, None, None, "1A"),
    ]
    assert {r.version for r in SHIPPED_RULES} == {LABEL}
    assert not any(rule_problems(rule) for rule in SHIPPED_RULES)


def test_nothing_that_is_shipped_claims_to_be_verified() -> None:
    assert not any(rule.verified for rule in SHIPPED_RULES)
    assert {rule.reference_status for rule in SHIPPED_RULES} == {"unverified"}
    assert not any(row.verified for row in SHIPPED_CLASSES)


def test_the_velocity_limit_says_at_least_and_not_exceed() -> None:
    assert "at least 1.0 m/s" in (SHIPPED_RULES[1].description or "")


def test_r_05_a_rule_holds_from_its_date_until_the_day_it_is_superseded() -> None:
    new = replace(SP_01, version="v2", effective_date=date(2026, 7, 1), min_threshold=Decimal(25))
    old = superseded(SP_01, new)
    assert old.active
    for on, version in ((date(2024, 1, 1), LABEL), (date(2026, 6, 30), LABEL), (date(2026, 7, 1), "v2")):
        assert [rule.version for rule in in_force([new, old], SP_01.measurement_type, on)] == [version]
    assert in_force([new, old], SP_01.measurement_type, date(2023, 12, 31)) == []


def test_r_05_what_was_withdrawn_in_error_never_held() -> None:
    assert in_force([replace(SP_01, active=False)], SP_01.measurement_type, date(2026, 1, 1)) == []


@given(st.integers(0, 4000))
def test_r_05_after_superseding_exactly_one_version_holds_each_day(days: int) -> None:
    new = replace(SP_01, version="v2", effective_date=date(2026, 7, 1))
    on = SP_01.effective_date + timedelta(days=days)
    assert len(in_force([superseded(SP_01, new), new], SP_01.measurement_type, on)) == 1


def test_two_versions_at_one_date_are_noticed() -> None:
    new = replace(SP_01, version="v2", effective_date=date(2026, 7, 1))
    assert overlaps([SP_01, new]) == ["SP-01"]
    assert overlaps([superseded(SP_01, new), new]) == []


@pytest.mark.parametrize("change", [{"rule_code": "SP-09"}, {"effective_date": date(2024, 1, 1)}, {"version": LABEL}])
def test_only_a_later_version_of_the_same_rule_supersedes(change: dict) -> None:
    with pytest.raises(Invalid):
        superseded(SP_01, replace(SP_01, **({"version": "v2", "effective_date": date(2026, 7, 1)} | change)))


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"unit": None}, "unit"),
        ({"min_threshold": Decimal(90)}, "max_threshold"),
        ({"measurement_type": "noise"}, "measurement_type"),
        ({"superseded_date": date(2024, 1, 1)}, "superseded_date"),
    ],
)
def test_a_row_that_is_no_rule_is_told(change: dict, field: str) -> None:
    assert [name for name, _ in rule_problems(replace(SP_01, **change))] == [field]


def test_the_class_map_has_every_class_everywhere() -> None:
    assert not any(class_problems(row) for row in SHIPPED_CLASSES)
    found = [class_of(SHIPPED_CLASSES, one, "NSW") for one in ("1A", "1B", "2", "3")]
    assert [one.standard_class for one in found if one] == [
        "critical",
        "non_critical",
        "non_critical",
        "non_conformance",
    ]
    own = replace(SHIPPED_CLASSES[2], jurisdiction="VIC", notice_hours=24)
    told = class_of([*SHIPPED_CLASSES, own], "2", "VIC")
    assert told is not None
    assert told.notice_hours == 24
