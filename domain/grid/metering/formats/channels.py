"""Meters with several channels: energy taken from the grid minus energy sent into it, interval by interval.

A channel that is sent twice for the same interval counts once.
"""

import numpy as np
from numpy.typing import NDArray

from domain.grid.metering.formats.parsed import ParsedReads
from domain.grid.metering.rules.flags import Flag
from domain.grid.metering.rules.runs import starts_of

HALF_KNOWN = "the other direction of this interval has no value, so its net energy is not known"


def net(parsed: ParsedReads, channel: NDArray[np.int32], sign: NDArray[np.float64]) -> ParsedReads:
    """One read per meter and interval, from reads per channel; `sign` is 1 for energy taken, -1 for energy sent.

    A meter with a single channel keeps all its rows, so that its duplicates are told where those of every format are.
    """
    signed = parsed.kwh * sign
    many = _meters_with_many(parsed.meter, channel, len(parsed.meters))[parsed.meter]
    if not many.any():
        return parsed if (sign == 1).all() else _with(parsed, np.arange(len(parsed)), signed, parsed.flags)
    order = _once_per_channel(parsed, channel, np.flatnonzero(many))
    order = order[np.lexsort((order, parsed.read_at[order], parsed.meter[order]))]
    first = starts_of(parsed.meter[order], parsed.read_at[order])
    flags = np.bitwise_or.reduceat(parsed.flags[order], first)
    flags = np.where(flags & int(Flag.ESTIMATED), flags & ~int(Flag.ACTUAL), flags).astype(np.int32)
    alone = np.flatnonzero(~many)
    picked = np.concatenate([alone, order[first]])
    kwh = np.concatenate([signed[alone], np.add.reduceat(signed[order], first)])
    all_flags = np.concatenate([parsed.flags[alone], flags])
    in_file_order = np.argsort(picked, kind="stable")
    return _with(parsed, picked[in_file_order], kwh[in_file_order], all_flags[in_file_order])


def _once_per_channel(parsed: ParsedReads, channel: NDArray[np.int32], rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """The first read of each channel and interval; the same again is counted, another value is rejected."""
    order = rows[np.lexsort((rows, parsed.read_at[rows], channel[rows], parsed.meter[rows]))]
    starts = starts_of(parsed.meter[order], channel[order], parsed.read_at[order])
    kept = np.repeat(order[starts], np.diff(np.append(starts, len(order))))
    again = kept != order
    differs = again & (parsed.kwh[kept] != parsed.kwh[order])
    same = int((again & ~differs).sum())
    if same:
        parsed.notes["channel_duplicates"] = same
    parsed.rejects.add_many(
        parsed.row[order[differs]],
        "kwh",
        [f"{value:g}" for value in parsed.kwh[order[differs]]],
        [f"line {line} gives another value for this channel and interval" for line in parsed.row[kept[differs]]],
    )
    return order[starts]


def half_known(
    meter: NDArray[np.int32], channel: NDArray[np.int32], read_at: NDArray[np.int64], good: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Good rows of intervals of which another channel has no good value: their net energy is not known."""
    if good.all():
        return np.zeros(len(good), np.bool_)
    order = np.lexsort((~good, channel, read_at, meter))
    channels = order[starts_of(meter[order], read_at[order], channel[order])]
    # Each channel's best row stands first; an interval is known when the best rows of all its channels are good.
    intervals = starts_of(meter[channels], read_at[channels])
    known = np.logical_and.reduceat(good[channels], intervals)
    first = starts_of(meter[order], read_at[order])
    answer = np.zeros(len(good), np.bool_)
    answer[order] = ~np.repeat(known, np.diff(np.append(first, len(order))))
    return answer & good


def _meters_with_many(meter: NDArray[np.int32], channel: NDArray[np.int32], meters: int) -> NDArray[np.bool_]:
    pairs = np.unique(np.stack([meter, channel], axis=1), axis=0)
    answer: NDArray[np.bool_] = np.bincount(pairs[:, 0], minlength=meters) > 1
    return answer


def _with(
    parsed: ParsedReads, picked: NDArray[np.int64], kwh: NDArray[np.float64], flags: NDArray[np.int32]
) -> ParsedReads:
    return ParsedReads(
        format=parsed.format,
        meters=parsed.meters,
        meter=parsed.meter[picked],
        read_at=parsed.read_at[picked],
        kwh=kwh,
        voltage=parsed.voltage[picked],
        register_kwh=parsed.register_kwh[picked],
        flags=flags,
        interval_minutes=parsed.interval_minutes[picked],
        arrived_at=parsed.arrived_at[picked],
        row=parsed.row[picked],
        feeders=parsed.feeders,
        feeder=parsed.feeder[picked],
        rejects=parsed.rejects,
        notes=parsed.notes,
        of_feeders=parsed.of_feeders,
    )
