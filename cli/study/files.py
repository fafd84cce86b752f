"""Files of an analyst as columns: CSV (also gzipped) or Parquet in, numpy out, or one sentence on what is wrong.

What belongs here: finding columns, numbers and stamps, and naming file, row and column of what is not as expected. A
row of a CSV is its line number (the header is line 1), a row of a Parquet file counts from 1. What the columns mean
together (duplicates, interval lengths, which event may be without a lesson) is the rooms' own.
"""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pa_compute
import pyarrow.csv as pa_csv
import pyarrow.parquet as pa_parquet
from numpy.typing import NDArray

from domain.kernel.errors import Invalid

PARQUET_MAGIC = b"PAR1"
EXAMPLE = "meter_id,read_at,kwh"


@dataclass(frozen=True)
class Codes:
    """A column of text: distinct values and, per row, an index into them; -1 where the cell is empty."""

    values: tuple[str, ...]
    code: NDArray[np.int32]


@dataclass(frozen=True)
class Clock:
    """A column of times that a file keeps as such: microseconds, in UTC or of a wall clock; where a cell is told."""

    micros: NDArray[np.int64]
    is_utc: bool
    is_told: NDArray[np.bool_]


@dataclass(frozen=True)
class FileColumns:
    """One file's columns by their wanted names; a column that it does not have is not there.

    Attributes:
        first_row: what the first data row is called in messages.
    """

    path: Path
    first_row: int
    texts: dict[str, Codes]
    numbers: dict[str, NDArray[np.float64]]
    stamps: dict[str, Codes | Clock]

    def __len__(self) -> int:
        """The number of rows."""
        return len(next(iter(self.texts.values())).code)

    def refuse(self, row: int, column: str, problem: str, hint: str = "") -> Invalid:
        """The error that names a cell."""
        return Invalid(f"{self.path.name}, row {row + self.first_row}, column {column}: {problem}", hint=hint)


@dataclass(frozen=True)
class Wanted:
    """Which columns a file must and may have; each is found under its name or an alias, whatever the case.

    Attributes:
        stamp: the column of times that it must have, None for none.
        may_have_gaps: columns that it must have and of which cells may be empty, as those of optional columns may.
        may_have_no_rows: whether a header by itself is a whole file.
    """

    texts: tuple[str, ...]
    numbers: tuple[str, ...]
    optional_texts: tuple[str, ...] = ()
    optional_numbers: tuple[str, ...] = ()
    aliases: tuple[tuple[str, str], ...] = ()
    stamp: str | None = "read_at"
    optional_stamps: tuple[str, ...] = ()
    may_have_gaps: tuple[str, ...] = ()
    may_have_no_rows: bool = False
    example: str = EXAMPLE

    def find(self, path: Path, there: Sequence[str]) -> dict[str, str]:
        """The file's own name of each column that is wanted and there.

        Raises:
            Invalid: a required column is missing, or stands twice.
        """
        by_name: dict[str, str] = {}
        for own in there:
            name = own.strip().strip("\ufeff").lower()
            name = dict(self.aliases).get(name, name)
            if name in by_name and name in self.all_names:
                raise Invalid(f"{path.name} has column {name} twice.", hint="Keep one of them.")
            by_name[name] = own
        required = self.required
        missing = [name for name in required if name not in by_name]
        if missing:
            raise Invalid(
                f"{path.name} has no column {', '.join(missing)}; its columns are {', '.join(there) or 'none'}.",
                hint=f"Expected {', '.join(required)}.",
            )
        return {name: by_name[name] for name in self.all_names if name in by_name}

    @property
    def required(self) -> tuple[str, ...]:
        """Names of the columns that must be there."""
        return (*self.texts, *(() if self.stamp is None else (self.stamp,)), *self.numbers)

    @property
    def all_names(self) -> tuple[str, ...]:
        """Required and optional names."""
        return (*self.required, *self.optional_texts, *self.optional_numbers, *self.optional_stamps)

    @property
    def all_texts(self) -> tuple[str, ...]:
        """Names of the columns of text."""
        return (*self.texts, *self.optional_texts)

    @property
    def all_numbers(self) -> tuple[str, ...]:
        """Names of the columns of numbers."""
        return (*self.numbers, *self.optional_numbers)

    @property
    def all_stamps(self) -> tuple[str, ...]:
        """Names of the columns of times."""
        return (*(() if self.stamp is None else (self.stamp,)), *self.optional_stamps)

    def needs_all_of(self, name: str) -> bool:
        """Whether no cell of a column may be empty."""
        return name in self.required and name not in self.may_have_gaps


def read_columns(path: Path, wanted: Wanted) -> FileColumns:
    """Read a file by what it is, not by what it is called.

    Raises:
        Invalid: not readable, empty, half a file, a column missing, a cell that is not a number.
    """
    try:
        with path.open("rb") as handle:
            head = handle.read(4)
    except OSError as cause:
        raise Invalid(f"{path} cannot be read: {cause.strerror}.") from cause
    if not head:
        raise Invalid(f"{path.name} is empty.", hint=f"Expected a header line such as {wanted.example} and rows.")
    is_parquet = head == PARQUET_MAGIC or path.suffix.lower() in {".parquet", ".pq"}
    found = _parquet(path, wanted) if is_parquet else _csv(path, wanted)
    if not len(found) and not wanted.may_have_no_rows:
        raise Invalid(f"{path.name} has a header and no rows.", hint="Expected at least one row.")
    _refuse_gaps(found, wanted)
    return found


def _refuse_gaps(found: FileColumns, wanted: Wanted) -> None:
    for name, column in found.texts.items():
        empty = np.flatnonzero(column.code < 0)
        if len(empty) and wanted.needs_all_of(name):
            raise found.refuse(int(empty[0]), name, "is empty, expected an id.")
    for name, values in found.numbers.items():
        bad = np.flatnonzero(~np.isfinite(values) if wanted.needs_all_of(name) else np.isinf(values))
        if len(bad):
            raise found.refuse(
                int(bad[0]),
                name,
                "is empty or not a number, expected a number such as 0.25.",
                "Leave missing reads out.",
            )
    for name, stamps in found.stamps.items():
        empty = np.flatnonzero(stamps.code < 0 if isinstance(stamps, Codes) else ~stamps.is_told)
        if len(empty) and wanted.needs_all_of(name):
            raise found.refuse(int(empty[0]), name, "is empty, expected a time such as 2026-11-21T08:15:00Z.")


def _parquet(path: Path, wanted: Wanted) -> FileColumns:
    try:
        own = wanted.find(path, pa_parquet.read_schema(path).names)
        table = pa_parquet.read_table(path, columns=list(own.values()))
    except (pa.ArrowException, OSError) as cause:
        raise Invalid(
            f"{path.name} is not a whole Parquet file; perhaps it was cut off while being copied.",
            hint="Copy or export it again.",
        ) from cause
    columns = {name: table[own_name] for name, own_name in own.items()}
    return FileColumns(
        path=path,
        first_row=1,
        texts={name: _codes(_as_text(path, name, columns[name])) for name in wanted.all_texts if name in own},
        numbers={name: _parquet_numbers(path, name, columns[name]) for name in wanted.all_numbers if name in own},
        stamps={name: _parquet_stamps(path, name, columns[name]) for name in wanted.all_stamps if name in own},
    )


def _as_text(path: Path, name: str, column: pa.ChunkedArray) -> pa.ChunkedArray:
    try:
        return column.cast(pa.string())
    except pa.ArrowException as cause:
        raise Invalid(f"{path.name}, column {name} holds {column.type}, expected text.") from cause


def _parquet_numbers(path: Path, name: str, column: pa.ChunkedArray) -> NDArray[np.float64]:
    # A column of empty cells alone has no type of its own.
    kinds = (pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal, pa.types.is_null)
    if not any(is_kind(column.type) for is_kind in kinds):
        raise Invalid(f"{path.name}, column {name} holds {column.type}, expected numbers.")
    return _floats(column.cast(pa.float64()))


def _parquet_stamps(path: Path, name: str, column: pa.ChunkedArray) -> Codes | Clock:
    texts = (pa.types.is_string, pa.types.is_large_string, pa.types.is_dictionary, pa.types.is_null)
    if any(is_text(column.type) for is_text in texts):
        return _codes(_as_text(path, name, column))
    if pa.types.is_date(column.type):
        column = column.cast(pa.timestamp("us"), safe=False)
    if not pa.types.is_timestamp(column.type):
        raise Invalid(f"{path.name}, column {name} holds {column.type}, expected timestamps or text in ISO 8601.")
    is_told = _array(column.is_valid().cast(pa.int8()), 0).astype(bool)
    micros = column.cast(pa.timestamp("us", column.type.tz), safe=False).cast(pa.int64())
    return Clock(_array(micros, 0).astype(np.int64), column.type.tz is not None, is_told)


def _csv(path: Path, wanted: Wanted) -> FileColumns:
    names, delimiter = _header(path, wanted.example)
    own = wanted.find(path, names)
    position = {name: f"c{names.index(own_name)}" for name, own_name in own.items()}
    numbers = [name for name in wanted.all_numbers if name in own]
    coded = pa.dictionary(pa.int32(), pa.string())
    types = {column: pa.float64() if name in numbers else coded for name, column in position.items()}
    try:
        table = _read_csv(path, len(names), delimiter, types)
    except pa.ArrowInvalid as cause:
        _name_the_bad_number(path, len(names), delimiter, {name: position[name] for name in numbers})
        raise Invalid(
            f"{path.name} cannot be read as CSV: {str(cause).splitlines()[0]}.",
            hint=f"Expected {wanted.example} in UTF-8.",
        ) from cause
    return FileColumns(
        path=path,
        first_row=2,
        texts={name: _codes(table[position[name]]) for name in wanted.all_texts if name in own},
        numbers={name: _floats(table[position[name]]) for name in numbers},
        stamps={name: _codes(table[position[name]]) for name in wanted.all_stamps if name in own},
    )


def _header(path: Path, example: str) -> tuple[list[str], str]:
    try:
        with pa.input_stream(str(path), compression="detect") as stream:
            first = stream.read(65_536).decode("utf-8-sig", errors="replace")
    except (OSError, pa.ArrowException) as cause:
        raise Invalid(
            f"{path.name} cannot be unpacked: {cause}.", hint="Expected CSV, gzipped CSV or Parquet."
        ) from cause
    line = first.splitlines()[0] if first.strip() else ""
    if "\x00" in line or "\ufffd" in line:
        raise Invalid(f"{path.name} is neither CSV in UTF-8 nor Parquet.", hint=f"Expected a header such as {example}.")
    delimiter = max(",;\t", key=line.count)
    names = next(csv.reader(io.StringIO(line), delimiter=delimiter), [])
    if not line.strip():
        raise Invalid(f"{path.name} has an empty first line.", hint=f"Expected a header such as {example}.")
    return [name.strip() for name in names], delimiter


def _read_csv(path: Path, width: int, delimiter: str, types: dict[str, pa.DataType]) -> pa.Table:
    ragged: list[pa_csv.InvalidRow] = []

    def note(row: pa_csv.InvalidRow) -> str:
        ragged.append(row)
        return "error"

    try:
        return pa_csv.read_csv(
            pa.input_stream(str(path), compression="detect"),
            pa_csv.ReadOptions(column_names=[f"c{number}" for number in range(width)], skip_rows=1, use_threads=False),
            pa_csv.ParseOptions(delimiter=delimiter, invalid_row_handler=note),
            pa_csv.ConvertOptions(column_types=types, include_columns=list(types), strings_can_be_null=True),
        )
    except pa.ArrowInvalid:
        if not ragged:
            raise
        row = ragged[0]
        where = f", row {row.number}" if row.number else ""
        raise Invalid(
            f"{path.name}{where} has {row.actual_columns} cells, expected {row.expected_columns}: {row.text[:80]!r}."
        ) from None


def _name_the_bad_number(path: Path, width: int, delimiter: str, numbers: dict[str, str]) -> None:
    """Find the first cell of a column of numbers that is none. Slow, and only walked when something is wrong."""
    table = _read_csv(path, width, delimiter, dict.fromkeys(numbers.values(), pa.string()))
    columns = {name: table[column].to_pylist() for name, column in numbers.items()}
    for row in range(table.num_rows):
        for name, cells in columns.items():
            try:
                float(cells[row] or 0)
            except ValueError:
                raise Invalid(
                    f"{path.name}, row {row + 2}, column {name}: {cells[row]!r} is not a number,"
                    " expected one such as 0.25."
                ) from None


def _codes(column: pa.ChunkedArray) -> Codes:
    encoded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    chunk = _one_chunk(encoded.unify_dictionaries())
    code = _array(chunk.indices, -1).astype(np.int64)
    # Trimming may make values equal, and one of them empty: they are numbered once more, in order.
    trimmed = pa_compute.utf8_trim_whitespace(chunk.dictionary.cast(pa.string())).dictionary_encode()
    order = pa_compute.sort_indices(trimmed.dictionary).to_numpy()
    distinct = trimmed.dictionary.take(pa.array(order)).to_pylist()
    gap = int(distinct[:1] == [""])
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order)) - gap
    number = np.append(rank[_array(trimmed.indices, -1).astype(np.int64)], -1)
    return Codes(tuple(distinct[gap:]), number[code].astype(np.int32))


def _one_chunk(column: pa.ChunkedArray) -> pa.Array:
    joined = column.combine_chunks()
    if not isinstance(joined, pa.ChunkedArray):
        return joined
    return joined.chunk(0) if joined.num_chunks else pa.array([], column.type)


def _array(column: pa.Array | pa.ChunkedArray, gap: float) -> NDArray[Any]:
    """Numbers of a column as numpy, `gap` where empty. From the buffers: Arrow's own way imports pandas, a second."""
    values = _one_chunk(column) if isinstance(column, pa.ChunkedArray) else column
    validity, data = values.buffers()
    numbers = np.frombuffer(data or b"", dtype=values.type.to_pandas_dtype())
    numbers = numbers[values.offset : values.offset + len(values)]
    if not values.null_count:
        return numbers
    known = np.unpackbits(np.frombuffer(validity, dtype=np.uint8), bitorder="little").astype(bool)
    return np.where(known[values.offset : values.offset + len(values)], numbers, gap)


def _floats(column: pa.ChunkedArray) -> NDArray[np.float64]:
    return _array(column, np.nan).astype(np.float64)
