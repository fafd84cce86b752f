"""What the feeders of a local day tell estimation: where storm mode holds, and how the day compares to its like days.

Pure: works on the feeders' intervals as rows of a table, which the caller has fetched.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from domain.grid.metering.rules.estimation import EstimationSettings, storm_areas

# A feeder whose energy seems to change more than this was switched or badly read; its index says nothing then.
INDEX_LIMITS = (0.25, 4.0)
NORM_DAYS = 7


@dataclass(frozen=True)
class FeederTable:
    """Intervals of feeders over some local days.

    Attributes:
        rows: columns feeder, day (number), minute (of the local day at which the interval starts), read_at
            (microseconds), received, expected (reads), kwh (energy with what is unknown made up for; NaN: nobody read).
        day: the day that is estimated.
    """

    rows: pd.DataFrame
    day: int

    def storms(
        self,
        feeders: Sequence[str],
        meters_on: Mapping[str, int],
        ends: NDArray[np.int64],
        minutes: NDArray[np.int64],
        settings: EstimationSettings,
    ) -> NDArray[np.bool_]:
        """Storm mode by feeder and interval of the day, shape (feeders, ends); VEE rule 10.

        An interval's share of reads is set against that of the same interval in the seven days before; a feeder that
        was not read then has no norm and no storm. `minutes`: the local minute at which each of `ends` starts.
        """
        rows = self.rows
        before = rows[(rows["day"] < self.day) & (rows["day"] >= self.day - NORM_DAYS)]
        sums = before.groupby(["feeder", "minute"])[["received", "expected"]].sum()
        norm = (sums["received"] / sums["expected"].where(sums["expected"] > 0)).to_dict()
        now = rows[rows["day"] == self.day].set_index(["feeder", "read_at"])[["received", "expected"]]
        today = dict(zip(now.index, now.to_numpy().tolist(), strict=True))
        cells = [
            (*today.get((feeder, end), (0, meters_on[feeder])), norm.get((feeder, minute), np.nan))
            for feeder in feeders
            for end, minute in zip(ends.tolist(), minutes.tolist(), strict=True)
        ]
        received, expected, usual = np.array(cells, np.float64).reshape(-1, 3).T
        found = storm_areas(received.astype(np.int64), expected.astype(np.int64), usual, settings)
        return found.reshape(len(feeders), len(ends))

    def index(self, feeders: Sequence[str], like_days: Sequence[int]) -> NDArray[np.float64]:
        """Each feeder's energy of the day over that of its like days, over the intervals that both have; 1 if unknown.

        Energy as metered with missing reads made up for, so that the index also holds where no head is measured.
        """
        known = self.rows[self.rows["kwh"].notna()]
        now = known[known["day"] == self.day].groupby(["feeder", "minute"])["kwh"].mean()
        like = known[known["day"].isin(like_days)].groupby(["feeder", "minute"])["kwh"].mean()
        both = pd.concat({"now": now, "like": like}, axis=1).dropna().groupby(level="feeder").sum()
        sums = {str(feeder): (row["now"], row["like"]) for feeder, row in both.iterrows()}
        return np.array([_ratio(*sums.get(feeder, (0.0, 0.0))) for feeder in feeders], np.float64)


def _ratio(now: float, like: float) -> float:
    if now <= 0 or like <= 0 or not INDEX_LIMITS[0] <= now / like <= INDEX_LIMITS[1]:
        return 1.0
    return now / like
