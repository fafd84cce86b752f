"""Loss: the worked numbers of the specification, the edges, and what must hold for any feeder."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.grid.metering.rules import loss
from domain.grid.metering.rules.nonnegative import nonnegative_least_squares

share = st.floats(0, 1)


def theft_pp(lam: float, s: float, q: float, tau: float = 1.0) -> float:
    """Percentage points by which a feeder's loss rises (grid.md 2.8): 100 (1 - lambda) s q tau."""
    return 100 * (1 - lam) * s * q * tau


part = st.floats(0, 0.3)


def test_theft_of_seventy_percent_of_a_tenth_of_a_feeder_shows_as_11_65_percent() -> None:
    for q, pct in ((0.0, 5.0), (0.1, 11.65), (1.0, 71.5)):
        assert loss.loss_pct_raw(100, 95 * (1 - 0.7 * q)) == pytest.approx(pct)
        assert theft_pp(0.05, 0.7, q) == pytest.approx(pct - 5)


@given(part, share, share, st.floats(0.01, 1), st.floats(1, 1e6))
def test_the_formula_is_the_energy_balance(lam: float, s: float, q: float, c: float, consumed: float) -> None:
    delivered = consumed / (1 - lam)
    read = c * consumed * (1 - s * q)
    raw, adjusted = loss.loss_pct_raw(delivered, read), loss.loss_pct_adj(delivered, read, 1.0, c)
    assert raw == pytest.approx(100 * (1 - c * (1 - lam) * (1 - s * q)), abs=1e-6)
    assert adjusted == pytest.approx(100 * lam + theft_pp(lam, s, q), abs=1e-6)


def test_missing_reads_raise_raw_loss_and_leave_adjusted_loss() -> None:
    assert loss.loss_pct_raw(100, 76) == pytest.approx(24)
    assert loss.loss_pct_adj(100, 76, 10, 8) == pytest.approx(5)


def test_what_is_undefined_is_nan_not_zero() -> None:
    assert np.isnan(loss.loss_pct_raw(0, 0))
    assert np.isnan(loss.loss_pct_adj(100, 0, 10, 0))
    assert np.isnan(loss.coverage_pct(0, 0))


@pytest.mark.parametrize(
    ("delivered", "coverage", "status"),
    [
        (100, 100, "OK"),
        (100, 60, "OK"),
        (100, 59.9, "INSUFFICIENT_COVERAGE"),
        (1.0, 100, "INSUFFICIENT_COVERAGE"),
        (0.0, 100, "INSUFFICIENT_COVERAGE"),
        (-50, 100, "NET_EXPORT"),
        (-50, 10, "INSUFFICIENT_COVERAGE"),
        (np.nan, 100, "NO_DELIVERED"),
        (100, np.nan, "INSUFFICIENT_COVERAGE"),
    ],
)
def test_status_at_the_edges(delivered: float, coverage: float, status: str) -> None:
    assert loss.loss_status(delivered, coverage) == status
    assert loss.is_stated(loss.loss_status(delivered, coverage)) == (status in {"OK", "NET_EXPORT"})


def test_net_export_is_a_share_of_the_throughput() -> None:
    assert loss.loss_pct_raw(-10.0, -12.0, throughput=50.0) == pytest.approx(4.0)


def test_an_interval_counts_when_delivered_and_a_read_are_there() -> None:
    assert loss.matched([1.0, np.nan, 1.0], [3, 3, 0]).tolist() == [True, False, False]


@given(st.floats(-200, 2000), st.floats(0, 5), st.floats(0, 2e-5), st.sampled_from([0.25, 0.5, 1.0]))
def test_consumption_solves_the_feeder_equation(consumed: float, noload: float, copper: float, hours: float) -> None:
    delivered = loss.delivered_from_consumption(consumed, noload, copper, hours)
    assert loss.consumption_from_delivered(delivered, noload, copper, hours) == pytest.approx(consumed, abs=1e-6)


def test_technical_loss_grows_faster_than_the_load() -> None:
    pct = loss.technical_loss_kwh([100.0, 200.0], 1.0, 1e-4, 0.25) / np.array([100.0, 200.0])
    assert pct[1] > pct[0]


@given(st.floats(0, 0.1), st.floats(0, 1e-3))
def test_the_fit_finds_what_made_the_loss(a: float, b: float) -> None:
    d = np.linspace(10, 100, 60)
    found = loss.fit_technical_loss(d, a * d + b * d * d)
    assert found == pytest.approx((a, b), abs=1e-9)


@given(st.lists(st.tuples(st.floats(-100, 100), st.floats(-100, 100)), min_size=1, max_size=30))
def test_the_fit_is_never_negative_and_never_beaten_on_its_grid(pairs: list[tuple[float, float]]) -> None:
    d, y = np.array(pairs).T
    a, b = loss.fit_technical_loss(d, y)
    assert a >= 0
    assert b >= 0
    best = float(((a * d + b * d * d - y) ** 2).sum())
    for other_a in (0.0, 0.01, 0.5, 2.0):
        for other_b in (0.0, 1e-3, 0.05):
            assert best <= float(((other_a * d + other_b * d * d - y) ** 2).sum()) * (1 + 1e-9) + 1e-6


def test_loss_z_by_the_rule() -> None:
    past = [5.0, 5.2, 4.8, 5.1, 4.9, np.nan]
    assert loss.loss_z(11.65, past) == pytest.approx((11.65 - 5.0) / (1.4826 * 0.1 + 0.15))


def test_loss_z_over_several_feeders_at_once() -> None:
    z = loss.loss_z(np.array([6.0, 5.0]), np.array([[5.0, 5.0, 5.0], [5.0, 5.0, 5.0]]))
    assert z.tolist() == pytest.approx([1 / 0.15, 0.0])


def test_nonnegative_least_squares_against_known_answers() -> None:
    columns = np.array([[1.0, 0.0, 1.0], [0.0, 1.0, 1.0], [1.0, 1.0, 0.0]])
    assert nonnegative_least_squares(columns, columns @ [2.0, 0.5, 1.0]).tolist() == pytest.approx([2.0, 0.5, 1.0])
    assert nonnegative_least_squares(columns, -columns @ [1.0, 1.0, 1.0]).tolist() == [0.0, 0.0, 0.0]
    assert nonnegative_least_squares(np.zeros((3, 2)), np.ones(3)).tolist() == [0.0, 0.0]


@given(st.integers(0, 10_000), st.integers(1, 12))
def test_nonnegative_least_squares_meets_its_conditions_of_optimality(seed: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    columns, target = rng.normal(size=(40, n)), rng.normal(size=40)
    x = nonnegative_least_squares(columns, target)
    gradient = columns.T @ (target - columns @ x)
    assert (x >= 0).all()
    assert (gradient <= 1e-6).all()
    assert np.abs(gradient[x > 0]).max(initial=0.0) < 1e-6
