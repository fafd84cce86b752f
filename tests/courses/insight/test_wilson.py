"""Rates and their intervals: the hand-checked values, nothing where n is 0, and what holds for all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.courses.insight.rules.wilson import Rate, rate


@pytest.mark.parametrize(
    ("k", "n", "low", "high"),
    [
        (5, 30, 0.0734, 0.3356),
        (9, 30, 0.1666, 0.4788),
        (0, 10, 0.0, 0.2775),
        (10, 10, 0.7225, 1.0),
        (1, 2, 0.0945, 0.9055),
    ],
)
def test_the_interval_of_known_counts(k: int, n: int, low: float, high: float) -> None:
    found = rate(k, n)
    assert found.value == k / n
    assert found.low == pytest.approx(low, abs=5e-5)
    assert found.high == pytest.approx(high, abs=5e-5)


def test_of_nobody_there_is_no_rate() -> None:
    assert rate(0, 0) == Rate(0, 0, None, None, None)


@pytest.mark.parametrize(("k", "n"), [(1, 0), (3, 2), (-1, 4)])
def test_a_count_that_cannot_be_is_refused(k: int, n: int) -> None:
    with pytest.raises(ValueError, match="is no rate"):
        rate(k, n)


@given(st.integers(1, 10**6).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_an_interval_holds_its_value_and_mirrors(pair: tuple[int, int]) -> None:
    k, n = pair
    found, mirrored = rate(k, n), rate(n - k, n)
    assert found.value is not None
    assert found.low is not None
    assert found.high is not None
    assert 0.0 <= found.low <= found.value <= found.high <= 1.0
    assert mirrored.low == pytest.approx(1 - found.high, abs=1e-12)


@given(st.integers(1, 2000), st.integers(2, 50))
def test_more_of_the_same_narrows_the_interval(n: int, times: int) -> None:
    few, many = rate(n // 3, n), rate(times * (n // 3), times * n)
    assert few.low is not None
    assert few.high is not None
    assert many.low is not None
    assert many.high is not None
    assert many.high - many.low < few.high - few.low
