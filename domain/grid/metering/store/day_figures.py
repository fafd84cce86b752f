"""Figures to show of one local day: how many rows each table holds, what the views say, the course of the loss."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, text

from domain.grid.metering.store.audits import LocalDay
from domain.grid.metering.store.kpi import rows
from domain.kernel.sqlfiles import sql_file

_BY_INSTANT = "tenant_id = :tenant AND read_at >= :from_ts AND read_at < :to_ts"
_BY_DAY = "tenant_id = :tenant AND local_date = :day"
_WHERE = {
    "meter_reads_electric": _BY_INSTANT,
    "feeder_delivered": _BY_INSTANT,
    "gl_feeder_interval": _BY_INSTANT,
    "read_batches": "tenant_id = :tenant AND window_start < :ends AND window_end > :begins",
    "v_gl_event_outcomes": "tenant_id = :tenant AND starts_at < :ends AND ends_at > :begins",
}
_ORDER = {
    "v_kpi_electric_feeder_loss_daily": 'loss_pct_adj DESC NULLS LAST, feeder_id COLLATE "C"',
    "v_gl_event_outcomes": 'starts_at, event_id, feeder_id COLLATE "C", kpi COLLATE "C"',
}


def row_count(connection: Connection, table: str, day: LocalDay) -> int:
    """How many rows of `table` belong to the day."""
    query = f"SELECT count(*) FROM {table} WHERE {_WHERE.get(table, _BY_DAY)}"
    count: int = connection.execute(text(query), day.binds).scalar_one()
    return count


def columns(connection: Connection, table: str) -> list[tuple[str, str]]:
    """Names and types of a table's or view's columns, in their order."""
    found = connection.execute(
        text(
            "SELECT a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type FROM pg_attribute AS a"
            " WHERE a.attrelid = to_regclass(:table) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum"
        ),
        {"table": table},
    )
    return [(row.name, row.type) for row in found]


def view_rows(connection: Connection, view: str, day: LocalDay, wanted: tuple[str, ...], limit: int) -> list[Any]:
    """The first rows of a view for the day, with the wanted columns only."""
    order = _ORDER.get(view, "local_date")
    query = f"SELECT {', '.join(wanted)} FROM {view} WHERE {_WHERE.get(view, _BY_DAY)} ORDER BY {order} LIMIT :n"
    return rows(connection, query, **day.binds, n=limit)


def interval_losses(connection: Connection, day: LocalDay) -> list[tuple[datetime, float | None, float | None]]:
    """The tenant's loss per interval of the day, raw and corrected for coverage. Percent of the delivered energy."""
    found = connection.execute(
        text(
            "SELECT read_at, (100 * (1 - sum(metered_kwh) / nullif(sum(delivered_kwh), 0)))::float8 AS raw,"
            " (100 * (1 - sum(metered_hat_kwh) / nullif(sum(delivered_kwh), 0)))::float8 AS adjusted"
            f" FROM v_gl_feeder_interval WHERE {_BY_INSTANT} AND delivered_kwh IS NOT NULL AND reads_received > 0"
            " GROUP BY read_at ORDER BY read_at"
        ),
        day.binds,
    )
    return [(row.read_at, row.raw, row.adjusted) for row in found]


def suspicion_bands(connection: Connection, day: LocalDay) -> list[dict[str, Any]]:
    """How many meters scored in each band of ten points, highest first; nobody is named."""
    return rows(
        connection,
        "SELECT least(floor(score / 10), 9)::integer * 10 AS score_from, count(*) AS meters FROM meter_suspicion"
        f" WHERE {_BY_DAY} GROUP BY 1 ORDER BY 1 DESC",
        **day.binds,
    )


def has_reads(connection: Connection, day: date) -> bool:
    """Whether the tenant has reads of the day."""
    return bool(
        connection.execute(
            text(
                "SELECT EXISTS (SELECT 1 FROM gl_feeder_day WHERE tenant_id = current_setting('app.tenant')"
                " AND local_date = :day AND reads_received > 0)"
            ),
            {"day": day},
        ).scalar()
    )


def outdated_scores(connection: Connection, since: datetime, history_days: int) -> list[tuple[date, str]]:
    """Days whose scores are older than a load of reads that they rest on: the day itself or its history.

    Args:
        connection: a transaction bound to the tenant.
        since: loads published before are not looked at again.
        history_days: how many days before a day its scores rest on.

    Returns:
        local day and newest such load, by day. Both instants are those of the ledger.
    """
    found = connection.execute(
        text(sql_file("grid/audits/outdated_scores.sql")), {"since": since, "history_days": history_days}
    )
    return [(row.local_date, row.batch_id) for row in found]
