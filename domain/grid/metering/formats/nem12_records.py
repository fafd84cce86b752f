"""Records of NEM12: a channel (200), a day (300), and the dates that spreadsheets leave of them."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

DAY_MINUTES = 1440
COMPACT_DATE = re.compile(r"(\d{4})(\d{2})(\d{2})(?:\.0)?")
DASHED_DATE = re.compile(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})")
SLASHED_DATE = re.compile(r"(\d{1,2})[-/](\d{1,2})[-/](\d{4})")


@dataclass(frozen=True)
class Channel:
    """A 200 record: one data stream of one meter."""

    meter: int
    channel: int
    sign: int
    factor: float
    minutes: int

    @property
    def intervals(self) -> int:
        """Values of one day."""
        return DAY_MINUTES // self.minutes


@dataclass
class Day:
    """A 300 record, and what its 400 records say."""

    line: int
    channel: Channel
    midnight_us: int
    kwh: NDArray[np.float64]
    flags: NDArray[np.int32]
    null: NDArray[np.bool_]
    variable: bool


def read_date(text: str, order: str) -> date | None:
    """The date of a 300 record, as the format writes it or as a spreadsheet has rewritten it; None where it is lost."""
    try:
        if match := COMPACT_DATE.fullmatch(text) or DASHED_DATE.fullmatch(text):
            day = date(int(match[1]), int(match[2]), int(match[3]))
        elif match := SLASHED_DATE.fullmatch(text):
            first, second = int(match[1]), int(match[2])
            day = date(int(match[3]), second, first) if order == "dmy" else date(int(match[3]), first, second)
        else:
            return None
    except ValueError:
        return None
    return day if 1990 <= day.year < 2100 else None


def read_number(cell: str) -> float:
    """The number in a cell; NaN where there is none."""
    try:
        return float(cell)
    except ValueError:
        return float("nan")


def join(arrays: list[NDArray[Any]], kind: Any) -> NDArray[Any]:
    """Columns of days one after another; empty where there is no day."""
    return np.concatenate([*arrays, np.zeros(0, kind)]).astype(kind)
