"""What every parser answers: the reads of a file as columns, and its rejected rows with the reason for each.

Grain of `ParsedReads`: one row per meter and interval as the file gives it, in the file's order; duplicates and
stamps off the grid are still in it. A file that makes no sense as a whole is `Invalid`, and nothing of it is taken.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from domain.kernel.errors import Invalid

ALLOWED_MINUTES = (5, 10, 15, 20, 30, 60)
REJECT_COLUMNS = ("row", "column", "value", "reason")

Texts = Sequence[str] | NDArray[np.object_]


@dataclass(frozen=True)
class Limits:
    """How much one file may hold; beyond it the file is `TooLarge`.

    Attributes:
        max_bytes: of the file, and again of what it unpacks to.
        max_rows: reads, rejected rows included.
    """

    max_bytes: int = 200 * 1024 * 1024
    max_rows: int = 10_000_000


def column_pairs(given: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """The columns of a mapping, from HEADER=NAME each.

    Raises:
        Invalid: one of them is not of that form.
    """
    pairs = [item.rpartition("=") for item in given]
    if any(not header or not name for header, _, name in pairs):
        raise Invalid("A column is mapped as HEADER=NAME; nothing was taken.", hint="For example 'Usage (kWh)=kwh'.")
    return tuple(sorted((header, name) for header, _, name in pairs))


@dataclass(frozen=True)
class FileMapping:
    """What a person knows about a file that the file does not say. Part of the load's digest.

    Attributes:
        zone: IANA zone of stamps without offset; the tenant's where None. `Etc/GMT-10` is UTC+10 all year.
        stamp: whether a single time column is the interval's "start" or "end"; by its name where None.
        interval_minutes: the interval where it cannot be seen from the stamps.
        date_order: "dmy" or "mdy" where every date of the file could be both.
        meter_id: the meter of a file that names none.
        columns: header in the file -> our name, for headers that are not known.
    """

    zone: str | None = None
    stamp: str | None = None
    interval_minutes: int | None = None
    date_order: str | None = None
    meter_id: str | None = None
    columns: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        _one_of("stamp", self.stamp, (None, "start", "end"))
        _one_of("date_order", self.date_order, (None, "dmy", "mdy"))
        _one_of("interval_minutes", self.interval_minutes, (None, *ALLOWED_MINUTES))

    def as_json(self) -> dict[str, object]:
        """The mapping as JSON members, in a fixed order."""
        return {
            "zone": self.zone,
            "stamp": self.stamp,
            "interval_minutes": self.interval_minutes,
            "date_order": self.date_order,
            "meter_id": self.meter_id,
            "columns": dict(sorted(self.columns)),
        }


def _one_of(name: str, value: object, allowed: Sequence[object]) -> None:
    if value not in allowed:
        given = ", ".join(str(item) for item in allowed if item is not None)
        raise Invalid(f"{name} is {value!r}, which is not known.", hint=f"Use one of {given}.")


@dataclass
class Rejects:
    """Rejected rows, collected as columns. `row` is the line in the file (or the n-th reading of an XML feed)."""

    chunks: list[pd.DataFrame] = field(default_factory=list)

    def add(self, row: int, column: str, value: str, reason: str) -> None:
        """Reject one row."""
        self.add_many(np.array([row], dtype=np.int64), column, [value], reason)

    def add_many(self, rows: NDArray[np.int64], column: str, values: Texts | str, reasons: Texts | str) -> None:
        """Reject many rows for the same column."""
        if len(rows):
            values = values if isinstance(values, str) else np.asarray(values, dtype=object)
            chunk = pd.DataFrame({"row": rows, "column": column, "value": values, "reason": reasons}, dtype=object)
            self.chunks.append(chunk)

    def extend(self, other: "Rejects") -> None:
        """Take over all rows of `other`."""
        self.chunks.extend(other.chunks)

    def __len__(self) -> int:
        """The number of rejected values."""
        return sum(len(chunk) for chunk in self.chunks)

    def frame(self) -> pd.DataFrame:
        """All rows, ordered by row, column, value and reason."""
        if not self.chunks:
            return pd.DataFrame(columns=list(REJECT_COLUMNS), dtype=object)
        frame = pd.concat(self.chunks, ignore_index=True)
        return frame.sort_values(list(REJECT_COLUMNS), kind="stable", ignore_index=True)


@dataclass(frozen=True)
class ParsedReads:
    """Reads of one file as columns.

    Attributes:
        format: csv, csv_wide, parquet, nem12 or espi; csv_delivered and parquet_delivered where `of_feeders`.
        meters: distinct meter ids in order of first sight; where `of_feeders`, feeders' ids or codes.
        meter: index into `meters`, int32, shape (n,).
        read_at: interval END, microseconds since 1970 UTC, as the file says it (not snapped), int64, shape (n,).
        kwh: net energy, delivered minus received, float64, finite, shape (n,).
        voltage: volts, NaN where the file has none, shape (n,).
        register_kwh: the register at the interval's end, NaN where the file has none, shape (n,).
        flags: bits of `Flag` that the file gives, int32, shape (n,).
        interval_minutes: int16, shape (n,).
        arrived_at: when the utility received the read, microseconds since 1970; -1 where the file does not say.
        row: line in the file, int64, shape (n,).
        feeders: distinct feeder ids that the file names; feeder: index into it, -1 for none.
        rejects: rows that cannot be taken.
        notes: what was left aside on purpose (reactive channels, demand readings), counted by its name.
        of_feeders: whether this is energy delivered at the heads of feeders, and not reads of meters.
    """

    format: str
    meters: Sequence[str]
    meter: NDArray[np.int32]
    read_at: NDArray[np.int64]
    kwh: NDArray[np.float64]
    voltage: NDArray[np.float64]
    register_kwh: NDArray[np.float64]
    flags: NDArray[np.int32]
    interval_minutes: NDArray[np.int16]
    arrived_at: NDArray[np.int64]
    row: NDArray[np.int64]
    feeders: Sequence[str]
    feeder: NDArray[np.int32]
    rejects: Rejects
    notes: dict[str, int] = field(default_factory=dict)
    of_feeders: bool = False

    def __len__(self) -> int:
        """The number of reads."""
        return int(self.meter.shape[0])
