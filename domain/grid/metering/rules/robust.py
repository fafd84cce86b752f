"""Medians and means along the last axis that pass over NaN, silently and the same way on every machine."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

AnyFloats = NDArray[np.floating[Any]]
Floats = NDArray[np.float64]


def median(values: AnyFloats) -> Floats:
    """The median along the last axis of what is not NaN; NaN where nothing is left."""
    ordered = np.sort(values, axis=-1)  # NaN sorts to the end
    count = np.count_nonzero(~np.isnan(values), axis=-1)
    if values.shape[-1] == 0:
        return np.full(values.shape[:-1], np.nan)
    low = np.maximum((count - 1) // 2, 0)[..., None]
    high = np.minimum(count // 2, values.shape[-1] - 1)[..., None]
    middle = (np.take_along_axis(ordered, low, -1) + np.take_along_axis(ordered, high, -1))[..., 0] / 2.0
    return np.asarray(np.where(count > 0, middle, np.nan), dtype=np.float64)


def median_deviation(values: AnyFloats) -> Floats:
    """The median absolute deviation from the median along the last axis, unscaled."""
    return median(np.abs(values - median(values)[..., None]))


def mean(values: AnyFloats) -> Floats:
    """The mean along the last axis of what is not NaN; NaN where nothing is left."""
    known = ~np.isnan(values)
    count = np.count_nonzero(known, axis=-1)
    total = np.where(known, values, 0.0).sum(axis=-1)
    out = np.full(np.shape(count), np.nan)
    np.divide(total, count, out=out, where=count > 0)
    return out


def clip01(values: AnyFloats) -> Floats:
    """Between 0 and 1; NaN becomes 0, since what is not known is no evidence."""
    known = np.nan_to_num(values, nan=0.0, posinf=1.0, neginf=0.0)
    return np.asarray(np.clip(known, 0.0, 1.0), dtype=np.float64)
