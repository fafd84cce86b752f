"""Figures for the checks of one local day: questions to the reads, the roll-ups and the views, no verdicts."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, text

from domain.kernel.sqlfiles import sql_file

Row = dict[str, Any]


@dataclass(frozen=True)
class LocalDay:
    """One local day of a tenant, from midnight to midnight."""

    tenant_id: str
    day: date
    begins: datetime
    ends: datetime

    @property
    def binds(self) -> dict[str, Any]:
        """The day as parameters: queries on large tables name tenant and time beside the policy.

        begins, ends: the midnights, for windows. from_ts, to_ts: a microsecond later, half-open, for reads: a read
        carries its interval's END, so the one that ends at midnight belongs to the day that ends there.
        """
        after = timedelta(microseconds=1)
        return {
            "tenant": self.tenant_id,
            "day": self.day,
            "begins": self.begins,
            "ends": self.ends,
            "from_ts": self.begins + after,
            "to_ts": self.ends + after,
        }


def local_day(connection: Connection, tenant_id: str, day: date) -> LocalDay:
    """The tenant's local day with its midnights."""
    row = connection.execute(
        text(
            "SELECT CAST(:day AS date)::timestamp AT TIME ZONE timezone AS begins,"
            " (CAST(:day AS date) + 1)::timestamp AT TIME ZONE timezone AS ends FROM tenants WHERE tenant_id = :tenant"
        ),
        {"tenant": tenant_id, "day": day},
    ).one()
    return LocalDay(tenant_id, day, row.begins, row.ends)


def last_day(connection: Connection, tenant_id: str) -> date | None:
    """The tenant's latest local day with reads."""
    found: date | None = connection.execute(
        text("SELECT max(local_date) FROM gl_feeder_day WHERE tenant_id = :tenant"), {"tenant": tenant_id}
    ).scalar()
    return found


def energy_balance(connection: Connection, day: LocalDay) -> list[Row]:
    """Delivered, metered, technical and the rest, per feeder."""
    found = _rows(connection, sql_file("grid/audits/energy_balance.sql"), day)
    return sorted(found, key=lambda row: str(row["feeder_id"]))


def rollup_differences(connection: Connection, day: LocalDay) -> list[Row]:
    """Where a roll-up differs from its recomputation; empty when none does."""
    return _rows(connection, sql_file("grid/audits/rollup_differences.sql"), day)


def read_counts(connection: Connection, day: LocalDay) -> Row:
    """The reads of the day as each table counts them, and how many stand twice."""
    return _rows(connection, sql_file("grid/audits/uniqueness.sql"), day)[0]


def coverage(connection: Connection, day: LocalDay) -> list[Row]:
    """How much of what was expected has arrived, per feeder; percent by expected energy."""
    return _rows(
        connection,
        "SELECT feeder_id, coverage_pct::float8 AS coverage_pct, reads_expected, reads_received, intervals_seen,"
        " intervals_expected, loss_status, EXISTS (SELECT 1 FROM ami_events AS e WHERE e.tenant_id = d.tenant_id"
        " AND e.event_type = 'comms_outage' AND (e.feeder_id = d.feeder_id OR e.feeder_id IS NULL)"
        " AND e.starts_at < :ends AND e.ends_at > :begins) AS has_comms_event FROM v_gl_feeder_day AS d"
        ' WHERE d.tenant_id = :tenant AND d.local_date = :day ORDER BY d.feeder_id COLLATE "C"',
        day,
    )


def event_outcomes(connection: Connection, day: LocalDay) -> list[Row]:
    """Expected beside observed for the events that touch the day; is_finished: its window lies behind the data."""
    return _rows(
        connection,
        "SELECT o.event_type, o.feeder_id, o.kpi, o.unit, o.starts_at, o.ends_at, o.expected_delta,"
        " o.observed_delta, o.tolerance, o.is_explained, o.ends_at <= w.watermark AS is_finished"
        " FROM v_gl_event_outcomes AS o CROSS JOIN (SELECT max(window_end) AS watermark FROM read_batches"
        " WHERE tenant_id = :tenant) AS w"
        " WHERE o.tenant_id = :tenant AND o.starts_at < :ends AND o.ends_at > :begins"
        ' ORDER BY o.starts_at, o.event_id, o.feeder_id COLLATE "C", o.kpi COLLATE "C"',
        day,
    )


def emulated_batches(connection: Connection, day: LocalDay, source: str) -> list[Row]:
    """The batches that touch the day and are ours to make again, oldest first."""
    return _rows(
        connection,
        "SELECT batch_id, write_mode, window_start, window_end, made_from FROM read_batches"
        " WHERE tenant_id = :tenant AND source = :source AND window_start < :ends AND window_end > :begins"
        " ORDER BY published_at, batch_id",
        day,
        source=source,
    )


def stored_reads(connection: Connection, day: LocalDay, feeder_id: str, after: datetime, until: datetime) -> list[Row]:
    """One feeder's reads of (after, until], by meter and instant; `read_us`, `arrived_us` in microseconds.

    What VEE has estimated in the place of reads is left out.
    """
    return _rows(
        connection,
        "SELECT meter_id, (extract(epoch FROM read_at) * 1000000)::bigint AS read_us, kwh, voltage, quality_flags,"
        " (extract(epoch FROM arrived_at) * 1000000)::bigint AS arrived_us FROM meter_reads_electric"
        " WHERE tenant_id = :tenant AND read_at > :after AND read_at <= :until AND feeder_id = :feeder"
        " AND source NOT LIKE 'VEE_ESTIMATE%'"
        ' ORDER BY meter_id COLLATE "C", read_at',
        day,
        feeder=feeder_id,
        after=after,
        until=until,
    )


def _rows(connection: Connection, query: str, day: LocalDay, **more: object) -> list[Row]:
    return [dict(row) for row in connection.execute(text(query), day.binds | more).mappings()]
