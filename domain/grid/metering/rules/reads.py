"""Interval reads as columns: what generators and file parsers hand over, and what the loader takes.

Grain: one row per meter and interval. A read carries the END of its interval, in UTC. Energies are rounded to a tenth
of a watt-hour and voltages to a hundredth of a volt when they are made, so that sums are exact as integers.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

DWH_PER_KWH = 10_000
CV_PER_VOLT = 100


@dataclass(frozen=True)
class Reads:
    """Columns of reads of one interval length and one source.

    Attributes:
        meters: distinct meter ids.
        feeders: the feeder id of each entry of `meters`.
        meter: index into `meters`, int32, shape (n,); rows are meter-major where the maker can choose.
        read_at: interval end, microseconds since 1970-01-01T00:00Z, int64, shape (n,).
        kwh: net energy of the interval, delivered minus received, float64, shape (n,).
        voltage: volts, float64, NaN where none was measured, shape (n,).
        flags: bits of `Flag`, int32, shape (n,).
        arrived_at: when the read arrived, microseconds since 1970, int64, shape (n,).
        interval_minutes: 15, 30 or 60; 5 in some markets' files.
        source: where the rows come from, for example GL_EMULATOR or file:nem12.
    """

    meters: Sequence[str]
    feeders: Sequence[str]
    meter: NDArray[np.int32]
    read_at: NDArray[np.int64]
    kwh: NDArray[np.float64]
    voltage: NDArray[np.float64]
    flags: NDArray[np.int32]
    arrived_at: NDArray[np.int64]
    interval_minutes: int
    source: str

    def __len__(self) -> int:
        """The number of reads."""
        return int(self.meter.shape[0])

    def take(self, rows: "NDArray[np.intp] | slice") -> "Reads":
        """Some of the reads."""
        return replace(
            self,
            meter=self.meter[rows],
            read_at=self.read_at[rows],
            kwh=self.kwh[rows],
            voltage=self.voltage[rows],
            flags=self.flags[rows],
            arrived_at=self.arrived_at[rows],
        )

    def in_pieces(self, size: int) -> "Iterator[Reads]":
        """The reads in pieces of at most `size`."""
        for start in range(0, len(self), size):
            yield self.take(slice(start, start + size))


def round_kwh(kwh: NDArray[np.float64]) -> NDArray[np.float64]:
    """Energies to a tenth of a watt-hour; minus zero becomes zero."""
    return np.rint(kwh * DWH_PER_KWH) / DWH_PER_KWH + 0.0


def round_voltage(voltage: NDArray[np.float64]) -> NDArray[np.float64]:
    """Voltages to a hundredth of a volt."""
    return np.rint(voltage * CV_PER_VOLT) / CV_PER_VOLT + 0.0
