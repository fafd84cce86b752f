"""Stamps of a file as instants: with an offset as they say, without one as local time of the given zone.

Where clocks go back, an hour of local stamps stands twice: the first of two equal stamps of a meter is the earlier
instant. Where clocks go forward an hour does not exist, and a stamp in it is refused.
"""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from cli.study.files import Clock, Codes, FileColumns
from domain.kernel.errors import Invalid

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  (a wall clock, on purpose)
_MICROSECOND = timedelta(microseconds=1)
_EARLIEST, _LATEST = ((datetime(year, 1, 1) - _EPOCH) // _MICROSECOND for year in (1900, 2200))  # noqa: DTZ001
NOT_TOLD = int(np.iinfo(np.int64).max)


def zone_named(name: str) -> ZoneInfo:
    """The zone of that name.

    Raises:
        Invalid: there is none.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as cause:
        raise Invalid(
            f"--tz: {name!r} is not a time zone.", hint="Expected a name such as America/New_York or UTC."
        ) from cause


def instants(file: FileColumns, column: str, owner: NDArray[np.int32], zone: ZoneInfo) -> NDArray[np.int64]:
    """Microseconds since 1970 UTC of each row, NOT_TOLD where its cell is empty.

    `owner` is the meter, feeder or learner that tells equal local stamps apart.

    Raises:
        Invalid: a stamp that is none, or that does not exist in the zone.
    """
    clock, is_aware = _walls(file, column, file.stamps[column])
    _refuse_astray(file, column, clock)
    out = clock.copy()
    naive = np.flatnonzero(~is_aware)
    # In UTC a wall clock is the instant itself, and there may be very many of them.
    if len(naive) and zone.key != "UTC":
        out[naive] = _from_local(file, column, clock[naive], naive, owner[naive], zone)
    return out


def _walls(file: FileColumns, column: str, stamps: Codes | Clock) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """What each row's clock said, and whether that is UTC; an empty cell is NOT_TOLD and asks for no zone."""
    if isinstance(stamps, Clock):
        return np.where(stamps.is_told, stamps.micros, NOT_TOLD), ~stamps.is_told | stamps.is_utc
    micros, aware = _parsed(file, column, stamps)
    # The code of an empty cell is -1: the last entry.
    return np.append(micros, NOT_TOLD)[stamps.code], np.append(aware, True)[stamps.code]


def _refuse_astray(file: FileColumns, column: str, clock: NDArray[np.int64]) -> None:
    """Refuse times of no calendar in use: zones know nothing of them, and they are mistakes."""
    astray = np.flatnonzero((clock != NOT_TOLD) & ((clock < _EARLIEST) | (clock >= _LATEST)))
    if len(astray):
        raise file.refuse(int(astray[0]), column, "lies outside the years 1900 to 2199, expected a time of ours.")


def _parsed(file: FileColumns, column: str, stamps: Codes) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Microseconds of each distinct text, and whether it said its offset."""
    alike = _parsed_alike(stamps.values)
    if alike is not None:
        return alike
    micros, aware = np.empty(len(stamps.values), np.int64), np.zeros(len(stamps.values), bool)
    for number, value in enumerate(stamps.values):
        try:
            moment = datetime.fromisoformat(value)
            if moment.tzinfo is not None:
                aware[number], moment = True, moment.astimezone(UTC).replace(tzinfo=None)
        except (ValueError, OverflowError):
            row = int(np.flatnonzero(stamps.code == number)[0])
            raise file.refuse(
                row, column, f"{value!r} is not a time, expected ISO 8601 such as 2026-11-21T08:15:00Z."
            ) from None
        micros[number] = (moment - _EPOCH) // _MICROSECOND
    return micros, aware


def _parsed_alike(values: tuple[str, ...]) -> tuple[NDArray[np.int64], NDArray[np.bool_]] | None:
    """The same by Arrow, many times as fast, where all texts say an offset or none does; None where it refuses one."""
    texts = pa.array(values, pa.string())
    for zone in ("UTC", None):
        try:
            micros = texts.cast(pa.timestamp("us", zone)).cast(pa.int64()).to_numpy()
        except pa.ArrowInvalid:
            continue
        return micros, np.full(len(values), zone is not None)
    return None


def _from_local(
    file: FileColumns,
    column: str,
    clock: NDArray[np.int64],
    rows: NDArray[np.intp],
    owner: NDArray[np.int32],
    zone: ZoneInfo,
) -> NDArray[np.int64]:
    distinct, where = np.unique(clock, return_inverse=True)
    earlier, later = np.empty_like(distinct), np.empty_like(distinct)
    for number, micros in enumerate(distinct.tolist()):
        local = _EPOCH + timedelta(microseconds=micros)
        both = [local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)]
        if both[0].astimezone(zone).replace(tzinfo=None) != local:
            row = int(rows[np.flatnonzero(where == number)[0]])
            raise file.refuse(
                row,
                column,
                f"{local} does not exist in {zone.key}, where clocks go forward.",
                "If the file keeps standard time all year, give a fixed zone such as --tz Etc/GMT+5.",
            )
        earlier[number], later[number] = ((moment.replace(tzinfo=None) - _EPOCH) // _MICROSECOND for moment in both)
    out = earlier[where]
    twice = np.flatnonzero((earlier != later)[where])
    if len(twice):
        order = twice[np.lexsort((twice, clock[twice], owner[twice]))]
        again = (np.diff(clock[order]) == 0) & (np.diff(owner[order]) == 0)
        repeated = order[1:][again]
        out[repeated] = later[where[repeated]]
    return out
