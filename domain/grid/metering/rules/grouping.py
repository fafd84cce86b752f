"""Sums by two keys over columns of reads, without sorting where one key lies on a grid, as intervals and days do.

A part of a load has a few hundred meters and a day's intervals: the pair of keys then is a position in a small table,
and a sum is one pass. Where the grid would be larger than a few times the rows, the distinct values are numbered.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
_CELLS_PER_ROW = 4
_FEW_CELLS = 1 << 16
_EXACT = 1 << 53  # a float64 holds every whole number up to here


@dataclass(frozen=True)
class Groups:
    """The distinct pairs (major, minor) in order, and the cell of each row.

    Attributes:
        cell: cell of each row, shape (rows,).
        taken: cells that have a row, ascending, shape (groups,).
        major, minor: the two keys of each group, shape (groups,).
        sizes: rows of each group, shape (groups,).
    """

    cell: NDArray[np.intp]
    taken: NDArray[np.intp]
    major: NDArray[np.int32]
    minor: Ints
    sizes: Ints

    def sums(self, values: Ints | NDArray[np.bool_]) -> Ints:
        """The sum of `values` in each group."""
        if not values.any():
            return np.zeros(len(self.taken), dtype=np.int64)
        largest = 1 if values.dtype == np.bool_ else max(int(values.max()), -int(values.min()))
        if largest * len(values) >= _EXACT:
            table = np.zeros(int(self.taken[-1]) + 1, dtype=np.int64)
            np.add.at(table, self.cell, values)
            return table[self.taken]
        return np.bincount(self.cell, weights=values)[self.taken].astype(np.int64)

    def largest(self, values: Ints) -> Ints:
        """The largest of `values` in each group."""
        if not len(self.cell):
            return np.zeros(0, dtype=np.int64)
        table = np.full(int(self.taken[-1]) + 1, np.iinfo(np.int64).min)
        np.maximum.at(table, self.cell, values)
        return table[self.taken]


def group(major: NDArray[np.int32], minor: NDArray[np.int32] | Ints, step: int = 1) -> Groups:
    """Group rows by a pair of keys.

    Args:
        major: whole numbers from 0 on.
        minor: any whole numbers; most often multiples of `step` apart.
        step: the grid of `minor`.
    """
    if not len(major):
        none = np.zeros(0, dtype=np.int64)
        return Groups(none, none, none.astype(np.int32), none, none)
    wide = minor.astype(np.int64, copy=False)
    low, height = int(wide.min()), int(major.max()) + 1
    code, beside = np.divmod(wide - low, step)
    width = int(code.max()) + 1
    if beside.any() or width * height > _CELLS_PER_ROW * len(major) + _FEW_CELLS:
        distinct, code = np.unique(wide, return_inverse=True)
        width = len(distinct)
    else:
        distinct = low + step * np.arange(width, dtype=np.int64)
    return _grouped(major.astype(np.int64) * width + code, distinct)


def _grouped(cell: Ints, distinct: Ints) -> Groups:
    width = len(distinct)
    if int(cell.max()) > _CELLS_PER_ROW * len(cell) + _FEW_CELLS:
        taken, inverse, sizes = np.unique(cell, return_inverse=True, return_counts=True)
        numbers = np.arange(len(taken))
        return Groups(inverse, numbers, (taken // width).astype(np.int32), distinct[taken % width], sizes)
    counted = np.bincount(cell)
    taken = np.flatnonzero(counted)
    sizes = counted[taken].astype(np.int64)
    return Groups(cell, taken, (taken // width).astype(np.int32), distinct[taken % width], sizes)
