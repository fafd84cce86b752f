"""The forecast: silent where it knows too little, the same always, and honest about how sure it is."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.stairs_trend import score
from domain.stairs.rules.trend import Forecast, Result, Silent, forecast


def told(values: list[float], every_days: int = 182, **limits: float | None) -> Forecast | Silent:
    results = [Result(date(2022, 1, 20) + timedelta(days=every_days * n), value) for n, value in enumerate(values)]
    given_limits = {"minimum": 20.0, "maximum": 80.0} | limits
    return forecast(results, **given_limits, accuracy=1.0, is_share=True)


DECAY = [48.0, 43.9, 38.6, 35.2, 31.4, 28.1]


def test_a_decay_is_told_with_its_interval() -> None:
    found = told(DECAY)
    assert isinstance(found, Forecast)
    assert found.limit == 20.0
    assert found.slope_a_year < -5
    assert date(2025, 8, 1) < found.crosses_on < date(2026, 8, 1)
    assert found.latest_on is not None
    assert found.earliest_on <= found.crosses_on <= found.latest_on
    assert found.band[0][0] == date(2022, 1, 20) + timedelta(days=182 * 5)
    assert all(low <= middle <= high for _, low, middle, high in found.band)


@pytest.mark.parametrize(
    ("values", "every_days", "limits", "reason"),
    [
        ([48.0, 44.0, 40.0], 182, {}, "TOO_FEW"),
        ([48.0, 44.0, 40.0, 36.0], 60, {}, "TOO_SHORT"),
        ([48.0, 49.0, 47.5, 48.5, 48.2, 47.9], 182, {}, "NO_TREND"),
        (DECAY, 182, {"minimum": None}, "NO_LIMIT_AHEAD"),
        ([48.0, 0.0, 40.0, 36.0], 182, {}, "NOT_POSITIVE"),
        ([79.0, 78.0, 77.0, 76.0, 75.0, 74.0, 73.0, 72.0], 182, {}, "BEYOND_HORIZON"),
    ],
)
def test_silence_has_its_reason(
    values: list[float], every_days: int, limits: dict[str, float | None], reason: str
) -> None:
    assert told(values, every_days, **limits) == Silent(reason)  # type: ignore[arg-type]


def test_a_force_that_grows_is_told_against_its_maximum() -> None:
    results = [Result(date(2022, 3, 1) + timedelta(days=182 * n), 80.0 + 4.0 * n) for n in range(6)]
    found = forecast(results, minimum=None, maximum=110.0, accuracy=1.0, is_share=False)
    assert isinstance(found, Forecast)
    assert found.slope_a_year == pytest.approx(8.03, abs=0.1)
    assert found.limit == 110.0


def test_tests_of_one_season_are_compared_with_each_other() -> None:
    # Winter and summer differ by 12 Pa and nothing decays: no slope is made of seasons.
    still = told([52.0, 40.0, 52.3, 39.8, 51.8, 40.1, 52.1, 39.9])
    assert still == Silent("NO_TREND")
    decaying = told([52.0, 40.0, 46.0, 35.5, 41.0, 31.2, 36.3, 27.9])
    assert isinstance(decaying, Forecast)
    assert decaying.is_seasonal
    assert decaying.season == 7


@given(st.permutations(range(6)))
def test_the_order_of_the_results_changes_nothing(order: list[int]) -> None:
    results = [Result(date(2022, 1, 20) + timedelta(days=182 * n), DECAY[n]) for n in range(6)]
    asked = {"minimum": 20.0, "maximum": 80.0, "accuracy": 1.0, "is_share": True}
    assert forecast([results[n] for n in order], **asked) == forecast(results, **asked)  # type: ignore[arg-type]


@pytest.mark.parametrize("rhythm", ["six-monthly", "yearly"])
def test_the_interval_is_honest_on_simulated_stairs(rhythm: str) -> None:
    # A small edition of bench/stairs_trend.py; the bounds are wider by what chance does to so few runs.
    found = score(rhythm, 60, 1)
    assert 70 <= float(found["holds_pct"]) <= 100
    assert float(found["false_pct"]) <= 5
    assert float(found["told_pct"]) >= 90
