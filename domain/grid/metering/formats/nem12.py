"""NEM12, the interval file of the Australian market (AEMO Meter Data File Format): records 100 to 500, and 900.

All stamps are AEST, UTC+10 without daylight saving, whatever the tenant's zone. Energy taken from the grid (suffix E)
counts against energy sent into it (suffix B); other channels are left aside and counted. Order of records within a
block matters, order of days does not. A cut record is rejected. A file that opens with its header (100) and does not
close with its end record (900) is cut and refused as a whole: a channel that is lost would make the net energy of the
channels before it wrong. An extract without either, as retailers hand out, is taken and noted.
"""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from domain.grid.metering.formats import quality
from domain.grid.metering.formats.channels import HALF_KNOWN, half_known, net
from domain.grid.metering.formats.long_form import MAX_ID, MAX_KWH
from domain.grid.metering.formats.nem12_records import DAY_MINUTES, Channel, Day, join, read_date, read_number
from domain.grid.metering.formats.parsed import FileMapping, Limits, ParsedReads, Rejects
from domain.grid.metering.formats.source import too_many_rows
from domain.grid.metering.rules.flags import Flag
from domain.grid.metering.rules.local_days import US_PER_MINUTE
from domain.kernel.errors import Invalid

AEST_US = 10 * 60 * US_PER_MINUTE
MINUTES = (5, 15, 30)
UNITS = {"WH": 0.001, "KWH": 1.0, "MWH": 1000.0}
SIGNS = {"E": 1, "B": -1}
# Reason codes of the market that are one of our flags: 70 tampering, 79 power outage, 86 and 89 clock error and reset.
REASONS = {"70": Flag.TAMPER, "86": Flag.DRIFT, "89": Flag.DRIFT}
OUTAGE_REASON = "79"


@dataclass
class Reader:
    """The state of reading one file."""

    name: str
    limits: Limits
    order: str
    meters: dict[str, int] = field(default_factory=dict)
    channels: dict[tuple[str, str], int] = field(default_factory=dict)
    rejects: Rejects = field(default_factory=Rejects)
    notes: Counter[str] = field(default_factory=Counter)
    days: list[Day] = field(default_factory=list)
    channel: Channel | None = None
    skipping: str = "no 200 record stands before it"
    day: Day | None = None
    reads: int = 0
    header: int | None = None
    ended: bool = False

    def take(self, line: int, fields: list[str]) -> None:
        """Read one record."""
        takers: dict[str, Callable[[int, list[str]], None]] = {
            "100": self._header,
            "200": self._channel,
            "300": self._day,
            "400": self._quality,
            "500": lambda *_: None,
            "900": self._end,
        }
        taker = takers.get(fields[0])
        if taker is None:
            self.rejects.add(line, "", fields[0][:80], "not a record; expected 100, 200, 300, 400, 500 or 900")
        else:
            taker(line, fields)

    def _header(self, line: int, fields: list[str]) -> None:
        version = fields[1].upper() if len(fields) > 1 else ""
        if version != "NEM12":
            raise Invalid(
                f"{self.name} is {version or 'of no named version'}, nothing of it was taken; expected NEM12.",
                hint="NEM13 holds accumulated readings, not intervals; ask for NEM12.",
            )
        self._refuse_cut()
        self.channel, self.day, self.header, self.ended = None, None, line, False

    def _end(self, _line: int, _fields: list[str]) -> None:
        self.channel, self.day, self.header, self.ended = None, None, None, True

    def _refuse_cut(self) -> None:
        if self.header is not None:
            raise Invalid(
                f"{self.name} is cut: its header (100) in line {self.header} is not followed by an end record (900)."
                " Nothing of it was taken.",
                hint="Ask for the whole file. What is lost could be a channel that the net energy needs.",
            )

    def _channel(self, line: int, fields: list[str]) -> None:
        fields = fields + [""] * 9
        nmi, suffix, unit, minutes = fields[1], fields[4].upper(), fields[7].upper(), fields[8]
        self.channel, self.day = None, None
        self.skipping = f"its 200 record in line {line} was rejected"
        if not nmi or len(nmi) > MAX_ID:
            self.rejects.add(line, "NMI", nmi[:80], "no meter is named")
        elif _count(minutes) not in MINUTES:
            self.rejects.add(line, "IntervalLength", minutes[:80], "expected 5, 15 or 30 minutes")
        elif suffix[:1] not in SIGNS or (unit and unit not in UNITS):
            self.skipping = ""
            self.notes["other_channels"] += 1
        elif not unit:
            self.rejects.add(line, "UOM", "", "no unit; expected Wh, kWh or MWh")
        else:
            meter = self.meters.setdefault(nmi, len(self.meters))
            channel = self.channels.setdefault((nmi, suffix), len(self.channels))
            self.channel = Channel(meter, channel, SIGNS[suffix[0]], UNITS[unit], int(minutes))

    def _day(self, line: int, fields: list[str]) -> None:
        self.day = None
        if self.channel is None:
            if self.skipping:
                self.rejects.add(line, "", fields[1][:80] if len(fields) > 1 else "", self.skipping)
            return
        count = self.channel.intervals
        day = read_date(fields[1] if len(fields) > 1 else "", self.order)
        if day is None:
            why = "expected a date such as 20260308; 2.0181E+07 is a date that a spreadsheet has damaged"
            self.rejects.add(line, "IntervalDate", fields[1][:80] if len(fields) > 1 else "", why)
            return
        mark = fields[2 + count] if len(fields) > 2 + count else ""
        if not mark or mark[:1].upper() not in "AEFSNV":
            why = f"expected {count} values and then a quality (A, E, F, N, S or V); the record is cut or shifted"
            self.rejects.add(line, "QualityMethod", mark[:80], why)
            return
        self.reads += count
        if self.reads > self.limits.max_rows:
            raise too_many_rows(self.name, self.limits)
        self._keep_day(
            line, day, fields[2 : 2 + count], mark.upper(), fields[3 + count] if len(fields) > 3 + count else ""
        )

    def _keep_day(self, line: int, day: date, cells: list[str], mark: str, reason: str) -> None:
        channel = self.channel
        assert channel is not None  # noqa: S101 - _day returned before
        kwh = self._numbers(line, cells) * channel.factor
        midnight = (day - date(1970, 1, 1)).days * DAY_MINUTES * US_PER_MINUTE - AEST_US
        null = np.isnan(kwh)
        kept = Day(line, channel, midnight, kwh, np.zeros(len(kwh), np.int32), null, mark.startswith("V"))
        self.day = kept
        self.days.append(kept)
        if not kept.variable:
            self._mark(kept, line, 0, len(kwh), mark, reason)

    def _numbers(self, line: int, cells: list[str]) -> NDArray[np.float64]:
        """The values of a day; those that are no number are rejected one by one and become NaN."""
        try:
            values = np.array(cells, dtype=np.float64)
        except ValueError:
            values = np.array([read_number(cell) for cell in cells])
        bad = ~(np.abs(values) <= MAX_KWH)
        for index in np.flatnonzero(bad):
            why = "not an energy; expected a number such as 0.25"
            self.rejects.add(line, f"interval {index + 1}", cells[index][:80], why)
        return np.where(bad, np.nan, values)

    def _quality(self, line: int, fields: list[str]) -> None:
        """A 400 record: quality of a range of intervals, numbered from 1, of the day before it."""
        if self.day is None:
            if self.channel is not None or self.skipping:
                self.rejects.add(line, "", ",".join(fields[1:4])[:80], "no accepted 300 record stands before it")
            return
        fields = fields + [""] * 5
        first, last, mark = fields[1], fields[2], fields[3].upper()
        count = self.day.channel.intervals
        if not 1 <= _count(first) <= _count(last) <= count:
            self.rejects.add(line, "", f"{first}-{last}"[:80], f"expected a range of intervals within 1 to {count}")
            return
        self._mark(self.day, line, int(first) - 1, int(last), mark, fields[4])

    def _mark(self, day: Day, line: int, first: int, last: int, mark: str, reason: str) -> None:
        where = slice(first, last)
        if mark.startswith(quality.NULL_DATA):
            self.rejects.add(
                line, "QualityMethod", mark[:80], "null data: the provider has no read for these intervals"
            )
            day.null[where] = True
            day.flags[where] = int(Flag.ACTUAL)
            return
        flags = quality.market(mark)
        if flags is None:
            self.rejects.add(line, "QualityMethod", mark[:80], "no quality; expected A, E, F, N or S, with its method")
            return
        day.flags[where] = flags | int(REASONS.get(reason.strip(), 0))
        if reason.strip() == OUTAGE_REASON:
            day.flags[where] |= np.where(day.kwh[where] == 0, int(Flag.OUTAGE), 0).astype(np.int32)

    def parsed(self) -> ParsedReads:
        """All days as columns.

        Raises:
            Invalid: the file holds no day at all, or is cut.
        """
        self._refuse_cut()
        if not self.days and not len(self.rejects) and not self.notes:
            raise Invalid(f"{self.name} holds no 300 record, so no reads.", hint="Check that the file is not cut.")
        for day in self.days:
            self._refuse_unmarked(day)
        if not self.ended:
            self.notes["no_end_record"] = 1
        meter = self._spread([day.channel.meter for day in self.days], np.int32)
        channel = self._spread([day.channel.channel for day in self.days], np.int32)
        row = self._spread([day.line for day in self.days], np.int64)
        ends = [
            day.midnight_us + np.arange(1, len(day.kwh) + 1, dtype=np.int64) * day.channel.minutes * US_PER_MINUTE
            for day in self.days
        ]
        read_at = join(ends, np.int64)
        good = ~join([day.null | (day.flags == 0) for day in self.days], np.bool_)
        half = half_known(meter, channel, read_at, good)
        self.rejects.add_many(row[half], "NMISuffix", "", HALF_KNOWN)
        keep = good & ~half
        size = int(keep.sum())
        reads = ParsedReads(
            format="nem12",
            meters=list(self.meters),
            meter=meter[keep],
            read_at=read_at[keep],
            kwh=join([day.kwh for day in self.days], np.float64)[keep],
            voltage=np.full(size, np.nan),
            register_kwh=np.full(size, np.nan),
            flags=join([day.flags for day in self.days], np.int32)[keep],
            interval_minutes=self._spread([day.channel.minutes for day in self.days], np.int16)[keep],
            arrived_at=np.full(size, -1, np.int64),
            row=row[keep],
            feeders=[],
            feeder=np.full(size, -1, np.int32),
            rejects=self.rejects,
            notes=dict(self.notes),
        )
        sign = self._spread([day.channel.sign for day in self.days], np.float64)
        return net(reads, channel[keep], sign[keep])

    def _spread(self, values: list[int], kind: Any) -> NDArray[Any]:
        """A value of each day, repeated for its intervals."""
        return np.repeat(np.array(values, kind), [len(day.kwh) for day in self.days])

    def _refuse_unmarked(self, day: Day) -> None:
        """A day of variable quality (V) whose 400 records leave intervals out: those have no quality."""
        missing = int((day.flags == 0).sum())
        if day.variable and missing:
            why = f"quality V, but its 400 records leave out {missing} of {len(day.kwh)} intervals"
            self.rejects.add(day.line, "QualityMethod", "V", why)


def parse(content: bytes, name: str, mapping: FileMapping, zone: ZoneInfo, limits: Limits) -> ParsedReads:  # noqa: ARG001
    """The reads of a NEM12 file; `zone` is not used, since the format fixes it.

    Raises:
        Invalid: another version of the format, a file that is cut, or no reads at all.
        TooLarge: more reads than the limit.
    """
    reader = Reader(name, limits, mapping.date_order or "dmy")
    for number, line in enumerate(content.decode("utf-8-sig", errors="replace").splitlines(), start=1):
        fields = [cell.strip().strip('"') for cell in line.split(",")]
        if any(fields):
            reader.take(number, fields)
    return reader.parsed()


def _count(text: str) -> int:
    """A number of intervals or minutes; 0 where it is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 0


def looks_like(first_line: str) -> bool:
    """Whether the first line that is not blank is a record of the format."""
    return re.match(r'"?(100"?,"?NEM1[0-9]|[23]00"?,)', first_line.strip(), re.IGNORECASE) is not None
