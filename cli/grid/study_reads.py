"""An analyst's reads and delivered energies, checked and put in order, ready for the pure rules.

What belongs here: what rows mean together. Duplicates: equal ones count once, differing ones are refused. Interval
lengths are those between most stamps of a meter; stamps within a minute of the interval grid are put on it.
"""

from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from cli.study.files import Codes, FileColumns, Wanted, read_columns
from cli.study.stamps import instants
from domain.grid.metering.rules.flags import Flag
from domain.grid.metering.rules.local_days import US_PER_MINUTE, iso_utc
from domain.grid.metering.rules.reads import Reads
from domain.kernel.errors import Invalid

UNITS_PER_KWH = 1_000_000_000  # a file's decimals are kept down to a millionth of a watt-hour
_LARGEST_SUM_KWH = 9e9  # what fits 64 bits in those units
_LENGTHS = (5, 10, 15, 20, 30, 60)
_RUN = 8  # so many equal steps of another length are a change of interval, not a gap
ASSUMED_MINUTES = 15

READS = Wanted(
    texts=("meter_id",),
    numbers=("kwh",),
    optional_texts=("feeder_id", "transformer_id"),
    optional_numbers=("voltage",),
)
DELIVERED = Wanted(texts=("feeder_id",), numbers=("kwh",), aliases=(("delivered_kwh", "kwh"),))


@dataclass
class StudyReads:
    """Reads by meter and time, each once, on the grid of its interval.

    Attributes:
        meters: ids in order; `feeders` and `transformers` of each, None where the file has no such column.
        meter, read_at, kwh, voltage: one entry per read; voltage NaN where not measured.
        interval_minutes: per meter.
        notes: what was passed over, in sentences.
    """

    path: Path
    meters: tuple[str, ...]
    feeders: list[str] | None
    transformers: list[str] | None
    meter: NDArray[np.int32]
    read_at: NDArray[np.int64]
    kwh: NDArray[np.float64]
    voltage: NDArray[np.float64]
    interval_minutes: NDArray[np.int64]
    notes: list[str] = field(default_factory=list)

    def as_reads(self, feeders: list[str]) -> Reads:
        """The columns that the rules take, for files of one interval length.

        Raises:
            Invalid: meters of different interval lengths.
        """
        lengths, first = np.unique(self.interval_minutes, return_index=True)
        if len(lengths) > 1:
            said = ", ".join(f"{m} minutes ({self.meters[at]})" for m, at in zip(lengths, first, strict=True))
            raise Invalid(
                f"{self.path.name} has meters of different interval lengths: {said}.",
                hint="Split the file by interval length; `countersign grid rollup` takes it as it is.",
            )
        return Reads(
            meters=self.meters,
            feeders=feeders,
            meter=self.meter,
            read_at=self.read_at,
            kwh=self.kwh,
            voltage=self.voltage,
            flags=np.full(len(self.meter), int(Flag.ACTUAL), dtype=np.int32),
            arrived_at=self.read_at,
            interval_minutes=int(lengths[0]),
            source=f"file:{self.path.name}",
        )


@dataclass(frozen=True)
class Delivered:
    """Energy at the feeder heads, by feeder and time, each once."""

    path: Path
    feeders: tuple[str, ...]
    feeder: NDArray[np.int32]
    read_at: NDArray[np.int64]
    kwh: NDArray[np.float64]
    interval_minutes: int
    notes: list[str]


def read_reads(path: Path, zone: ZoneInfo) -> StudyReads:
    """Read and check a file of reads.

    Raises:
        Invalid: one sentence that names file, row, column and what was expected.
    """
    file = read_columns(path, READS)
    owners = file.texts["meter_id"]
    kept = _in_order(file, owners, zone)
    voltage = file.numbers.get("voltage", np.full(len(file), np.nan))
    feeders = _constant(file, owners, "feeder_id", required=True)
    transformers = _constant(file, owners, "transformer_id", required=False)
    minutes = _interval_minutes(file, kept, len(owners.values))
    return StudyReads(
        path=path,
        meters=owners.values,
        feeders=feeders,
        transformers=transformers,
        meter=kept.owner,
        read_at=_on_grid(file, kept, minutes * US_PER_MINUTE),
        kwh=file.numbers["kwh"][kept.rows],
        voltage=voltage[kept.rows],
        interval_minutes=minutes,
        notes=kept.notes,
    )


def read_delivered(path: Path, zone: ZoneInfo) -> Delivered:
    """Read and check a file of delivered energy.

    Raises:
        Invalid: one sentence that names file, row, column and what was expected.
    """
    file = read_columns(path, DELIVERED)
    owners = file.texts["feeder_id"]
    kept = _in_order(file, owners, zone)
    minutes = _interval_minutes(file, kept, len(owners.values))
    if len(np.unique(minutes)) > 1:
        raise Invalid(f"{path.name} has feeders of different interval lengths.", hint="Bring them to one length.")
    read_at = _on_grid(file, kept, minutes * US_PER_MINUTE)
    kwh = file.numbers["kwh"][kept.rows]
    return Delivered(path, owners.values, kept.owner, read_at, kwh, int(minutes[0]), kept.notes)


@dataclass(frozen=True)
class _Kept:
    """Rows that count, by owner and time."""

    rows: NDArray[np.intp]
    owner: NDArray[np.int32]
    read_at: NDArray[np.int64]
    notes: list[str]


def _in_order(file: FileColumns, owners: Codes, zone: ZoneInfo) -> _Kept:
    kwh = file.numbers["kwh"]
    with np.errstate(over="ignore"):
        total = float(np.abs(kwh).sum())
    if total > _LARGEST_SUM_KWH:
        raise Invalid(
            f"{file.path.name}, column kwh: the values add up to {total:.3g} kWh.",
            hint="Expected kilowatt-hours; are these watt-hours?",
        )
    read_at = instants(file, "read_at", owners.code, zone)
    order = np.lexsort((np.arange(len(kwh)), read_at, owners.code))
    same = (np.diff(read_at[order]) == 0) & (np.diff(owners.code[order]) == 0)
    differing = np.flatnonzero(same & (np.diff(kwh[order]) != 0))
    if len(differing):
        before, after = (int(row) for row in order[differing[0] : differing[0] + 2])
        owner = owners.values[owners.code[after]]
        raise file.refuse(
            after,
            "kwh",
            f"{owner} at {iso_utc(int(read_at[after]))} has {kwh[after]:g}, and {kwh[before]:g} in row"
            f" {before + file.first_row}; expected one value for each time.",
            "Keep the right one; equal duplicates may stay.",
        )
    notes = [f"{file.path.name}: {int(same.sum())} duplicate rows were counted once."] if same.any() else []
    rows = order[np.concatenate(([True], ~same))]
    return _Kept(rows, owners.code[rows], read_at[rows], notes)


def _interval_minutes(file: FileColumns, kept: _Kept, owners: int) -> NDArray[np.int64]:
    """The interval length of each owner: the step between most of its stamps, within a minute."""
    minutes = np.rint(np.diff(kept.read_at) / US_PER_MINUTE).astype(np.int64)
    inside = np.diff(kept.owner) == 0
    if not inside.any():
        across = np.diff(np.unique(np.rint(kept.read_at / US_PER_MINUTE))).astype(np.int64)
        usual = _most_common(across) if len(across) else ASSUMED_MINUTES
        if not len(across):
            kept.notes.append(f"{file.path.name}: one instant tells no interval; {usual} minutes were assumed.")
        out = np.full(owners, usual, dtype=np.int64)
    else:
        out = np.full(owners, _most_common(minutes[inside]), dtype=np.int64)
        pairs, counts = np.unique(np.stack((kept.owner[1:][inside], minutes[inside])), axis=1, return_counts=True)
        for at in np.lexsort(
            (-pairs[1], counts)
        ).tolist():  # the most frequent, then the shortest, comes last and stays
            out[pairs[0, at]] = pairs[1, at]
        _refuse_changes(file, kept, minutes, inside, out)
    odd = np.flatnonzero(~np.isin(out, _LENGTHS))
    if len(odd):
        row = int(kept.rows[np.flatnonzero(kept.owner == odd[0])[0]])
        expected = ", ".join(map(str, _LENGTHS))
        raise file.refuse(
            row, "read_at", f"stamps lie {out[odd[0]]} minutes apart, expected one of {expected} minutes."
        )
    return out


def _most_common(values: NDArray[np.int64]) -> int:
    found, counts = np.unique(values, return_counts=True)
    return int(found[np.argmax(counts)])


def _refuse_changes(
    file: FileColumns, kept: _Kept, minutes: NDArray[np.int64], inside: NDArray[np.bool_], usual: NDArray[np.int64]
) -> None:
    """Refuse an owner whose interval length changes on the way: its reads would be matched wrongly."""
    other = inside & (minutes != usual[kept.owner[1:]]) & np.isin(minutes, _LENGTHS)
    starts = np.flatnonzero(other & np.concatenate(([True], ~other[:-1] | (np.diff(minutes) != 0))))
    for start in starts.tolist():
        run = minutes[start : start + _RUN]
        if len(run) == _RUN and other[start : start + _RUN].all() and (run == run[0]).all():
            raise file.refuse(
                int(kept.rows[start + 1]),
                "read_at",
                f"the interval changes from {usual[kept.owner[start]]} to {run[0]} minutes.",
                "Split the file where it changes.",
            )


def _on_grid(file: FileColumns, kept: _Kept, step: NDArray[np.int64]) -> NDArray[np.int64]:
    """Stamps moved to the grid of their interval, by a minute at most."""
    own_step = step[kept.owner]
    five = 5 * US_PER_MINUTE
    phase = _most_common(((np.rint(kept.read_at / five).astype(np.int64) * five) % own_step) % (15 * US_PER_MINUTE))
    base = np.gcd(own_step, 15 * US_PER_MINUTE)
    snapped = np.rint((kept.read_at - phase) / base).astype(np.int64) * base + phase
    off = np.abs(snapped - kept.read_at)
    first = np.flatnonzero(np.concatenate(([True], np.diff(kept.owner) != 0)))
    origin = np.repeat(snapped[first], np.diff(np.append(first, len(snapped))))
    astray = np.flatnonzero((off > US_PER_MINUTE) | ((snapped - origin) % own_step != 0))
    if len(astray):
        row, minutes = int(kept.rows[astray[0]]), int(own_step[astray[0]] // US_PER_MINUTE)
        instant = iso_utc(int(kept.read_at[astray[0]]))
        raise file.refuse(row, "read_at", f"{instant} is off the {minutes}-minute grid by more than a minute.")
    if off.any():
        kept.notes.append(
            f"{file.path.name}: {int((off > 0).sum())} stamps were moved to the grid, by a minute at most."
        )
    return snapped


def _constant(file: FileColumns, owners: Codes, name: str, *, required: bool) -> list[str] | None:
    """The one value of a column that each meter has in all its rows; None without the column."""
    if name not in file.texts:
        return None
    column = file.texts[name]
    empty = np.flatnonzero(column.code < 0)
    if required and len(empty):
        raise file.refuse(int(empty[0]), name, "is empty, expected an id.")
    of = np.full(len(owners.values), -1, dtype=np.int32)
    of[owners.code[::-1]] = column.code[::-1]
    differing = np.flatnonzero(column.code != of[owners.code])
    if len(differing):
        row = int(differing[0])
        meter = owners.values[owners.code[row]]
        first = int(np.flatnonzero(owners.code == owners.code[row])[0])
        raise file.refuse(row, name, f"differs for {meter} from row {first + file.first_row}, expected one per meter.")
    return ["" if code < 0 else column.values[code] for code in of.tolist()]
