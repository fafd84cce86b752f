"""Archives: rows as Parquet, the same bytes for the same rows, with a hash of the rows beside the hash of the bytes.

The bytes depend on the version of the library that wrote them; the hash of the rows does not. So a later version can
tell "the same rows, written by another version" from "other rows".
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

KIND = "retention.archive"
MEDIA_TYPE = "application/vnd.apache.parquet"
# Part of the rows' hash and of no setting.
GROUP_ROWS = 65_536
COMPRESSION = "zstd"
WRITER = f"pyarrow {pa.__version__}"
TYPES = {
    "text": pa.string(),
    "instant": pa.timestamp("us", tz="UTC"),
    "float64": pa.float64(),
    "int16": pa.int16(),
    "int32": pa.int32(),
    "int64": pa.int64(),
    "bool": pa.bool_(),
}


@dataclass(frozen=True)
class Written:
    """What an archive holds: how many rows, and their hash, which no version of a library changes."""

    rows: int
    rows_hash: str


def write(columns: Sequence[tuple[str, str]], groups: Iterable[Sequence[Sequence[Any]]], out: BinaryIO) -> Written:
    """Write rows, one row group for each group of at most GROUP_ROWS."""
    schema = pa.schema([pa.field(name, TYPES[kind]) for name, kind in columns])
    return _write(schema, (_batch(schema, group) for group in groups), out)


def rewrite(source: BinaryIO, out: BinaryIO) -> Written:
    """Write the rows of an archive anew with today's library."""
    file = pq.ParquetFile(source)
    return _write(file.schema_arrow, _batches(file), out)


def look(source: BinaryIO) -> Written:
    """Read a whole archive, every value of it."""
    hashing = _Hashing()
    for batch in _batches(pq.ParquetFile(source)):
        hashing.add(batch)
    return hashing.written()


def _write(schema: Any, batches: Iterable[Any], out: BinaryIO) -> Written:
    hashing = _Hashing()
    with pq.ParquetWriter(out, schema, version="2.6", compression=COMPRESSION, compression_level=3) as writer:
        for batch in batches:
            hashing.add(batch)
            writer.write_batch(batch, row_group_size=GROUP_ROWS)
    return hashing.written()


def _batch(schema: Any, rows: Sequence[Sequence[Any]]) -> Any:
    columns = zip(*rows, strict=True)
    arrays = [pa.array(values, field.type) for values, field in zip(columns, schema, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _batches(file: Any) -> Iterator[Any]:
    """The row groups as they were written."""
    for number in range(file.num_row_groups):
        yield from file.read_row_group(number).combine_chunks().to_batches()


class _Hashing:
    """SHA-256 over names, types and values, group by group and column by column."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256()
        self._rows = 0

    def add(self, batch: Any) -> None:
        """Add one group of rows to the file."""
        self._rows += batch.num_rows
        self._digest.update(f"group {batch.num_rows}\n".encode())
        for field, column in zip(batch.schema, batch.columns, strict=True):
            self._digest.update(f"{field.name} {field.type}\n".encode())
            self._digest.update(column.is_null().to_numpy(zero_copy_only=False).tobytes())
            self._digest.update(_values(column))

    def written(self) -> Written:
        """What came together."""
        return Written(self._rows, self._digest.hexdigest())


def _values(column: Any) -> bytes:
    """The values as bytes; where there is none, an empty text or a zero, which the mask of nulls tells apart."""
    if pa.types.is_string(column.type):
        return "\0".join(column.fill_null("").to_pylist()).encode()  # PostgreSQL's texts hold no NUL
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.int64())
    if pa.types.is_boolean(column.type):
        column = column.cast(pa.int8())
    data: bytes = column.fill_null(0).to_numpy(zero_copy_only=False).tobytes()
    return data
