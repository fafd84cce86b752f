"""Comma-separated files of reads: one read per row, or one day per row with a column for each interval.

Takes a byte-order mark, UTF-16 where it is marked, other delimiters, decimal commas, and title lines before the header.
"""

import csv
import io
import re
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from domain.grid.metering.formats import stamps, wide_form
from domain.grid.metering.formats.columns import is_of_feeders, recognise, require_long_form
from domain.grid.metering.formats.long_form import LongTable, RowStamps, to_reads
from domain.grid.metering.formats.numbers import to_numbers
from domain.grid.metering.formats.parsed import FileMapping, Limits, ParsedReads
from domain.grid.metering.formats.sieve import Sieve
from domain.grid.metering.formats.source import too_many_rows
from domain.kernel.errors import Invalid

SEARCHED_LINES = 30
MAX_COLUMNS = 2000
HEAD_BYTES = 1 << 16
LINE_END = re.compile(rb"\r\n|\n|\r")
TIMES = ("start", "end", "arrived_at")
TEXTS = ("meter_id", "feeder_id", "quality", "market_quality", "estimated", "direction")
NUMBERS = ("kwh", "wh", "mwh", "kwh_delivered", "kwh_received", "register_kwh", "voltage", "interval_minutes")


@dataclass(frozen=True)
class Header:
    """What the header says, in which line it stands (from 0), and where in the content the rows begin."""

    line: int
    names: list[str]
    delimiter: str
    body: int


def parse(content: bytes, name: str, mapping: FileMapping, zone: ZoneInfo, limits: Limits) -> ParsedReads:
    """The reads of a CSV file.

    Raises:
        Invalid: no text, no header that can be understood, an unclosed quotation mark.
        TooLarge: more rows than the limit.
    """
    content = as_utf8(content, name)
    header = find_header(content, name, mapping)
    labels = wide_form.interval_columns(header.names)
    found = recognise([h if i not in labels else "" for i, h in enumerate(header.names)], mapping, name)
    if labels and "date" in found:
        frame, sieve = _rows(content, header, name, limits, sorted({*found.values(), *labels}), len(labels))
        return wide_form.to_reads(frame, found, labels, sieve, name, mapping, zone)
    require_long_form(found, header.names, mapping, name)
    frame, sieve = _rows(content, header, name, limits, sorted(found.values()), 1)
    return to_reads(_long_table(frame, found, sieve, name, mapping, header), mapping, zone, sieve)


def as_utf8(content: bytes, name: str) -> bytes:
    """The text in UTF-8 without a mark; UTF-16 is taken where a mark announces it.

    Raises:
        Invalid: the content is no such text.
    """
    try:
        if content[:2] in {b"\xff\xfe", b"\xfe\xff"}:
            content = content.decode("utf-16").encode()
        head = content[:HEAD_BYTES].decode("utf-8", errors="ignore" if len(content) > HEAD_BYTES else "strict")
    except UnicodeError as cause:
        raise _no_text(name) from cause
    if "\0" in head:
        raise _no_text(name)
    return content.removeprefix(b"\xef\xbb\xbf")


def find_header(content: bytes, name: str, mapping: FileMapping) -> Header:
    """The first line in which at least two columns are known; else the first line that is not blank.

    Raises:
        Invalid: the content has no line that could be a header.
    """
    first: Header | None = None
    start = 0
    for number in range(SEARCHED_LINES):
        end = LINE_END.search(content, start, start + HEAD_BYTES)
        stop, body = end.span() if end else (min(len(content), start + HEAD_BYTES), len(content))
        header = _header_of(content[start:stop].decode("utf-8", errors="replace"), number, body)
        if header is not None:
            first = first or header
            if _known_columns(header, name, mapping) >= 2:
                return header
        start = body
    if first is None:
        raise Invalid(f"{name} holds no table, nothing of it was taken.", hint="Send a CSV file with a header line.")
    return first


def _header_of(line: str, number: int, body: int) -> Header | None:
    """A line as a header; None where it is blank or no list of names."""
    delimiter = max(",;\t|", key=line.count)
    try:
        names = [cell.strip() for cell in next(csv.reader([line], delimiter=delimiter), [])]
    except csv.Error:
        return None
    return Header(number, names, delimiter, body) if any(names) else None


def _known_columns(header: Header, name: str, mapping: FileMapping) -> int:
    try:
        return len(recognise(header.names, mapping, name))
    except Invalid:
        return len(header.names)


def _no_text(name: str) -> Invalid:
    return Invalid(
        f"{name} is neither Parquet, XML nor text in UTF-8, nothing of it was taken.",
        hint="Save it as CSV in UTF-8, or send the original file.",
    )


def _rows(
    content: bytes, header: Header, name: str, limits: Limits, columns: list[int], reads_per_row: int
) -> tuple[pd.DataFrame, Sieve]:
    """The wanted columns as text, by position, and the sieve over their lines. Rows of another length are rejected."""
    width = len(header.names)
    if width > MAX_COLUMNS:
        raise Invalid(f"{name} has {width} columns; at most {MAX_COLUMNS} are read.", hint="Send fewer columns.")
    # A header of numbers, one more than the file's: rows that are longer show in the last column.
    ruler = header.delimiter.join(str(position) for position in range(width + 1)) + "\n"
    try:
        frame = pd.read_csv(
            io.BytesIO(ruler.encode() + content[header.body :]),
            sep=header.delimiter,
            header=0,
            usecols=[*columns, width],
            index_col=False,
            dtype=str,
            na_filter=False,
            skip_blank_lines=False,
            nrows=limits.max_rows // reads_per_row + 1,
            encoding="utf-8",
        )
    except (ValueError, pd.errors.ParserError, UnicodeError, OverflowError) as cause:
        raise Invalid(
            f"{name} cannot be read as a table, nothing of it was taken: {_first_line(cause)}.",
            hint="Check the named line for a missing quotation mark or stray delimiters.",
        ) from cause
    if len(frame) * reads_per_row > limits.max_rows:
        raise too_many_rows(name, limits)
    frame.columns = pd.Index([int(column) for column in frame.columns])
    frame = frame.fillna("")
    line = np.arange(len(frame), dtype=np.int64) + header.line + 2
    blank = (frame == "").all(axis=1).to_numpy(np.bool_)
    frame, line = frame[~blank], line[~blank]
    sieve = Sieve(line)
    sieve.refuse((frame[width] != "").to_numpy(np.bool_), "", frame[width], "the row has more fields than the header")
    return frame, sieve


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0].removeprefix("Error tokenizing data. C error: ").rstrip(".")[:200] if lines else "no table"


def _long_table(
    frame: pd.DataFrame, found: dict[str, int], sieve: Sieve, name: str, mapping: FileMapping, header: Header
) -> LongTable:
    numbers: dict[str, NDArray[np.float64]] = {}
    unreadable: dict[str, NDArray[np.bool_]] = {}
    shown: dict[str, object] = {}
    for column in NUMBERS:
        if column in found:
            shown[column] = frame[found[column]]
            numbers[column], unreadable[column] = to_numbers(frame[found[column]], header.delimiter == ";")
    return LongTable(
        name=name,
        format="csv",
        row=sieve.row,
        times=_times(frame, found, name, mapping),
        numbers=numbers,
        unreadable=unreadable,
        texts={column: frame[found[column]] for column in TEXTS if column in found},
        shown=shown,
        of_feeders=is_of_feeders(found, mapping),
    )


def _times(frame: pd.DataFrame, found: dict[str, int], name: str, mapping: FileMapping) -> dict[str, RowStamps]:
    """Stamps by column. A date column beside a time of day is put before it."""
    columns = {column: frame[found[column]] for column in TIMES if column in found}
    if "date" in found:
        columns = {c: frame[found["date"]] + " " + t if c != "arrived_at" else t for c, t in columns.items()}
    factorised = {column: pd.factorize(texts) for column, texts in columns.items()}
    distinct = {column: [str(text) for text in values] for column, (_, values) in factorised.items()}
    order = stamps.date_order([text for texts in distinct.values() for text in texts], mapping.date_order, name)
    answer = {}
    for column, (codes, _) in factorised.items():
        walls = stamps.read_walls(distinct[column], order)
        answer[column] = RowStamps(walls.us[codes], walls.has_offset[codes], walls.ok[codes], columns[column])
    return answer
