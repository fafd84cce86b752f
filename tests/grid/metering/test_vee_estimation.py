"""Missing reads, storm mode and the estimation ladder."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.grid.metering.rules.estimation import (
    EstimationSettings,
    Gap,
    GapContext,
    Method,
    estimate,
    find_gaps,
    storm_areas,
)
from domain.grid.metering.rules.flags import codes

STEP = 900_000_000
SETTINGS = EstimationSettings()


def _context(size: int, **known: object) -> GapContext:
    nothing = GapContext(
        before=None,
        after=None,
        like_days=np.full((4, size), np.nan),
        feeder_index=np.ones(size),
        profile=None,
        gap_kwh=None,
        outage=np.zeros(size, np.bool_),
    )
    return replace(nothing, **known)  # type: ignore[arg-type]


def _gap(size: int) -> Gap:
    return Gap(0, STEP, size, 15)


def test_missing_intervals_are_found_before_between_and_after_reads() -> None:
    meter = np.array([0, 0, 2], np.int32)
    read_at = np.array([2, 5, 1], np.int64) * STEP
    gaps = find_gaps(meter, read_at, 15, (0, 6 * STEP), 3)
    assert [(gap.meter, gap.first_end // STEP, gap.intervals) for gap in gaps] == [
        (0, 1, 1),
        (0, 3, 2),
        (0, 6, 1),
        (1, 1, 6),
        (2, 2, 5),
    ]


@given(st.sets(st.tuples(st.integers(0, 3), st.integers(1, 20)), max_size=60))
def test_gaps_and_reads_together_are_the_window(present: set[tuple[int, int]]) -> None:
    rows = sorted(present)
    meter = np.array([row[0] for row in rows], np.int32)
    read_at = np.array([row[1] for row in rows], np.int64) * STEP
    gaps = find_gaps(meter, read_at, 15, (0, 20 * STEP), 4)
    missing = {(g.meter, g.first_end // STEP + i) for g in gaps for i in range(g.intervals)}
    assert missing | present == {(m, i) for m in range(4) for i in range(1, 21)}
    assert not missing & present


def test_up_to_two_hours_are_interpolated() -> None:
    filled = estimate(_gap(3), _context(3, before=1.0, after=2.0), SETTINGS)
    assert (filled.kwh.tolist(), filled.method) == ([1.25, 1.5, 1.75], Method.INTERPOLATION)
    assert [codes(int(flag)) for flag in filled.flags] == ["E"] * 3


def test_longer_gaps_take_the_average_of_three_like_days_moved_by_the_feeder() -> None:
    like = np.array([[1.0] * 9, [2.0] * 9, [3.0] * 9, [100.0] * 9])
    context = _context(9, before=1.0, after=1.0, like_days=like, feeder_index=np.full(9, 1.5))
    filled = estimate(_gap(9), context, SETTINGS)
    assert (filled.kwh.tolist(), filled.method) == ([3.0] * 9, Method.LIKE_DAYS)


def test_a_like_day_with_a_hole_gives_way_to_the_next_and_two_are_too_few() -> None:
    like = np.array([[1.0] * 9, [np.nan] * 9, [3.0] * 9, [5.0] * 9])
    assert estimate(_gap(9), _context(9, like_days=like), SETTINGS).kwh.tolist() == [3.0] * 9
    few = estimate(_gap(9), _context(9, like_days=like[:3]), SETTINGS)
    assert (few.method, few.flags.tolist()) == (Method.NONE, [0] * 9)


def test_what_is_left_takes_the_profile_with_the_registers_energy() -> None:
    size = 96 * 8
    context = _context(size, profile=np.arange(1.0, size + 1), gap_kwh=80.0, like_days=np.ones((4, size)))
    filled = estimate(_gap(size), context, SETTINGS)
    assert filled.method is Method.PROFILE
    assert filled.kwh.sum() == pytest.approx(80.0, abs=size * 5e-5)
    assert filled.kwh[-1] > filled.kwh[0]


def test_an_outage_is_zero_and_never_an_estimate() -> None:
    outage = np.array([False, True, True])
    filled = estimate(_gap(3), _context(3, before=1.0, after=2.0, outage=outage), SETTINGS)
    assert [codes(int(flag)) for flag in filled.flags] == ["E", "O", "O"]
    assert filled.kwh.tolist() == [1.25, 0.0, 0.0]
    all_out = estimate(_gap(3), _context(3, outage=np.ones(3, np.bool_)), SETTINGS)
    assert (all_out.method, all_out.kwh.tolist()) == (Method.OUTAGE, [0.0] * 3)


def test_an_outage_takes_nothing_of_the_registers_energy() -> None:
    outage = np.array([True] * 50 + [False] * 50)
    context = _context(100, profile=np.ones(100), gap_kwh=5.0, outage=outage)
    filled = estimate(_gap(100), context, SETTINGS)
    assert (filled.kwh[:50].sum(), round(float(filled.kwh[50:].sum()), 6)) == (0.0, 5.0)


def test_storm_mode_suppresses_estimates_but_not_outage_zeros() -> None:
    outage = np.array([False, True, False])
    filled = estimate(_gap(3), _context(3, before=1.0, after=1.0, outage=outage, storm=True), SETTINGS)
    assert filled.method is Method.STORM
    assert [codes(int(flag)) for flag in filled.flags] == ["", "O", ""]
    assert np.isnan(filled.kwh[[0, 2]]).all()


def test_rule_10_needs_a_drop_and_enough_devices() -> None:
    storm = storm_areas(
        np.array([69, 70, 60, 0, 66]),
        np.array([100, 100, 99, 0, 100]),
        np.array([1.0, 1.0, 1.0, 1.0, 0.95]),
        SETTINGS,
    )
    assert storm.tolist() == [True, False, False, False, True]
