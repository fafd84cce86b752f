"""Which local days are judged and which they are judged against."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domain.grid.metering.rules.suspicion.matrix import MeterMatrix


@dataclass(frozen=True)
class Window:
    """Days of the axis: `window` are judged, `baseline` are what was usual before them.

    Attributes:
        starts: where in the axis each local day begins, shape (days,).
        days: the day numbers.
        baseline, window: booleans over the days.
    """

    starts: NDArray[np.intp]
    days: NDArray[np.int32]
    baseline: NDArray[np.bool_]
    window: NDArray[np.bool_]

    @property
    def window_days(self) -> int:
        """How many days are judged."""
        return int(self.window.sum())

    @property
    def baseline_days(self) -> int:
        """How many days they are judged against."""
        return int(self.baseline.sum())

    def intervals(self, days: NDArray[np.bool_], total: int) -> NDArray[np.bool_]:
        """A mask over the axis of the intervals of the chosen days."""
        return np.repeat(days, np.diff(np.append(self.starts, total)))


def choose_window(matrix: MeterMatrix, window_days: int, baseline_days: int) -> Window:
    """The last `window_days` days, and up to `baseline_days` before them.

    A first or last day of which the axis holds less than half is left out.
    """
    starts = np.concatenate(([0], np.flatnonzero(np.diff(matrix.day)) + 1))
    lengths = np.diff(np.append(starts, len(matrix.day)))
    usable = np.ones(len(starts), dtype=bool)
    half_a_day = 24 * 60 // matrix.interval_minutes // 2
    usable[[0, -1]] = lengths[[0, -1]] >= half_a_day
    rank_from_end = np.cumsum(usable[::-1])[::-1]
    window = usable & (rank_from_end <= window_days)
    baseline = usable & ~window & (rank_from_end <= window_days + baseline_days)
    return Window(starts, matrix.day[starts], baseline, window)
