"""What is said of a commissioned value: its age, its distance to the limits, and whether its grid is whole."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.stairs.rules.archetypes.sources import Limits
from domain.stairs.rules.commissioned import compliance_margin, is_recent

PA, N = Limits(Decimal(20), Decimal(80), "Pa"), Limits(None, Decimal(110), "N")


@pytest.mark.parametrize(("on", "recent"), [("2024-01-15", True), ("2025-01-14", True), ("2025-01-15", False)])
def test_a_value_is_recent_for_a_year(on: str, recent: bool) -> None:
    assert is_recent(date(2024, 1, 15), date.fromisoformat(on)) is recent


@pytest.mark.parametrize(
    ("value", "limits", "margin"),
    [("95.5", N, "14.5"), ("118.5", N, "-8.5"), ("44.2", PA, "24.2"), ("79", PA, "1"), ("19.9", PA, "-0.1")],
)
def test_the_margin_is_the_distance_to_the_nearest_limit(value: str, limits: Limits, margin: str) -> None:
    assert compliance_margin(Decimal(value), limits) == Decimal(margin)


def test_without_a_limit_there_is_no_margin() -> None:
    assert compliance_margin(Decimal(5), Limits(None, None, None)) is None


@given(st.decimals(0, 200, places=2))
def test_a_margin_is_negative_exactly_where_the_rule_refuses(value: Decimal) -> None:
    margin = compliance_margin(value, PA)
    assert margin is not None
    assert (margin < 0) == PA.refuses(value)
