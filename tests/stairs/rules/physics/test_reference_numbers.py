"""The stairwell model gives the reference numbers: 15 storeys of 3.5 m, leaks of 0.02 m2, storeys freely vented."""

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.stairs.rules.physics.air import difference, flow, in_series
from domain.stairs.rules.physics.door import Leaf, ceiling_pa, pressure_force_n
from domain.stairs.rules.physics.leakage import State, fit
from domain.stairs.rules.physics.network import Level, solve

FAN = 1.7607
LEAF = Leaf(0.90, 2.10, 0.07)
LEVELS = [Level("Ground" if n == 0 else f"Level-{n}", n * 3.5, 0.02) for n in range(15)]


def test_without_a_difference_of_temperature_every_floor_has_the_same_pressure() -> None:
    found = solve(LEVELS, FAN)
    assert [round(one.across_door_pa, 1) for one in found] == [48.9] * 15
    by_hand = (FAN / (0.65 * 0.30)) ** 2 * 0.6
    assert found[0].across_door_pa == pytest.approx(by_hand, abs=1e-6)


def test_a_warm_stair_has_more_pressure_at_its_top() -> None:
    found = solve(LEVELS, FAN, stair_c=22, outside_c=5)
    assert round(found[0].across_door_pa, 1) == 32.0
    assert round(found[-1].across_door_pa, 1) == 67.1
    steps = [b.across_door_pa - a.across_door_pa for a, b in pairwise(found)]
    assert all(step == pytest.approx(2.5, abs=0.05) for step in steps)


def test_three_open_doors_leave_almost_no_pressure_with_the_pilot_fan() -> None:
    opened = {"Ground", "Level-7", "Level-8"}
    levels = [
        Level(one.name, one.height_m, 1.89, 2.0) if one.name in opened else Level(one.name, one.height_m, 0.02, 0.3)
        for one in LEVELS
    ]
    found = solve(levels, 5.2)
    assert {round(one.velocity_ms, 3) for one in found if one.name in opened} == {0.867}
    assert all(1 <= one.to_outside_pa <= 2.1 for one in found)


@pytest.mark.parametrize(("pressure", "force"), [(20, 20.49), (45, 46.11), (50, 51.23), (75, 76.85), (80, 81.98)])
def test_the_force_of_the_pressure_on_a_leaf(pressure: float, force: float) -> None:
    assert pressure_force_n(LEAF, pressure) == pytest.approx(force, abs=0.01)


@pytest.mark.parametrize(("closer", "pressure"), [(30, 78.1), (40, 68.3), (50, 58.6)])
def test_the_pressure_at_which_a_door_reaches_its_limit(closer: float, pressure: float) -> None:
    assert ceiling_pa(LEAF, closer, 110) == pytest.approx(pressure, abs=0.05)


@given(
    st.floats(0.1, 20),
    st.lists(st.floats(0.005, 2.0), min_size=1, max_size=40),
    st.floats(-20, 45),
    st.floats(-20, 45),
)
def test_what_the_fan_blows_in_leaks_out(fan: float, areas: list[float], stair: float, outside: float) -> None:
    levels = [Level(f"L{n}", n * 3.0, area, 0.3) for n, area in enumerate(areas)]
    found = solve(levels, fan, stair_c=stair, outside_c=outside)
    assert math.fsum(one.flow_m3_s for one in found) == pytest.approx(fan, rel=1e-6)


@given(st.floats(-500, 500).filter(lambda value: abs(value) > 1e-6), st.floats(0.001, 5))
def test_flow_and_difference_undo_each_other(pressure: float, area: float) -> None:
    assert difference(flow(area, pressure), area) == pytest.approx(pressure, rel=1e-9)


def test_openings_in_series_pass_less_than_the_smaller() -> None:
    assert in_series(1.89, 2.0) == pytest.approx(1.3737, abs=1e-3)
    assert in_series(1.0, math.inf) == 1.0


def test_the_fit_gives_back_the_leak_and_the_relief_that_the_model_was_made_with() -> None:
    states = []
    for fan in (1.6, 2.4):
        found = solve(LEVELS, fan, relief_m3_s=0.4, stair_c=22, outside_c=12)
        states.append(State(fan, {one.name: one.across_door_pa for one in found}, {}))
    told = fit(states)
    assert told is not None
    assert told.per_level_m2 == pytest.approx(0.02, rel=1e-4)
    assert told.total_m2 == pytest.approx(0.30, rel=1e-4)
    assert told.relief_m3_s == pytest.approx(0.4, abs=1e-3)


def test_one_state_tells_the_leak_and_not_the_relief() -> None:
    found = solve(LEVELS, FAN)
    told = fit([State(FAN, {one.name: one.across_door_pa for one in found}, {})])
    assert told is not None
    assert told.total_m2 == pytest.approx(0.30, rel=1e-6)
    assert told.relief_m3_s is None
    assert fit([State(FAN, {}, {})]) is None


def test_a_network_that_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="opening"):
        solve([], 1.0)
    with pytest.raises(ValueError, match="relief"):
        solve(LEVELS, 1.0, relief_m3_s=2.0)
