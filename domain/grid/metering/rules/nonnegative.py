"""Non-negative least squares by the active set of Lawson and Hanson (1974), on the normal equations.

Small and deterministic: columns enter by the largest gradient, the lower index first among equals.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def nonnegative_least_squares(columns: Floats, target: Floats) -> Floats:
    """Coefficients x >= 0 that minimise |columns @ x - target|; columns of zeros get 0.

    Args:
        columns: (observations, n).
        target: (observations,).
    """
    scale = np.sqrt(np.einsum("ij,ij->j", columns, columns))
    usable = scale > 0
    scaled = columns[:, usable] / scale[usable]
    gram = scaled.T @ scaled
    solution = np.zeros(columns.shape[1])
    solution[usable] = _solve(gram, scaled.T @ target) / scale[usable]
    return solution


def _solve(gram: Floats, projected: Floats) -> Floats:
    n = projected.shape[0]
    x, passive = np.zeros(n), np.zeros(n, dtype=bool)
    tolerance = 1e-9 * float(np.max(np.abs(projected), initial=0.0))
    for _ in range(3 * n):
        gradient = np.where(passive, -np.inf, projected - gram @ x)
        entering = int(np.argmax(gradient)) if n else 0
        if not n or gradient[entering] <= tolerance:
            break
        passive[entering] = True
        x = _step(gram, projected, x, passive)
    return x


def _step(gram: Floats, projected: Floats, x: Floats, passive: NDArray[np.bool_]) -> Floats:
    """Move to the optimum of the passive set, dropping from it what would turn negative on the way."""
    while passive.any():
        free = np.zeros_like(x)
        inside = np.ix_(passive, passive)
        free[passive] = np.linalg.lstsq(gram[inside], projected[passive], rcond=1e-10)[0]
        if free[passive].min() > 0:
            return free
        blocking = passive & (free <= 0)
        reach = float(np.min(x[blocking] / np.maximum(x[blocking] - free[blocking], 1e-300)))
        x = x + reach * (free - x)
        passive &= ~(blocking & (x <= 1e-12))
        x[~passive] = 0.0
        if reach == 0.0 and not (blocking & ~passive).any():
            break
    return x
