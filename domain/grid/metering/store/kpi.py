"""What pages and the quickcheck ask of the KPI views. Each question binds the tenant beside the policy."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, text

from domain.grid.metering.store.utility_views import utility_rows
from domain.kernel.sqlfiles import sql_file

_TENANT = "tenant_id = current_setting('app.tenant')"


def rows(connection: Connection, query: str, **values: object) -> list[dict[str, Any]]:
    """The rows of a query as dictionaries; numerics become floats, so that they are numbers in JSON too."""
    found = connection.execute(text(query), values).mappings()
    return [{name: float(v) if isinstance(v, Decimal) else v for name, v in row.items()} for row in found]


def _daily(connection: Connection, view: str, limit: int, conditions_and_order: str) -> list[dict[str, Any]]:
    """Rows of a daily view: the utility's own where it has one, else ours, else none."""
    theirs = utility_rows(connection, view, limit)
    if theirs is not None:
        return theirs
    if connection.execute(text("SELECT to_regclass(:view)"), {"view": view}).scalar() is None:
        return []
    return rows(connection, f"SELECT * FROM {view} WHERE {_TENANT} {conditions_and_order} LIMIT :n", n=limit)


def overview_days(connection: Connection, limit: int) -> list[dict[str, Any]]:
    """The latest days of the tenant, newest first."""
    return _newest_days(connection, "v_kpi_electric_overview_daily", limit)


def _newest_days(connection: Connection, view: str, limit: int) -> list[dict[str, Any]]:
    """The newest rows of a view that has one a day.

    Such a view rolls all feeders of a day up before it can be cut off, so the days are named beforehand: what is read
    does not grow with the history.
    """
    newest = f"SELECT DISTINCT local_date FROM gl_feeder_day WHERE {_TENANT} ORDER BY local_date DESC LIMIT :n"
    return _daily(
        connection,
        view,
        limit,
        f"AND local_date >= (SELECT min(local_date) FROM ({newest}) AS newest) ORDER BY local_date DESC",
    )


def feeder_losses(connection: Connection, limit: int) -> list[dict[str, Any]]:
    """Feeder days, the latest day first and within it the highest loss."""
    return _daily(
        connection,
        "v_kpi_electric_feeder_loss_daily",
        limit,
        f"AND local_date >= (SELECT max(local_date) - 1 FROM gl_feeder_day WHERE {_TENANT})"
        ' ORDER BY local_date DESC, loss_pct_adj DESC NULLS LAST, feeder_id COLLATE "C"',
    )


def suspicious_meters(connection: Connection, limit: int) -> list[dict[str, Any]]:
    """The highest scores of the latest scoring."""
    return _daily(
        connection,
        "v_kpi_suspicious_meters_daily",
        limit,
        f"AND local_date = (SELECT max(local_date) FROM meter_suspicion WHERE {_TENANT}) ORDER BY rank",
    )


def fieldops_days(connection: Connection, limit: int) -> list[dict[str, Any]]:
    """The latest days of field operations."""
    return _newest_days(connection, "v_kpi_fieldops_daily", limit)


def current_loss(connection: Connection, matched: int = 4) -> dict[str, Any] | None:
    """The tenant's loss over its last matched intervals, and over the very last. Percent, corrected for coverage."""
    found = rows(connection, sql_file("grid/queries/current_loss.sql"), n=matched)
    return found[0] if found and found[0]["as_of"] is not None else None


def feeder_current_losses(connection: Connection, matched: int = 4) -> list[dict[str, Any]]:
    """Each feeder's loss over the tenant's last matched intervals and over the very last one, highest first."""
    return rows(connection, sql_file("grid/queries/feeder_current_losses.sql"), n=matched)


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
    """Expected beside observed, the newest event first."""
    return rows(
        connection,
        f"SELECT * FROM v_gl_event_outcomes WHERE {_TENANT} ORDER BY starts_at DESC, event_id, feeder_id, kpi LIMIT :n",
        n=limit,
    )
