"""The posterior on the tree is exact: equal to counting every configuration, on small random trees."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.grid.outages.rules.inference.sum_product import NONE, levels_of, mixture, solve


@st.composite
def forests(draw: st.DrawFn) -> list[int]:
    """Parents of up to eight devices in preorder."""
    size = draw(st.integers(1, 8))
    parent = [NONE]
    for own in range(1, size):
        path, at = [NONE], own - 1
        while at != NONE:
            path.append(at)
            at = parent[at]
        parent.append(draw(st.sampled_from(path)))
    return parent


def covers(parent: list[int], upper: int, lower: int) -> bool:
    while lower != NONE and lower != upper:
        lower = parent[lower]
    return lower == upper


def enumerated(
    parent: list[int], prior: list[list[float]], ratio: list[list[float]], row: list[float]
) -> tuple[np.ndarray, np.ndarray, frozenset[int]]:  # type: ignore[type-arg]
    """Topmost probabilities, weights of rows, and the likeliest set of topmost devices of the likeliest row."""
    size = len(parent)
    topmost, evidence = np.zeros((len(row), size)), np.zeros(len(row))
    best: dict[int, dict[frozenset[int], float]] = {}
    for number in range(len(row)):
        for opens in product([False, True], repeat=size):
            top = [
                own
                for own in range(size)
                if opens[own] and not any(opens[up] and up != own and covers(parent, up, own) for up in range(size))
            ]
            weight = row[number]
            for own in range(size):
                weight *= prior[number][own] if opens[own] else 1 - prior[number][own]
            for own in top:
                weight *= np.exp(ratio[number][own])
            evidence[number] += weight
            topmost[number, top] += weight
            sets = best.setdefault(number, {})
            sets[frozenset(top)] = sets.get(frozenset(top), 0.0) + weight
    likeliest = int(np.argmax(evidence))
    chosen = max(best[likeliest].items(), key=lambda pair: pair[1])[0]
    return topmost.sum(axis=0) / evidence.sum(), evidence / evidence.sum(), chosen


@given(forests(), st.integers(1, 3), st.randoms(use_true_random=False))
def test_the_posterior_is_what_counting_every_configuration_gives(parent, rows, random) -> None:  # type: ignore[no-untyped-def]
    size = len(parent)
    prior = [[random.uniform(0.001, 0.4) for _ in range(size)] for _ in range(rows)]
    ratio = [[random.uniform(-8, 8) for _ in range(size)] for _ in range(rows)]
    row = [random.uniform(0.1, 1.0) for _ in range(rows)]
    depth = []
    for own in range(size):
        depth.append(0 if parent[own] == NONE else depth[parent[own]] + 1)
    levels = levels_of(np.array(parent), np.array(depth))
    p = np.array(prior)
    found = solve(levels, np.log(p), np.log1p(-p), np.array(ratio), np.log(np.array(row)))
    topmost, weight, chosen = enumerated(parent, prior, ratio, row)
    assert found.topmost == pytest.approx(topmost, abs=1e-9)
    assert found.row_weight == pytest.approx(weight, abs=1e-9)
    assert frozenset(found.chosen) == chosen
    for own in range(size):
        above = [up for up in range(size) if covers(parent, up, own)]
        assert found.topmost[above].sum() <= 1 + 1e-9


@given(forests(), st.randoms(use_true_random=False))
def test_extreme_ratios_neither_overflow_nor_lose_the_sum(parent, random) -> None:  # type: ignore[no-untyped-def]
    size = len(parent)
    depth = []
    for own in range(size):
        depth.append(0 if parent[own] == NONE else depth[parent[own]] + 1)
    levels = levels_of(np.array(parent), np.array(depth))
    prior = np.full((1, size), 1e-6)
    ratio = np.array([[random.choice([-1e6, -30.0, 0.0, 40.0, 1e6]) for _ in range(size)]])
    found = solve(levels, np.log(prior), np.log1p(-prior), ratio, np.zeros(1))
    assert np.isfinite(found.topmost).all()
    assert ((found.topmost >= 0) & (found.topmost <= 1 + 1e-12)).all()


def test_a_mixture_is_the_weighted_sum() -> None:
    columns = [np.log(np.array([0.2, 0.5])), np.log(np.array([0.4, 0.1]))]
    assert np.exp(mixture(columns, [1.0, 3.0])) == pytest.approx([0.35, 0.2])
