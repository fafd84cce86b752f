"""Incident lists of an analyst: CSV, also gzipped, read into incidents, or one sentence on what is wrong.

A row is named by its line number (the header is line 1), as an editor shows it.
"""

import csv
import gzip
import hashlib
import io
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone, tzinfo
from pathlib import Path

from cli.outages.incident_cells import count, instant, offset_of, yes_or_no
from cli.outages.incident_columns import find_columns
from domain.grid.outages.rules.incidents import Incident
from domain.kernel.errors import Invalid, TooLarge

_MAX_BYTES = 512_000_000
_EXAMPLE = "incident_id,start_time,restored_at,customers,cause"


@dataclass(frozen=True)
class IncidentFile:
    """One file as read.

    Attributes:
        columns: the file's own column for each field.
        offset: the offset that its stamps name most often; None where they name none.
    """

    name: str
    sha256: str
    columns: dict[str, str]
    incidents: tuple[Incident, ...]
    offset: timedelta | None


@dataclass(frozen=True)
class _Row:
    file: str
    line: int
    header: Sequence[str]
    at: Mapping[str, int]
    cells: Sequence[str]

    def cell(self, field: str) -> str:
        return self.cells[self.at[field]].strip() if field in self.at else ""

    def refuse(self, field: str, problem: str) -> Invalid:
        return Invalid(f"{self.file}, row {self.line}, column {self.header[self.at[field]]}: {problem}")

    def time(self, field: str, zone: tzinfo | None) -> datetime | None:
        cell = self.cell(field)
        return instant(cell, zone, lambda problem: self.refuse(field, problem)) if cell else None


def read_incidents(path: Path, chosen: Mapping[str, str], zone: tzinfo | None) -> IncidentFile:
    """Read a file of incidents.

    Args:
        path: CSV with a header line, plain or gzipped.
        chosen: the analyst's mapping of fields to columns, before all names.
        zone: of stamps that name none; None for UTC.

    Raises:
        Invalid: one sentence that names file, row, column and what was expected.
        TooLarge: more than half a gigabyte unpacked.
    """
    content = _content(path)
    rows = _rows(path.name, content)
    header = [cell.strip().strip("\ufeff") for cell in next(rows, (0, []))[1]]
    if not header:
        raise Invalid(f"{path.name} is empty.", hint=f"Expected a header line such as {_EXAMPLE} and rows.")
    at = find_columns(path.name, header, chosen)
    incidents, offsets = [], Counter[timedelta | None]()
    for line, cells in rows:
        if len(cells) != len(header):
            raise Invalid(f"{path.name}, row {line}: has {len(cells)} cells, the header has {len(header)}.")
        row = _Row(path.name, line, header, at, cells)
        incidents.append(_incident(row, zone))
        offsets[offset_of(row.cell("start"))] += 1
    if not incidents:
        raise Invalid(f"{path.name} has a header and no rows.", hint="Expected at least one row.")
    most = offsets.most_common(1)[0][0]
    columns = {field: header[position] for field, position in at.items()}
    return IncidentFile(path.name, hashlib.sha256(content).hexdigest(), columns, tuple(incidents), most)


def fixed_zone(files: Sequence[IncidentFile]) -> tzinfo:
    """The zone of the files' own stamps, UTC where they name none."""
    offsets = [file.offset for file in files if file.offset is not None]
    return timezone(offsets[0]) if offsets else timezone(timedelta())


def _incident(row: _Row, zone: tzinfo | None) -> Incident:
    started = row.time("start", zone)
    if started is None:
        raise row.refuse("start", "is empty, expected the time at which the incident began.")
    restored, last_seen = row.time("restored", zone), row.time("last_seen", zone)
    is_open = yes_or_no(row.cell("open"), lambda problem: row.refuse("open", problem))
    return Incident(
        key=_key(row),
        started_at=started,
        ended_at=restored or last_seen,
        is_open=is_open,
        end_is_last_seen=restored is None and last_seen is not None,
        customers=count(row.cell("customers"), lambda problem: row.refuse("customers", problem)),
        cause=" ".join(row.cell("cause").split()),
        group=row.cell("group"),
        etr_first=row.time("etr_first", zone),
        etr_last=row.time("etr_last", zone),
        # A list with times of restoration says by their absence that there was none.
        is_open_told="open" in row.at or last_seen is None or restored is not None,
    )


def _key(row: _Row) -> str:
    """What makes two rows the same incident: its key, else feeder and begin, else place and begin, else the row."""
    if key := row.cell("key"):
        return f"{row.cell('group')}|{key}"
    if feeder := row.cell("feeder"):
        return f"{feeder}|{row.cell('start')}"
    if place := _place(row):
        return "|".join([row.cell("group"), place, row.cell("start")])
    return "|".join(cell.strip() for cell in row.cells)


def _place(row: _Row) -> str:
    """The place to a metre, since readings of one incident differ behind that; empty where it is not told."""
    try:
        return f"{float(row.cell('latitude')):.5f}|{float(row.cell('longitude')):.5f}"
    except ValueError:
        return ""


def _content(path: Path) -> bytes:
    try:
        content = path.read_bytes()
    except OSError as cause:
        raise Invalid(f"{path} cannot be read: {cause.strerror}.") from cause
    if not content.startswith(b"\x1f\x8b"):
        return content
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as packed:
            unpacked = packed.read(_MAX_BYTES + 1)
    except (EOFError, OSError, zlib.error) as cause:
        raise Invalid(f"{path.name} is not a whole gzip file: {cause}.", hint="Copy or pack it again.") from cause
    if len(unpacked) > _MAX_BYTES:
        raise TooLarge(f"{path.name} unpacks to more than {_MAX_BYTES / 1e6:.0f} MB.", hint="Split it by month.")
    return unpacked


def _rows(name: str, content: bytes) -> Iterator[tuple[int, list[str]]]:
    """Line number and cells of each row that holds anything."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield reader.line_num, cells
    except csv.Error as cause:
        raise Invalid(f"{name}, row {reader.line_num}: {cause}.", hint="Export it again as CSV.") from cause
