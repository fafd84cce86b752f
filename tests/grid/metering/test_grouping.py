"""Sums by two keys are those of a plain loop, whatever the keys look like and however large the values are."""

from collections import defaultdict

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from domain.grid.metering.rules.grouping import group

QUARTER_US = 900_000_000
ROWS = st.lists(
    st.tuples(
        st.integers(0, 50),
        st.one_of(st.integers(-3, 200).map(lambda n: n * QUARTER_US), st.integers(-(10**15), 10**15)),
        st.one_of(st.integers(-1000, 1000), st.integers(-(2**60) // 64, 2**60 // 64)),
    ),
    max_size=60,
)


@given(ROWS, st.sampled_from([1, QUARTER_US]))
def test_sums_sizes_and_largest_are_those_of_a_loop(rows: list[tuple[int, int, int]], step: int) -> None:
    told: dict[tuple[int, int], list[int]] = defaultdict(list)
    for major, minor, value in rows:
        told[major, minor].append(value)
    columns = [np.array([row[i] for row in rows], dtype=kind) for i, kind in enumerate((np.int32, np.int64, np.int64))]
    groups = group(columns[0], columns[1], step)
    keys = sorted(told)
    assert list(zip(groups.major.tolist(), groups.minor.tolist(), strict=True)) == keys
    assert groups.sizes.tolist() == [len(told[key]) for key in keys]
    assert groups.sums(columns[2]).tolist() == [sum(told[key]) for key in keys]
    assert groups.sums(columns[2] > 0).tolist() == [sum(value > 0 for value in told[key]) for key in keys]
    assert groups.largest(columns[2]).tolist() == [max(told[key]) for key in keys]
