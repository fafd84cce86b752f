"""VEE rule 2: reads that stand twice in one file. The first value counts; the same again is only counted."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domain.grid.metering.rules.runs import starts_of


@dataclass(frozen=True)
class Sorted:
    """Positions of reads, meter-major, each (meter, interval) once.

    Attributes:
        kept: positions of the reads that count, sorted by meter and time.
        disputed: for each of `kept`, whether another value was received too.
        repeated: how many reads said the same again.
        conflicts: positions of reads with another value than the one that counts, in the order of the file.
    """

    kept: NDArray[np.int64]
    disputed: NDArray[np.bool_]
    repeated: int
    conflicts: NDArray[np.int64]


def once_each(
    meter: NDArray[np.int32], read_at: NDArray[np.int64], kwh: NDArray[np.float64], voltage: NDArray[np.float64]
) -> Sorted:
    """Sort reads by meter and time and keep the first of each interval, in the order of the file."""
    size = len(meter)
    order = np.lexsort((np.arange(size), read_at, meter)).astype(np.int64)
    starts = starts_of(meter[order], read_at[order])
    lengths = np.diff(np.append(starts, size))
    kept = order[starts]
    winner = np.repeat(kept, lengths)
    again = winner != order
    differs = again & ((kwh[winner] != kwh[order]) | ~_same(voltage[winner], voltage[order]))
    disputed = np.logical_or.reduceat(differs, starts) if size else np.zeros(0, np.bool_)
    return Sorted(kept, disputed, int((again & ~differs).sum()), np.sort(order[differs]))


def _same(left: NDArray[np.float64], right: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Equal voltages; two absent ones are equal, and one that is absent contradicts none."""
    answer: NDArray[np.bool_] = (left == right) | np.isnan(left) | np.isnan(right)
    return answer
