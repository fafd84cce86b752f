"""Queries of suspicion: reads as a matrix, delivered energy, and the rows of a scored day.

Reads come as fixed-width COPY BINARY, a local day at a time, and are laid out in place: memory follows the matrix, not
the rows. Tenant and day bounds are parameters beside the row-level policy, so that one partition is touched per day.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import psycopg
from numpy.typing import NDArray
from sqlalchemy import Connection, text

from domain.grid.metering.rules.flags import Flag
from domain.grid.metering.rules.local_days import US_PER_MINUTE

_FIELD = ">i2,>i4,>i4,>i4,>i4,>i4,>f4,>i4,>f4,>i4,>i4"  # field count, then (length, value) five times
_HEADER = 19  # bytes of COPY BINARY's signature, flags and extension length
_CHUNK_ROWS = 65_536


@dataclass(frozen=True)
class KnownMeter:
    """A meter as the network knows it."""

    meter_id: str
    feeder_id: str
    transformer_id: str | None
    meter_class: str
    has_pv: bool


def active_meters(connection: Connection, tenant_id: str) -> list[KnownMeter]:
    """The tenant's active meters in order of id."""
    found = connection.execute(
        text(
            "SELECT meter_id, feeder_id, transformer_id, class, has_pv FROM meters"
            ' WHERE tenant_id = :tenant AND is_active ORDER BY meter_id COLLATE "C"'
        ),
        {"tenant": tenant_id},
    )
    return [KnownMeter(*row) for row in found]


def usual_interval_minutes(connection: Connection, tenant_id: str, after_us: int, until_us: int) -> int | None:
    """The interval length that most reads with an end in (after, until] have; None without reads."""
    found: int | None = connection.execute(
        text(
            "SELECT interval_minutes FROM meter_reads_electric"
            " WHERE tenant_id = :tenant AND read_at > to_timestamp(:after) AND read_at <= to_timestamp(:until)"
            " GROUP BY interval_minutes ORDER BY count(*) DESC, interval_minutes LIMIT 1"
        ),
        {"tenant": tenant_id, "after": after_us / 1e6, "until": until_us / 1e6},
    ).scalar()
    return found


@dataclass(frozen=True)
class ReadGrid:
    """Where reads are laid out: meters in order of id by intervals; NaN is missing.

    Attributes:
        estimated: per meter, reads from window_from_us on that are estimates.
        tampered: per meter, reads from tamper_from_us on that report tamper.
    """

    kwh: NDArray[np.float32]
    voltage: NDArray[np.float32]
    estimated: NDArray[np.int64]
    tampered: NDArray[np.int64]
    read_at_us: NDArray[np.int64]
    window_from_us: int
    tamper_from_us: int

    @staticmethod
    def empty(meters: int, read_at_us: NDArray[np.int64], *, window_from_us: int, tamper_from_us: int) -> "ReadGrid":
        """A grid on which nothing has been read yet."""
        shape = (meters, len(read_at_us))
        kwh, voltage = np.full(shape, np.nan, dtype=np.float32), np.full(shape, np.nan, dtype=np.float32)
        estimated, tampered = np.zeros(meters, np.int64), np.zeros(meters, np.int64)
        return ReadGrid(kwh, voltage, estimated, tampered, read_at_us, window_from_us, tamper_from_us)


def lay_out_day(
    connection: Connection, tenant_id: str, grid: ReadGrid, after_us: int, until_us: int, interval_minutes: int
) -> int:
    """Lay the reads with an end in (after, until] out on `grid`; answer how many there were.

    Reads off the grid or of another interval length, and meters that are not active, are left out.
    """
    statement = (
        "COPY (SELECT m.row, ((EXTRACT(EPOCH FROM r.read_at)::bigint - %(first)s) / %(step)s)::int4,"
        " r.kwh::float4, COALESCE(r.voltage, 'NaN')::float4, r.quality_flags"
        " FROM meter_reads_electric AS r JOIN ("
        '   SELECT meter_id, (row_number() OVER (ORDER BY meter_id COLLATE "C") - 1)::int4 AS row FROM meters'
        "   WHERE tenant_id = %(tenant)s AND is_active) AS m USING (meter_id)"
        " WHERE r.tenant_id = %(tenant)s AND r.interval_minutes = %(minutes)s"
        " AND r.read_at > to_timestamp(%(after)s) AND r.read_at <= to_timestamp(%(until)s)"
        " AND (EXTRACT(EPOCH FROM r.read_at)::bigint - %(first)s) %% %(step)s = 0"
        ") TO STDOUT (FORMAT BINARY)"
    )
    bound = {
        "first": int(grid.read_at_us[0] // 1_000_000),
        "step": interval_minutes * 60,
        "tenant": tenant_id,
        "minutes": interval_minutes,
        "after": after_us / 1e6,
        "until": until_us / 1e6,
    }
    driver: psycopg.Connection[Any] = connection.connection.driver_connection  # type: ignore[assignment]
    with driver.cursor() as cursor:
        # Nobody may have looked at the day's statistics yet; a plan that asks for the meters once a read takes minutes.
        cursor.execute("SET LOCAL enable_nestloop = off")
        with cursor.copy(statement, bound) as copy:
            placed = sum(_place(grid, rows) for rows in _decoded(copy))
        cursor.execute("SET LOCAL enable_nestloop = on")
    return placed


def _decoded(copy: psycopg.Copy) -> Any:
    """The rows of a COPY BINARY of fixed width, some tens of thousands at a time."""
    record = np.dtype(_FIELD)
    pending, skip = bytearray(), _HEADER
    for data in copy:
        pending += data
        if skip:
            if len(pending) < skip:
                continue
            del pending[:skip]
            skip = 0
        whole = len(pending) // record.itemsize
        if whole >= _CHUNK_ROWS:
            yield np.frombuffer(bytes(pending[: whole * record.itemsize]), dtype=record)
            del pending[: whole * record.itemsize]
    whole = len(pending) // record.itemsize
    if whole:
        yield np.frombuffer(bytes(pending[: whole * record.itemsize]), dtype=record)


def _place(grid: ReadGrid, rows: NDArray[Any]) -> int:
    meter, column = rows["f2"].astype(np.int64), rows["f4"].astype(np.int64)
    grid.kwh[meter, column] = rows["f6"]
    grid.voltage[meter, column] = rows["f8"]
    flags, at_us = rows["f10"], grid.read_at_us[column]
    np.add.at(grid.estimated, meter, ((flags & int(Flag.ESTIMATED)) != 0) & (at_us > grid.window_from_us))
    np.add.at(grid.tampered, meter, ((flags & int(Flag.TAMPER)) != 0) & (at_us > grid.tamper_from_us))
    return len(rows)


def delivered_kwh(
    connection: Connection, tenant_id: str, feeder_ids: Sequence[str], read_at_us: NDArray[np.int64], minutes: int
) -> NDArray[np.float64] | None:
    """(feeders, T) energy at the feeder heads on the axis, NaN where unknown; None when nothing is known."""
    out = np.full((len(feeder_ids), len(read_at_us)), np.nan)
    row_of = {feeder: row for row, feeder in enumerate(feeder_ids)}
    found = connection.execute(
        text(
            "SELECT feeder_id, (EXTRACT(EPOCH FROM read_at) * 1000000)::bigint AS at_us, kwh FROM feeder_delivered"
            " WHERE tenant_id = :tenant AND interval_minutes = :minutes"
            " AND read_at >= to_timestamp(:first) AND read_at <= to_timestamp(:last)"
            ' ORDER BY feeder_id COLLATE "C", read_at'
        ),
        {
            "tenant": tenant_id,
            "minutes": minutes,
            "first": int(read_at_us[0]) / 1e6,
            "last": int(read_at_us[-1]) / 1e6,
        },
    )
    for feeder, at_us, kwh in found:
        column, rest = divmod(at_us - int(read_at_us[0]), minutes * US_PER_MINUTE)
        if rest == 0 and feeder in row_of:
            out[row_of[feeder], column] = kwh
    return None if np.isnan(out).all() else out


def standing_window_days(connection: Connection, tenant_id: str, local_date: date) -> int | None:
    """How many days the scores of a date look at; None where it has none yet."""
    found: int | None = connection.execute(
        text("SELECT max(window_days) FROM meter_suspicion WHERE tenant_id = :tenant AND local_date = :day"),
        {"tenant": tenant_id, "day": local_date},
    ).scalar()
    return found


def replace_day(
    connection: Connection, tenant_id: str, local_date: date, rows: Sequence[Mapping[str, Any]]
) -> tuple[int, int]:
    """Put `rows` in the place of what was scored for that date; answer (deleted, inserted).

    What people have set on a case (case_status) is carried over to the new row.
    """
    bound: dict[str, Any] = {"tenant": tenant_id, "on": local_date}
    cases = connection.execute(
        text(
            "DELETE FROM meter_suspicion WHERE tenant_id = :tenant AND local_date = :on RETURNING meter_id, case_status"
        ),
        bound,
    ).all()
    status = dict(map(tuple, cases))
    offered = [dict(row) | {"case_status": status.get(row["meter_id"], "open")} for row in rows]
    inserted = connection.execute(
        text(
            "INSERT INTO meter_suspicion (tenant_id, local_date, meter_id, feeder_id, transformer_id, scoring_version,"
            " score, rank, confidence, window_days, own_drop_pct, own_z, peer_drop_pct, zero_run_hours, flatness,"
            " volt_resid_z, loss_attrib, tamper_count_30d, ntl_kwh_est, suppressors, reasons, missing, case_status)"
            " SELECT :tenant, :on, r.* FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r(meter_id text,"
            " feeder_id text, transformer_id text, scoring_version text, score float8, rank int, confidence float8,"
            " window_days int, own_drop_pct float8, own_z float8, peer_drop_pct float8, zero_run_hours float8,"
            " flatness float8, volt_resid_z float8, loss_attrib float8, tamper_count_30d int, ntl_kwh_est float8,"
            " suppressors text[], reasons jsonb, missing text[], case_status text)"
        ),
        bound | {"rows": json.dumps(offered)},
    ).rowcount
    return len(cases), inserted
