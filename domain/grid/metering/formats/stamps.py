"""Time stamps as files write them: ISO 8601 with and without offset, day-first and month-first dates, Unix seconds.

Distinct texts are read once, since a file repeats each stamp for every meter. A wall time that the clocks repeat is
resolved by its order in the file, one that they skip is rejected.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from domain.grid.metering.rules.intervals import EPOCH, to_us
from domain.kernel.errors import Invalid

EXPECTED = "expected a time such as 2026-03-08T01:15:00-05:00, or local time such as 2026-03-08 01:15"
SKIPPED = "this local time does not exist on that day in {zone}: the clocks skip it"
EARLIEST, LATEST = datetime(1990, 1, 1), datetime(2100, 1, 1)  # noqa: DTZ001 - wall times, no zone yet
EARLIEST_US, LATEST_US = (to_us(moment.replace(tzinfo=UTC)) for moment in (EARLIEST, LATEST))

SLASHED = re.compile(
    r"(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4}|\d{2})(?:[ T,]+(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?\s*([ap]\.?m\.?)?)?",
    re.IGNORECASE,
)
COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})?")
MIDNIGHT_24 = re.compile(r"(.*[ T])24:00(?::00)?")


@dataclass(frozen=True)
class Walls:
    """Distinct stamps of a file, read.

    Attributes:
        us: microseconds since 1970, of the wall clock, or in UTC where `has_offset`; int64.
        has_offset: whether the stamp named its offset.
        ok: whether it could be read at all.
    """

    us: NDArray[np.int64]
    has_offset: NDArray[np.bool_]
    ok: NDArray[np.bool_]


def zone_of(name: str) -> ZoneInfo:
    """The zone with this IANA name.

    Raises:
        Invalid: no such zone.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as cause:
        raise Invalid(
            f"{name!r} is not a time zone.", hint="Use a name like America/New_York; Etc/GMT-10 is UTC+10 all year."
        ) from cause


def date_order(texts: list[str], given: str | None, name: str) -> str:
    """Whether slashed dates put the day or the month first, from all dates of the file.

    Raises:
        Invalid: every date could be read both ways and nobody said which.
    """
    if given is not None:
        return given
    parts = {match.group(1, 2) for text in texts if (match := SLASHED.fullmatch(text.strip()))}
    day_first = any(int(first) > 12 for first, _ in parts)
    month_first = any(int(second) > 12 for _, second in parts)
    if day_first == month_first and any(first != second for first, second in parts):
        sample = next(text for text in texts if SLASHED.fullmatch(text.strip()))
        how = "some dates put the day first and some the month" if day_first else "dates can be read in two ways"
        raise Invalid(
            f"{name}: {how}, for example {sample!r}; nothing of it was taken.",
            hint="Say which: --date-order dmy or mdy.",
        )
    return "mdy" if month_first else "dmy"


def read_walls(texts: list[str], order: str) -> Walls:
    """Read distinct stamps."""
    us = np.full(len(texts), EARLIEST_US, np.int64)
    has_offset = np.zeros(len(texts), np.bool_)
    ok = np.zeros(len(texts), np.bool_)
    for index, text in enumerate(texts):
        moment = _read_one(text.strip(), order)
        if moment is None:
            continue
        has_offset[index] = moment.tzinfo is not None
        try:
            bare = moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
        except OverflowError:
            continue
        if EARLIEST <= bare < LATEST:
            us[index], ok[index] = to_us(bare.replace(tzinfo=UTC)), True
    return Walls(us, has_offset, ok)


def _read_one(text: str, order: str) -> datetime | None:
    try:
        if match := MIDNIGHT_24.fullmatch(text):
            start = _read_one(match.group(1) + "00:00", order)
            return start + timedelta(days=1) if start else None
        if text.isascii() and text.isdigit() and len(text) in {10, 13}:
            return EPOCH + timedelta(milliseconds=int(text) * (1000 if len(text) == 10 else 1))
        if match := COMPACT.fullmatch(text):
            return datetime(*(int(part or 0) for part in match.groups()))  # type: ignore[arg-type]  # noqa: DTZ001
        if match := SLASHED.fullmatch(text):
            return _slashed(match, order)
        return datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        return None


def _slashed(match: re.Match[str], order: str) -> datetime:
    first, second, year = int(match[1]), int(match[2]), int(match[3])
    day, month = (first, second) if order == "dmy" else (second, first)
    hour, half = int(match[4] or 0), (match[7] or "").lower()[:1]
    if half and not 1 <= hour <= 12:
        raise ValueError("hour of a twelve-hour clock")
    hour = hour % 12 + (12 if half == "p" else 0) if half else hour
    return datetime(year + 2000 if year < 100 else year, month, day, hour, int(match[5] or 0), int(match[6] or 0))  # noqa: DTZ001


def localise(
    wall_us: NDArray[np.int64], meter: NDArray[np.int32], zone: ZoneInfo
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Local wall times as UTC, in microseconds, and which of them exist.

    A wall time that occurs twice is the earlier instant where the meter shows it first and the later where it shows
    it again; for a meter whose stamps run backwards in the file it is the other way round.
    """
    walls, inverse = np.unique(wall_us, return_inverse=True)
    folds = np.array([_fold_offsets(zone, int(wall)) for wall in walls], dtype=np.int64).reshape(-1, 2)
    before, after = folds[inverse, 0], folds[inverse, 1]
    exists = before >= after
    offset = before.copy()
    repeated = np.flatnonzero(before > after)
    if len(repeated):
        second = _second_pass(wall_us[repeated], meter[repeated], wall_us, meter)
        offset[repeated[second]] = after[repeated[second]]
    return wall_us - offset, exists


def _fold_offsets(zone: ZoneInfo, wall: int) -> tuple[int, int]:
    moment = (EPOCH + timedelta(microseconds=wall)).replace(tzinfo=zone)
    offsets = [moment.replace(fold=fold).utcoffset() or timedelta(0) for fold in (0, 1)]
    return offsets[0] // timedelta(microseconds=1), offsets[1] // timedelta(microseconds=1)


def _second_pass(
    walls: NDArray[np.int64], meters: NDArray[np.int32], all_walls: NDArray[np.int64], all_meters: NDArray[np.int32]
) -> NDArray[np.bool_]:
    """Which of the repeated wall times are the later of the two instants."""
    frame = pd.DataFrame({"meter": meters, "wall": walls})
    count = frame.groupby(["meter", "wall"], sort=False).cumcount().to_numpy()
    times = frame.groupby(["meter", "wall"], sort=False)["wall"].transform("size").to_numpy()
    backwards = _runs_backwards(all_meters, all_walls)[meters]
    later: NDArray[Any] = np.where(backwards, (count == 0) & (times > 1), count > 0)
    return later.astype(np.bool_)


def _runs_backwards(meters: NDArray[np.int32], walls: NDArray[np.int64]) -> NDArray[np.bool_]:
    ends = pd.DataFrame({"meter": meters, "wall": walls}).groupby("meter")["wall"].agg(["first", "last"])
    backwards = np.zeros(int(meters.max()) + 1, np.bool_)
    backwards[ends.index.to_numpy()] = (ends["last"] < ends["first"]).to_numpy()
    return backwards
