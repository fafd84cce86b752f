"""The jointly best assignment of jobs to crews, exact and the same on every run.

Costs are whole numbers. scipy's Hungarian method finds an optimum in float64, in which all sums stay exact below 2^53.
Which of several optima it finds is its own affair; of all optima this takes the lexicographically smallest one: jobs in
order, each with the first crew that an optimum allows. A perturbation of the costs cannot tell permutations of the same
crews apart without numbers that overflow, hence this second stage, which tries only pairs whose reduced cost is zero.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from domain.kernel.errors import Invalid

FORBIDDEN = -1
_EXACT = 2**53


def assign(costs: Sequence[Sequence[int]], alone: Sequence[int]) -> list[int | None]:
    """The column of each row at least total cost, None where the row is left alone.

    Args:
        costs: rows are jobs, columns crews, both in the order that breaks ties; FORBIDDEN where a pair may not be.
        alone: what leaving each row alone costs.

    Raises:
        Invalid: costs so large that sums would no longer be exact.
    """
    rows = len(costs)
    if not rows:
        return []
    matrix, columns = _matrix(costs, alone), len(costs[0])
    found = _lexicographic(matrix, _solve(matrix))
    return [int(column) if column < columns else None for column in found]


def _matrix(costs: Sequence[Sequence[int]], alone: Sequence[int]) -> NDArray[np.float64]:
    """Columns of the crews and, behind them, one column for each row to be alone in."""
    crews = np.array([list(row) for row in costs], dtype=np.float64).reshape(len(costs), -1)
    largest = max(max((max(row, default=0) for row in costs), default=0), max(alone))
    if largest * (len(costs) + 1) * 4 >= _EXACT:
        raise Invalid(
            "The costs of the assignment are too large to be added exactly.",
            hint="Check the numbers of customers and the minutes of work.",
        )
    crews[crews < 0] = np.inf
    own = np.full((len(costs), len(costs)), np.inf)
    np.fill_diagonal(own, np.array(alone, dtype=np.float64))
    return np.hstack([crews, own])


def _solve(matrix: NDArray[np.float64]) -> NDArray[np.intp]:
    # Half a second to load, and most processes assign no crew.
    from scipy.optimize import linear_sum_assignment

    _, columns = linear_sum_assignment(matrix)
    return np.asarray(columns, dtype=np.intp)


def _lexicographic(matrix: NDArray[np.float64], found: NDArray[np.intp]) -> NDArray[np.intp]:
    """The first of all optimal assignments, comparing the columns of the rows in order."""
    rows = np.arange(len(matrix))
    best = float(matrix[rows, found].sum())
    fixed = matrix.copy()
    for row in range(len(matrix)):
        tight = np.flatnonzero(_reduced(fixed, found)[row] == 0.0)
        for column in tight[tight < found[row]]:
            tried = _with_pair(fixed, row, int(column))
            other = _solve_if_possible(tried)
            if other is not None and float(matrix[rows, other].sum()) == best:
                found = other
                break
        fixed = _with_pair(fixed, row, int(found[row]))
    return found


def _with_pair(matrix: NDArray[np.float64], row: int, column: int) -> NDArray[np.float64]:
    out = matrix.copy()
    out[row, :] = np.inf
    out[:, column] = np.inf
    out[row, column] = matrix[row, column]
    return out


def _solve_if_possible(matrix: NDArray[np.float64]) -> NDArray[np.intp] | None:
    try:
        return _solve(matrix)
    except ValueError:  # scipy's word for: no assignment without a forbidden pair
        return None


def _reduced(matrix: NDArray[np.float64], found: NDArray[np.intp]) -> NDArray[np.float64]:
    """Reduced costs under potentials of the optimum: only pairs at zero can stand in another optimum."""
    rows = np.arange(len(matrix))
    matched = matrix[rows, found]
    potential = np.zeros(matrix.shape[1])
    for _ in range(len(matrix) + 1):
        offers = (matrix - matched[:, None] + potential[found][:, None]).min(axis=0)
        lower = np.minimum(potential, offers)
        if np.array_equal(lower, potential):
            break
        potential = lower
    reduced: NDArray[np.float64] = matrix - (matched - potential[found])[:, None] - potential[None, :]
    return reduced
