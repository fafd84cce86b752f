"""The outage benchmark counts what it says it counts, and draws the same worlds from the same seed."""

from itertools import pairwise

import numpy as np
import pytest

from bench.outages.feeders import as_one_feeder, repeated, tree_of
from bench.outages.measure import Score, Setting, run_case
from bench.outages.simulate import draw_devices, simulate
from tests.grid.outages.test_inference import NETWORK, TREE


def test_f1_and_calibration_are_what_their_names_say() -> None:
    score = Score()
    score.note_set("ours", {1, 2, 3}, {2, 3, 4})
    assert (score.precision(), score.recall(), score.f1()) == pytest.approx((2 / 3, 2 / 3, 2 / 3))
    score.sure = [(0.95, 1.0), (0.95, 0.0), (0.55, 1.0), (0.55, 1.0)]
    assert score.ece() == pytest.approx(0.45)
    assert Score().f1() == 0.0


def test_the_same_seed_draws_the_same_world_and_truth_stays_out_of_the_signals() -> None:
    first, again = (simulate(TREE, np.random.default_rng(3), outages=2, false_rate=0.01) for _ in range(2))
    assert first == again
    assert {one.type for one in first.signals} == {"POWER_OUT"}
    assert {one.source for one in first.signals} == {"bench"}
    quiet = simulate(TREE, np.random.default_rng(3), outages=0, false_rate=0.0)
    assert (quiet.opened, quiet.signals) == ((), ())


def test_simultaneous_outages_are_disjoint() -> None:
    rng = np.random.default_rng(5)
    for _ in range(20):
        chosen = draw_devices(TREE, rng, 3, "shares")
        spans = sorted((int(TREE.meter_first[own]), int(TREE.meter_end[own])) for own in chosen)
        assert all(end <= start for (_, end), (start, _) in pairwise(spans))


def test_a_case_is_judged_against_its_own_truth() -> None:
    score = run_case(TREE, Setting(1, 0.9, 0.0), 20, 2, 1)
    assert score.trials == 20
    assert np.mean(score.rank1) > 0.9
    assert score.precision() > 0.9


def test_copies_of_a_feeder_stand_side_by_side_or_as_one() -> None:
    many, one = tree_of(repeated(NETWORK, 3)), tree_of(as_one_feeder(NETWORK, 3))
    assert (len(many.feeders), len(many.meter_ids)) == (3, 360)
    assert (len(one.feeders), len(one.meter_ids), len(one.device_ids)) == (1, 360, len(many.device_ids) + 1)
    assert one.meters_below(one.device_at["BRK-LARGE"]) == one.meter_ids
