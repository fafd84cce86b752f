"""Queries of estimation: which meters lack reads of a day, what is known around their gaps, and of their feeders.

A stand-in is an estimate or the zero of an outage (flag bits 1026 without the actual bit 1), not a read that came.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import psycopg
from numpy.typing import NDArray
from sqlalchemy import Connection, text

from domain.grid.metering.rules.flags import STAND_IN, Flag
from domain.grid.metering.rules.reads import DWH_PER_KWH

_ROW = ">i2,>i4,>i4,>i4,>i8,>i4,>f8,>i4,>i2,>i4,>i2"  # field count, then (length, value) five times
_HEADER, _TRAILER = 19, 2  # bytes of COPY BINARY's signature and of its end
_STAND_IN = f"(quality_flags & {int(STAND_IN)} > 0 AND quality_flags & {int(Flag.ACTUAL)} = 0)"


@dataclass(frozen=True)
class RowsOf:
    """Stored rows of some meters, by meter and instant. `meter`: position in the list that was asked for."""

    meter: NDArray[np.int32]
    read_at: NDArray[np.int64]
    kwh: NDArray[np.float64]
    minutes: NDArray[np.int64]
    stands_in: NDArray[np.bool_]

    def take(self, rows: NDArray[Any]) -> "RowsOf":
        """Some of the rows."""
        return RowsOf(self.meter[rows], self.read_at[rows], self.kwh[rows], self.minutes[rows], self.stands_in[rows])


@dataclass(frozen=True)
class MeterDay:
    """What stands of a meter's day: rows that came, stand-ins, and the energy of both."""

    came: int
    stand_ins: int
    kwh: float


def meter_days(connection: Connection, first: date, last: date) -> dict[str, dict[date, MeterDay]]:
    """The days that have rows, by meter, from `first` to `last`, both included."""
    found: dict[str, dict[date, MeterDay]] = {}
    for row in connection.execute(
        text(
            "SELECT meter_id, local_date, reads - reads_estimated AS came, reads_estimated, kwh_dwh FROM gl_meter_day"
            " WHERE tenant_id = current_setting('app.tenant') AND local_date BETWEEN :first AND :last AND reads > 0"
            ' ORDER BY meter_id COLLATE "C", local_date'
        ),
        {"first": first, "last": last},
    ):
        day = MeterDay(row.came, row.reads_estimated, row.kwh_dwh / DWH_PER_KWH)
        found.setdefault(row.meter_id, {})[row.local_date] = day
    return found


def rows_between(
    connection: Connection, tenant_id: str, meter_ids: Sequence[str], after_us: int, until_us: int
) -> RowsOf:
    """All rows of the meters with an end in (after, until], reads and stand-ins."""
    statement = (
        "COPY (SELECT (m.row - 1)::int4, (EXTRACT(EPOCH FROM r.read_at) * 1000000)::int8, r.kwh, r.interval_minutes,"
        f" {_STAND_IN}::int::int2 FROM meter_reads_electric AS r"
        " JOIN unnest(%(meters)s::text[]) WITH ORDINALITY AS m (meter_id, row) USING (meter_id)"
        " WHERE r.tenant_id = %(tenant)s AND r.read_at > to_timestamp(%(after)s)"
        " AND r.read_at <= to_timestamp(%(until)s) ORDER BY m.row, r.read_at) TO STDOUT (FORMAT BINARY)"
    )
    bound = {"meters": list(meter_ids), "tenant": tenant_id, "after": after_us / 1e6, "until": until_us / 1e6}
    driver: psycopg.Connection[Any] = connection.connection.driver_connection  # type: ignore[assignment]
    with driver.cursor() as cursor, cursor.copy(statement, bound) as copy:
        content = b"".join(copy)
    rows = np.frombuffer(content[_HEADER:-_TRAILER], dtype=np.dtype(_ROW))
    return RowsOf(
        meter=rows["f2"].astype(np.int32),
        read_at=rows["f4"].astype(np.int64),
        kwh=rows["f6"].astype(np.float64),
        minutes=rows["f8"].astype(np.int64),
        stands_in=rows["f10"] != 0,
    )


@dataclass(frozen=True)
class FeederSlot:
    """One feeder and interval: reads that came and were expected, and its energy with what is unknown made up for."""

    feeder_id: str
    read_at_us: int
    minutes: int
    received: int
    expected: int
    kwh_hat: float | None


def feeder_slots(connection: Connection, days: Sequence[date]) -> list[FeederSlot]:
    """The feeders' intervals of some local days, by feeder and instant."""
    found = connection.execute(
        text(
            "SELECT feeder_id, (EXTRACT(EPOCH FROM read_at) * 1000000)::int8 AS read_at_us, interval_minutes,"
            " reads_received, reads_expected, metered_dwh::float8 * weight_expected"
            f" / nullif(weight_received + weight_estimated, 0) / {DWH_PER_KWH} AS kwh_hat FROM gl_feeder_interval"
            " WHERE tenant_id = current_setting('app.tenant') AND local_date = ANY(:days)"
            ' ORDER BY feeder_id COLLATE "C", read_at'
        ),
        {"days": list(days)},
    )
    return [FeederSlot(*row) for row in found]


def class_shapes(
    connection: Connection, tenant_id: str, after_us: int, until_us: int
) -> dict[tuple[str, bool, int], dict[int, float]]:
    """The mean read of each class, without and with PV, and interval length, by interval end in microseconds; kWh."""
    shapes: dict[tuple[str, bool, int], dict[int, float]] = {}
    for row in connection.execute(
        text(
            "SELECT m.class, m.has_pv, r.interval_minutes, (EXTRACT(EPOCH FROM r.read_at) * 1000000)::int8 AS at_us,"
            f" sum((r.kwh * {DWH_PER_KWH})::int8)::float8 / count(*) / {DWH_PER_KWH} AS kwh"
            " FROM meter_reads_electric AS r INNER JOIN meters AS m USING (tenant_id, meter_id)"
            " WHERE r.tenant_id = :tenant AND r.read_at > to_timestamp(:after) AND r.read_at <= to_timestamp(:until)"
            f" AND NOT {_STAND_IN} GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4"
        ),
        {"tenant": tenant_id, "after": after_us / 1e6, "until": until_us / 1e6},
    ):
        shapes.setdefault((row[0], row.has_pv, row.interval_minutes), {})[row.at_us] = row.kwh
    return shapes
