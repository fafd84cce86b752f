"""Parquet files of reads: one read per row, the same columns as the CSV form.

A file that is cut, lacks a column or has it in another type is refused as a whole, with the column's name. What its
few bytes would unpack to is reckoned before it is unpacked: texts stay a dictionary until their length is known.
"""

import io
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from domain.grid.metering.formats import stamps
from domain.grid.metering.formats.columns import HOW_TO_MAP, is_of_feeders, recognise, require_long_form
from domain.grid.metering.formats.long_form import LongTable, RowStamps, to_reads
from domain.grid.metering.formats.parsed import FileMapping, Limits, ParsedReads
from domain.grid.metering.formats.sieve import CALLED
from domain.grid.metering.formats.source import too_many_rows
from domain.kernel.errors import Invalid, TooLarge

TIMES = ("start", "end", "arrived_at")
TEXTS = ("meter_id", "feeder_id", "quality", "market_quality", "estimated", "direction")
NUMBERS = ("kwh", "wh", "mwh", "kwh_delivered", "kwh_received", "register_kwh", "voltage", "interval_minutes")
MAX_UNPACKED = 4 << 30
# Of one column of texts: a hundred bytes for each of the most rows that a file may have.
MAX_TEXTS = 1 << 30
BROKEN = (pa.ArrowException, OSError, ValueError, TypeError, MemoryError, OverflowError, KeyError)


def parse(content: bytes, name: str, mapping: FileMapping, zone: ZoneInfo, limits: Limits) -> ParsedReads:
    """The reads of a Parquet file.

    Raises:
        Invalid: the file is cut or damaged, or a column is missing or of another type.
        TooLarge: more rows than the limit, or more than 4 GB unpacked.
    """
    file = _open(content, name, limits)
    headers = [str(header) for header in file.schema_arrow.names]
    found = recognise(headers, mapping, name)
    require_long_form(found, headers, mapping, name)
    kinds = {ours: file.schema_arrow.field(position).type for ours, position in found.items()}
    for ours, kind in kinds.items():
        _refuse_nested(kind, ours, name)
    texts = [headers[found[ours]] for ours, kind in kinds.items() if _is_text(kind)]
    table = _read(content, name, [headers[position] for position in found.values()], texts)
    columns = {ours: table.column(headers[position]) for ours, position in found.items()}
    long = _long_table(columns, len(table), name, mapping)
    return to_reads(replace(long, of_feeders=is_of_feeders(found, mapping)), mapping, zone)


def _open(content: bytes, name: str, limits: Limits) -> pq.ParquetFile:
    try:
        file = pq.ParquetFile(io.BytesIO(content))
        metadata = file.metadata
        rows = metadata.num_rows
        unpacked = sum(metadata.row_group(index).total_byte_size for index in range(metadata.num_row_groups))
    except BROKEN as cause:
        raise _damaged(name, cause) from cause
    if rows > limits.max_rows:
        raise too_many_rows(name, limits)
    if unpacked > MAX_UNPACKED:
        raise TooLarge(f"{name} unpacks to {unpacked / 1e9:.0f} GB, nothing of it was taken.", hint="Split the file.")
    return file


def _is_text(kind: Any) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _refuse_nested(kind: Any, column: str, name: str) -> None:
    """Lists, maps and bytes of any length say nothing of their size before they are unpacked."""
    if pa.types.is_nested(_plain(kind)) or pa.types.is_fixed_size_binary(_plain(kind)):
        raise _wrong_type(name, column, kind, "a number, a timestamp or text")


def _read(content: bytes, name: str, columns: list[str], texts: list[str]) -> pa.Table:
    """The columns, one after the other: what a page unpacks to is not known before, and many at once are many times it.

    Raises:
        Invalid: the file is damaged.
        TooLarge: a column's texts would take more memory than any file of reads needs.
    """
    try:
        file = pq.ParquetFile(io.BytesIO(content), read_dictionary=texts)
        table = file.read(columns=columns, use_threads=False)
        for column in texts:
            if sum(_text_bytes(chunk) for chunk in table.column(column).chunks) > MAX_TEXTS:
                raise TooLarge(f"{name}: column {column} unpacks to more than 1 GB of text.", hint="Split the file.")
        table.validate(full=True)
    except BROKEN as cause:
        raise _damaged(name, cause) from cause
    return table


def _text_bytes(chunk: Any) -> int:
    """What a dictionary's texts take when each row has its own."""
    if not pa.types.is_dictionary(chunk.type):
        return int(chunk.nbytes)
    lengths = pc.take(pc.binary_length(chunk.dictionary), chunk.indices)
    return int(pc.sum(lengths.cast(pa.int64())).as_py() or 0)


def _damaged(name: str, cause: BaseException) -> Invalid:
    said = (str(cause).strip().splitlines() or [type(cause).__name__])[0][:200].rstrip(".")
    return Invalid(
        f"{name} is not a whole Parquet file, nothing of it was taken: {said}.", hint="Write or send the file again."
    )


def _long_table(columns: dict[str, Any], rows: int, name: str, mapping: FileMapping) -> LongTable:
    times = {column: _stamps(columns[column], column, name, mapping) for column in TIMES if column in columns}
    numbers = {column: _numbers(columns[column], column, name) for column in NUMBERS if column in columns}
    return LongTable(
        name=name,
        format="parquet",
        row=np.arange(1, rows + 1, dtype=np.int64),
        times=times,
        numbers={column: np.where(np.isfinite(values), values, np.nan) for column, values in numbers.items()},
        unreadable={column: np.isinf(values) for column, values in numbers.items()},
        texts={column: _texts(columns[column], column, name) for column in TEXTS if column in columns},
        shown=dict(numbers),
    )


def _plain(kind: Any) -> Any:
    """What a column holds; texts are read as a dictionary, which the file need not say."""
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def _wrong_type(name: str, column: str, found: Any, expected: str) -> Invalid:
    said = f"{name}: column {CALLED.get(column, column)} is {_plain(found)}"
    return Invalid(
        f"{said}, nothing of it was taken; expected {expected}.",
        hint=f"Write the column in that type, or map another: {HOW_TO_MAP}.",
    )


def _numbers(values: Any, column: str, name: str) -> NDArray[np.float64]:
    kind = values.type
    if not (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)):
        raise _wrong_type(name, column, kind, "a number")
    try:
        plain = pc.fill_null(values.cast(pa.float64(), safe=False), float("nan"))
        return np.asarray(plain.to_numpy(), dtype=np.float64).copy()
    except BROKEN as cause:
        raise _damaged(name, cause) from cause


def _texts(values: Any, column: str, name: str) -> "pd.Series[str]":
    kind = _plain(values.type)
    if not (_is_text(kind) or pa.types.is_integer(kind)):
        raise _wrong_type(name, column, values.type, "text")
    try:
        plain = pc.fill_null(values.cast(kind).cast(pa.string()), "")
        return pd.Series(plain.to_numpy(zero_copy_only=False), dtype=str)
    except BROKEN as cause:
        raise _damaged(name, cause) from cause


def _stamps(values: Any, column: str, name: str, mapping: FileMapping) -> RowStamps:
    """A timestamp column (with zone: UTC; without: local time), or text in the forms that CSV files have."""
    if pa.types.is_timestamp(values.type):
        return _instants(values, name)
    if not _is_text(_plain(values.type)):
        raise _wrong_type(name, column, values.type, "a timestamp, or text such as 2026-03-08T01:15:00-05:00")
    texts = _texts(values, column, name)
    codes, distinct = pd.factorize(texts)
    plain = [str(text) for text in distinct]
    walls = stamps.read_walls(plain, stamps.date_order(plain, mapping.date_order, name))
    return RowStamps(walls.us[codes], walls.has_offset[codes], walls.ok[codes], texts)


def _instants(values: Any, name: str) -> RowStamps:
    try:
        ok = np.asarray(pc.is_valid(values).to_numpy(), dtype=np.bool_)
        micro = values.cast(pa.timestamp("us", tz=values.type.tz), safe=False).cast(pa.int64())
        us = np.asarray(pc.fill_null(micro, 0).to_numpy(), dtype=np.int64).copy()
    except BROKEN as cause:
        raise _damaged(name, cause) from cause
    ok &= (us >= stamps.EARLIEST_US) & (us < stamps.LATEST_US)
    us[~ok] = stamps.EARLIEST_US
    has_offset = np.full(len(us), values.type.tz is not None)
    return RowStamps(us, has_offset, ok, us)
