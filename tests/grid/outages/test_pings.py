"""The next ping: its gain equals the mutual information written out, and ties go to the first meter by id."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.grid.outages.rules.inference.pings import next_pings
from domain.grid.outages.rules.inference.settings import InferenceSettings
from tests.grid.outages.test_inference import TREE

SETTINGS = InferenceSettings()


def bits(beliefs: list[float]) -> float:
    return -sum(one * math.log2(one) for one in beliefs if one > 0)


def gain(meter_id: str, classes: list[tuple[int, float]]) -> float:
    """Entropy now less the expected entropy after the answer, class by class."""
    meter = TREE.meter_at[meter_id]
    states = [(weight, TREE.meter_first[own] <= meter < TREE.meter_end[own]) for own, weight in classes]
    states.append((max(0.0, 1 - sum(weight for weight, _ in states)), False))
    whole = sum(weight for weight, _ in states)
    after = 0.0
    for answered in (True, False):
        joint = []
        for weight, dark in states:
            share = SETTINGS.ping_answer_out if dark else SETTINGS.ping_answer_in
            joint.append(weight / whole * (share if answered else 1 - share))
        after += sum(joint) * bits([one / sum(joint) for one in joint])
    return bits([weight / whole for weight, _ in states]) - after


@settings(deadline=None)
@given(
    st.lists(st.sampled_from(range(len(TREE.device_ids))), min_size=1, max_size=5, unique=True),
    st.lists(st.integers(1, 100), min_size=5, max_size=5),
    st.sets(st.integers(0, len(TREE.meter_ids) - 1)),
)
def test_the_best_ping_is_the_best_of_all_meters(devices: list[int], weights: list[int], asked: set[int]) -> None:
    total = sum(weights[: len(devices)]) * 1.1
    classes = [(own, weight / total) for own, weight in zip(devices, weights, strict=False)]
    found = next_pings(TREE, classes, asked, SETTINGS)
    by_meter = {own: gain(own, classes) for own in TREE.meter_ids if TREE.meter_at[own] not in asked}
    below = [
        own for own in by_meter if any(TREE.meter_first[d] <= TREE.meter_at[own] < TREE.meter_end[d] for d in devices)
    ]
    if not below:
        assert found == ()
        return
    best = max(by_meter[own] for own in below)
    assert found[0][1] == pytest.approx(best, abs=1e-8)
    equal = sorted(own for own in below if by_meter[own] == pytest.approx(found[0][1], abs=1e-9))
    assert found[0][0] in equal
    for own, told in found:
        assert told == pytest.approx(by_meter[own], abs=1e-8)
        assert TREE.meter_at[own] not in asked


def test_of_meters_that_answer_the_same_question_the_first_by_id_is_named() -> None:
    found = next_pings(TREE, [(TREE.device_at["XF-3-1"], 0.5)], (), SETTINGS)
    assert [own for own, _ in found] == ["M-3-1-0"]
    first = TREE.meter_at["M-3-1-0"]
    assert next_pings(TREE, [(TREE.device_at["XF-3-1"], 0.5)], (first,), SETTINGS)[0][0] == "M-3-1-1"
    assert next_pings(TREE, [], (), SETTINGS) == ()
