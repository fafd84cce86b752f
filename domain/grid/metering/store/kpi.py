"""What pages and the quickcheck ask of the KPI views. Each question binds the tenant beside the policy."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, text

from domain.grid.metering.store.utility_views import utility_rows
from domain.kernel.sqlfiles import sql_file

_TENANT = "tenant_id = current_setting('app.tenant')"
OVERVIEW, FEEDER_LOSS = "v_kpi_electric_overview_daily", "v_kpi_electric_feeder_loss_daily"
SUSPICIOUS, FIELDOPS = "v_kpi_suspicious_meters_daily", "v_kpi_fieldops_daily"


def rows(connection: Connection, query: str, **values: object) -> list[dict[str, Any]]:
    """The rows of a query as dictionaries; numerics become floats, so that they are numbers in JSON too."""
    found = connection.execute(text(query), values).mappings()
    return [{name: float(v) if isinstance(v, Decimal) else v for name, v in row.items()} for row in found]


def _elsewhere(connection: Connection, view: str, limit: int) -> list[dict[str, Any]] | None:
    """Rows of the utility's own view where it has one, none where nobody has one; None: ours is to be asked."""
    theirs = utility_rows(connection, view, limit)
    if theirs is not None:
        return theirs
    stands = connection.execute(text("SELECT to_regclass(:view)"), {"view": view}).scalar() is not None
    return None if stands else []


def newest_days(connection: Connection, limit: int) -> list[date]:
    """The newest local dates of the tenant's roll-ups, newest first."""
    query = f"SELECT DISTINCT local_date FROM gl_feeder_day WHERE {_TENANT} ORDER BY local_date DESC LIMIT {limit:d}"
    return [row["local_date"] for row in rows(connection, query)]


def _of_days(connection: Connection, view: str, days: list[date], columns: str = "*") -> list[dict[str, Any]]:
    """The rows of some days of a view that has one a day, newest first.

    Such a view rolls all feeders of a day up before it can be cut off. The days are values and no query within: whose
    answer the planner does not know, it takes for a third of all history, and then plans anew with every question.
    """
    condition = f"{_TENANT} AND local_date = ANY(CAST(:days AS date[]))"
    query = f"SELECT {columns} FROM {view} WHERE {condition} ORDER BY local_date DESC"
    return rows(connection, query, days=days) if days else []


def overview_days(connection: Connection, limit: int, in_full: int | None = None) -> list[dict[str, Any]]:
    """The latest days of the tenant, newest first; those behind `in_full`, where that is given, with their loss alone.

    A utility's own view is asked once, for all its columns.
    """
    found = _elsewhere(connection, OVERVIEW, limit)
    if found is not None:
        return found
    days = newest_days(connection, limit)
    whole = limit if in_full is None else in_full
    return _of_days(connection, OVERVIEW, days[:whole]) + _of_days(
        connection, OVERVIEW, days[whole:], "local_date, loss_pct_adj"
    )


def feeder_losses(connection: Connection, limit: int) -> list[dict[str, Any]]:
    """Feeder days, the latest day first and within it the highest loss.

    Which ones is asked before what the view says of them: it works out a baseline for each.
    """
    found = _elsewhere(connection, FEEDER_LOSS, limit)
    if found is not None:
        return found
    order = 'local_date DESC, loss_pct_adj DESC NULLS LAST, feeder_id COLLATE "C"'
    of_days = f"{_TENANT} AND local_date = ANY(CAST(:days AS date[]))"
    highest = f"SELECT local_date, feeder_id FROM v_gl_feeder_day WHERE {of_days} ORDER BY {order} LIMIT {limit:d}"
    query = f"SELECT * FROM {FEEDER_LOSS} WHERE {of_days} AND (local_date, feeder_id) IN ({highest}) ORDER BY {order}"
    newest = newest_days(connection, 1)
    return rows(connection, query, days=[newest[0], newest[0] - timedelta(days=1)]) if newest else []


def suspicious_meters(connection: Connection, limit: int) -> list[dict[str, Any]]:
    """The highest scores of the latest scoring."""
    found = _elsewhere(connection, SUSPICIOUS, limit)
    if found is not None:
        return found
    latest = f"SELECT max(local_date) FROM meter_suspicion WHERE {_TENANT}"
    query = f"SELECT * FROM {SUSPICIOUS} WHERE {_TENANT} AND local_date = ({latest}) ORDER BY rank LIMIT {limit:d}"
    return rows(connection, query)


def fieldops_days(connection: Connection, limit: int) -> list[dict[str, Any]]:
    """The latest days of field operations."""
    found = _elsewhere(connection, FIELDOPS, limit)
    return _of_days(connection, FIELDOPS, _field_days(connection, limit)) if found is None else found


def _field_days(connection: Connection, limit: int) -> list[date]:
    """The newest local dates of the tenant that were metered, or that lie between its first and its last outage."""
    zone = f"SELECT timezone FROM tenants WHERE {_TENANT}"
    query = (
        f"SELECT (min(started_at) AT TIME ZONE ({zone}))::date AS first,"
        f" (max(started_at) AT TIME ZONE ({zone}))::date AS last FROM outages WHERE {_TENANT}"
    )
    (told,) = rows(connection, query)
    days = set(newest_days(connection, limit))
    if told["last"] is not None:
        back = min(limit, (told["last"] - told["first"]).days + 1)
        days |= {told["last"] - timedelta(days=number) for number in range(back)}
    return sorted(days, reverse=True)[:limit]


def latest_matched(connection: Connection, count: int) -> list[datetime]:
    """The ends of the last intervals that have both reads and delivered energy, newest first."""
    query = (
        f"SELECT read_at FROM gl_feeder_interval WHERE {_TENANT} AND delivered_dwh IS NOT NULL AND reads_received > 0"
        f" GROUP BY read_at ORDER BY read_at DESC LIMIT {count:d}"
    )
    return [row["read_at"] for row in rows(connection, query)]


def current_loss(connection: Connection, matched: list[datetime]) -> dict[str, Any] | None:
    """The tenant's loss over its last matched intervals, and over the very last. Percent, corrected for coverage."""
    found = rows(connection, sql_file("grid/queries/current_loss.sql"), matched=matched) if matched else []
    return found[0] if found and found[0]["as_of"] is not None else None


def feeder_current_losses(connection: Connection, matched: list[datetime]) -> list[dict[str, Any]]:
    """Each feeder's loss over the tenant's last matched intervals and over the very last one, highest first."""
    return rows(connection, sql_file("grid/queries/feeder_current_losses.sql"), matched=matched) if matched else []


def active_events(connection: Connection, as_of: datetime) -> list[dict[str, Any]]:
    """Scenarios that are active at `as_of`, or begin with the next window."""
    return rows(
        connection,
        "SELECT id, feeder_id, meter_id, event_type, severity::float8 AS severity, starts_at, ends_at, params"
        f" FROM ami_events WHERE {_TENANT} AND is_active AND starts_at <= :as_of AND ends_at > :as_of"
        " ORDER BY starts_at, id",
        as_of=as_of,
    )


def event_outcomes(connection: Connection, limit: int = 20) -> list[dict[str, Any]]:
    """Expected beside observed, the newest event first.

    Every event of the view is compared interval by interval before the first row is known, so the newest ones are named
    beforehand; each has a row at least.
    """
    newest = (
        f"SELECT e.id FROM ami_events AS e WHERE e.{_TENANT} AND e.is_active AND EXISTS ("
        "SELECT 1 FROM event_expectations AS x WHERE x.tenant_id = e.tenant_id AND x.event_id = e.id)"
        f" ORDER BY e.starts_at DESC, e.id LIMIT {limit:d}"
    )
    return rows(
        connection,
        f"SELECT * FROM v_gl_event_outcomes WHERE {_TENANT} AND event_id IN ({newest})"
        f" ORDER BY starts_at DESC, event_id, feeder_id, kpi LIMIT {limit:d}",
    )
