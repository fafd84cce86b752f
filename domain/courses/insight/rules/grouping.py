"""Sums, first values and look-ups by several integer keys at once; answers are ordered by the keys."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]


def ordered(keys: Sequence[Ints]) -> NDArray[np.intp]:
    """The order of rows by the first key, then the second and so on."""
    return np.lexsort(tuple(reversed(keys)))


def group_starts(keys: Sequence[Ints]) -> Mask:
    """Where a new group begins in rows that are ordered by `keys`."""
    size = len(keys[0])
    starts = np.zeros(size, np.bool_)
    if size:
        starts[0] = True
        for key in keys:
            starts[1:] |= key[1:] != key[:-1]
    return starts


def sums(keys: Sequence[Ints], values: Ints) -> tuple[tuple[Ints, ...], Ints]:
    """The distinct keys and the sum of `values` of each; integers, so that no order of adding matters."""
    order = ordered(keys)
    keys, values = [key[order] for key in keys], values[order]
    first = np.flatnonzero(group_starts(keys))
    added = np.add.reduceat(values, first) if len(first) else values
    return tuple(key[first] for key in keys), added


def least(keys: Sequence[Ints], values: Ints) -> tuple[tuple[Ints, ...], Ints]:
    """The distinct keys and the smallest of `values` of each."""
    order = ordered([*keys, values])
    keys, values = [key[order] for key in keys], values[order]
    first = np.flatnonzero(group_starts(keys))
    return tuple(key[first] for key in keys), values[first]


def rows_of(sorted_keys: Ints, asked: Ints) -> Ints:
    """The row of each asked key among distinct, rising keys; -1 where it is not there."""
    if not len(sorted_keys):
        return np.full(len(asked), -1, np.int64)
    at = np.minimum(np.searchsorted(sorted_keys, asked), len(sorted_keys) - 1)
    return np.where(sorted_keys[at] == asked, at, -1).astype(np.int64)


def counts(of: Ints, size: int) -> Ints:
    """How often each of 0 .. size-1 stands in `of`."""
    return np.bincount(of, minlength=size).astype(np.int64)
