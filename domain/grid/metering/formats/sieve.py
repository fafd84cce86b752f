"""The rows of a file that are still good, and the reason why each other one is not. A row is rejected once."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from domain.grid.metering.formats.parsed import Rejects, Texts

MAX_VALUE = 80
# What our own names for columns are called where a person reads them, as docs/data-formats.md does.
CALLED = {"end": "read_at", "start": "interval_start"}


@dataclass
class Sieve:
    """Rows by their line in the file, and which are still good."""

    row: NDArray[np.int64]
    good: NDArray[np.bool_] = field(init=False)
    rejects: Rejects = field(default_factory=Rejects)

    def __post_init__(self) -> None:
        self.good = np.ones(len(self.row), np.bool_)

    def refuse(self, bad: NDArray[np.bool_], column: str, values: Any, reason: Texts | str) -> None:
        """Reject the rows where `bad` holds and that are still good.

        `values` and `reason` are one text for all, or one per row of the whole file.
        """
        chosen = np.flatnonzero(bad & self.good)
        if len(chosen):
            why = reason if isinstance(reason, str) else np.asarray(reason, dtype=object)[chosen]
            self.rejects.add_many(self.row[chosen], CALLED.get(column, column), _shown(values, chosen), why)
            self.good[chosen] = False


def _shown(values: Any, chosen: NDArray[np.int64]) -> NDArray[np.object_] | str:
    """The values as the file has them, cut to a readable length."""
    if isinstance(values, str):
        return values[:MAX_VALUE]
    picked = values.iloc[chosen] if isinstance(values, pd.Series) else np.asarray(values)[chosen]
    return np.array([str(value)[:MAX_VALUE] for value in picked], dtype=object)
