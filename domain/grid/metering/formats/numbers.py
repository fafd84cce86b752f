"""Numbers as text files write them."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray


def to_numbers(texts: "pd.Series[str]", decimal_comma: bool) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Numbers of a text column, NaN where blank, and which rows hold something that is no finite number."""
    plain = texts.str.strip()
    if decimal_comma:
        plain = plain.str.replace(",", ".", regex=False)
    values = pd.to_numeric(plain, errors="coerce").to_numpy(np.float64)
    unreadable = (plain != "").to_numpy(np.bool_) & ~np.isfinite(values)
    return np.where(np.isfinite(values), values, np.nan), unreadable
