"""Load and PV shapes on a regular local grid of the leap year 2016.

Published profiles carry local stamps with daylight saving: in March an hour is missing, in October one comes twice.
Emulators look a shape up by local wall-clock slot, so every slot of the year must stand exactly once.
"""

from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from domain.grid.network.rules.model import PROFILE_LENGTH, LoadProfile

YEAR_START = np.datetime64(datetime(2016, 1, 1), "m")  # noqa: DTZ001  local wall-clock time, by intention


def slots_of(stamps: NDArray[np.datetime64]) -> NDArray[np.int64]:
    """Quarter-hours since the start of the year for local stamps; those off the grid are cut down to it."""
    return (stamps.astype("datetime64[m]") - YEAR_START).astype(np.int64) // 15


def regular(stamps: NDArray[np.datetime64], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """`values` (rows by stamp, one column a profile) on the full grid, shape (35136, columns).

    Of duplicate stamps the first is kept; a missing slot takes the value before it, at the year's start the one after.
    Stamps outside the year are left out.

    Raises:
        ValueError: not one stamp lies in the year.
    """
    slots = slots_of(stamps)
    inside = (slots >= 0) & (slots < PROFILE_LENGTH)
    if not inside.any():
        raise ValueError("no stamp lies in the year 2016")
    present, first = np.unique(slots[inside], return_index=True)
    position = np.zeros(PROFILE_LENGTH, dtype=np.int64)
    position[present] = np.arange(present.shape[0])
    filled = np.maximum.accumulate(position)
    return np.asarray(values[inside][first[filled]], dtype=np.float64)


def load_shape(profile_id: str, source: str, values: NDArray[np.float64]) -> LoadProfile:
    """A load's shape with mean 1; a profile that is zero throughout becomes flat."""
    mean = float(values.mean())
    shape = values / mean if mean > 0 else np.ones_like(values)
    return LoadProfile(profile_id, "load", source, shape.astype(np.float32))


def pv_shape(profile_id: str, source: str, values: NDArray[np.float64]) -> LoadProfile:
    """A plant's shape with peak 1, never below 0."""
    peak = float(values.max())
    shape = np.clip(values, 0.0, None) / peak if peak > 0 else np.zeros_like(values)
    return LoadProfile(profile_id, "pv", source, shape.astype(np.float32))
