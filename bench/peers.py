"""What else could take the reads in: an ORM's insert into PostgreSQL, and DuckDB in process. Same columns, same reads.

Built before the clock starts: rows as dictionaries, Arrow tables. DuckDB writes to a file, with its own settings.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
from sqlalchemy import Column, DateTime, Double, Integer, MetaData, SmallInteger, Table, Text, create_engine
from sqlalchemy.dialects.postgresql import insert

from bench.population import TENANT
from domain.grid.metering.rules.reads import Reads
from domain.kernel.db import sqlalchemy_url

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_COLUMNS = (
    "tenant_id VARCHAR NOT NULL, meter_id VARCHAR NOT NULL, feeder_id VARCHAR NOT NULL, read_at TIMESTAMPTZ NOT NULL,"
    " kwh DOUBLE NOT NULL, voltage DOUBLE, quality_flags INTEGER NOT NULL, interval_minutes SMALLINT NOT NULL,"
    " source VARCHAR NOT NULL, arrived_at TIMESTAMPTZ NOT NULL"
)
PEER_TABLE = Table(
    "bench_orm_reads",
    MetaData(),
    Column("tenant_id", Text, primary_key=True),
    Column("meter_id", Text, primary_key=True),
    Column("feeder_id", Text, nullable=False),
    Column("read_at", DateTime(timezone=True), primary_key=True),
    Column("kwh", Double, nullable=False),
    Column("voltage", Double),
    Column("quality_flags", Integer, nullable=False),
    Column("interval_minutes", SmallInteger, nullable=False),
    Column("source", Text, nullable=False),
    Column("arrived_at", DateTime(timezone=True), nullable=False),
)


def as_dictionaries(parts: Iterator[Reads], most: int) -> list[dict[str, Any]]:
    """The first reads as rows of Python values."""
    rows: list[dict[str, Any]] = []
    for part in parts:
        for i in range(min(len(part), most - len(rows))):
            meter, voltage = int(part.meter[i]), float(part.voltage[i])
            rows.append(
                {
                    "tenant_id": TENANT,
                    "meter_id": part.meters[meter],
                    "feeder_id": part.feeders[meter],
                    "read_at": _EPOCH + timedelta(microseconds=int(part.read_at[i])),
                    "kwh": float(part.kwh[i]),
                    "voltage": None if voltage != voltage else voltage,
                    "quality_flags": int(part.flags[i]),
                    "interval_minutes": part.interval_minutes,
                    "source": part.source,
                    "arrived_at": _EPOCH + timedelta(microseconds=int(part.arrived_at[i])),
                }
            )
        if len(rows) >= most:
            break
    return rows


def arrow_table(parts: Iterator[Reads]) -> pa.Table:
    """Reads as an Arrow table with the columns of meter_reads_electric."""
    return pa.concat_tables([_arrow(part) for part in parts])


def _arrow(part: Reads) -> pa.Table:
    def of_meter(names: object) -> pa.Array:
        return pa.DictionaryArray.from_arrays(pa.array(part.meter), pa.array(names)).cast(pa.string())

    instant = pa.timestamp("us", tz="UTC")
    size = len(part)
    return pa.table(
        {
            "tenant_id": pa.array([TENANT]).take(pa.array(np.zeros(size, dtype=np.int32))),
            "meter_id": of_meter(part.meters),
            "feeder_id": of_meter(part.feeders),
            "read_at": pa.array(part.read_at, type=instant),
            "kwh": pa.array(part.kwh),
            "voltage": pa.array(part.voltage, from_pandas=True),
            "quality_flags": pa.array(part.flags),
            "interval_minutes": pa.array(np.full(size, part.interval_minutes, dtype=np.int16)),
            "source": pa.array([part.source]).take(pa.array(np.zeros(size, dtype=np.int32))),
            "arrived_at": pa.array(part.arrived_at, type=instant),
        }
    )


class OrmInsert:
    """`insert().on_conflict_do_nothing()` as the manual writes it, into an empty table with the same primary key."""

    def __init__(self, superuser_url: str) -> None:
        self.engine = create_engine(sqlalchemy_url(superuser_url))

    def prepare(self, _: int) -> None:
        """An empty table."""
        PEER_TABLE.drop(self.engine, checkfirst=True)
        PEER_TABLE.create(self.engine)

    def run(self, rows: list[dict[str, Any]]) -> int:
        """Insert the rows in one transaction."""
        with self.engine.begin() as connection:
            connection.execute(insert(PEER_TABLE).on_conflict_do_nothing(), rows)
        return len(rows)


@contextmanager
def duck(folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB file with two empty tables of reads: `keyed` with the primary key, `plain` without."""
    with duckdb.connect(str(folder / "peer.duckdb")) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(f"CREATE TABLE keyed ({_COLUMNS}, PRIMARY KEY (tenant_id, meter_id, read_at))")
        connection.execute(f"CREATE TABLE plain ({_COLUMNS})")
        yield connection


def duck_insert(connection: duckdb.DuckDBPyConnection, table: str, rows: pa.Table) -> int:
    """Insert an Arrow table in one transaction."""
    connection.register("arrived", rows)
    connection.execute(f"INSERT INTO {table} SELECT * FROM arrived")
    connection.unregister("arrived")
    return int(rows.num_rows)
