"""Groups of neighbouring rows in sorted columns."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def starts_of(*keys: NDArray[Any]) -> NDArray[np.int64]:
    """Where a new group of equal keys begins; rows are sorted by the keys."""
    new = np.zeros(len(keys[0]), np.bool_)
    new[:1] = True
    for key in keys:
        new[1:] |= key[1:] != key[:-1]
    return np.flatnonzero(new)


def group_numbers(starts: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    """The number of each row's group."""
    return np.repeat(np.arange(len(starts)), np.diff(np.append(starts, size)))
