"""Choices of laterals are weighed on some edges at a time, and answered as on all of them at once."""

import numpy as np
import pytest

from domain.grid.outages.rules.options.partial import _EDGES_AT_ONCE, _below

LATERALS = 6


@pytest.mark.parametrize(
    "edges", [0, 1, _EDGES_AT_ONCE - 1, _EDGES_AT_ONCE, _EDGES_AT_ONCE + 1, 3 * _EDGES_AT_ONCE + 7]
)
def test_a_choice_is_refused_for_whichever_edge_it_overloads(edges: int) -> None:
    random = np.random.default_rng(edges)
    bits = ((np.arange(2**LATERALS)[:, None] >> np.arange(LATERALS)[None, :]) & 1).astype(bool)
    # Whole amperes add up to the same in whatever order.
    parts = random.integers(0, 50, (LATERALS + 2, edges)).astype(float)
    for tight in range(0, edges, 13):
        allowed = np.full(edges, 1000.0)
        allowed[tight] = parts[:5, tight].sum()
        whole = (parts[0] + parts[1] + bits @ parts[2:] <= allowed).all(axis=1)
        found = _below(bits, parts, allowed)
        assert (found == whole).all()
        assert found[7]
    assert _below(bits, parts, np.full(edges, 1000.0)).all()
