"""What pages and the quickcheck ask of the KPI views. Each question binds the tenant beside the policy."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

_TENANT = "tenant_id = current_setting('app.tenant')"


def rows(connection: Connection, query: str, **values: object) -> list[dict[str, Any]]:
    """The rows of a query as dictionaries."""
    return [dict(row) for row in connection.execute(text(query), values).mappings()]


def overview_days(connection: Connection, limit: int) -> list[dict[str, Any]]:
    """The latest days of the tenant, newest first."""
    return rows(
        connection,
        f"SELECT * FROM v_kpi_electric_overview_daily WHERE {_TENANT} ORDER BY local_date DESC LIMIT :n",
        n=limit,
    )


def feeder_losses(connection: Connection, limit: int) -> list[dict[str, Any]]:
    """Feeder days, the latest day first and within it the highest loss."""
    return rows(
        connection,
        f"SELECT * FROM v_kpi_electric_feeder_loss_daily WHERE {_TENANT} AND local_date >= (SELECT max(local_date) - 1"
        f" FROM gl_feeder_day WHERE {_TENANT}) ORDER BY local_date DESC, loss_pct_adj DESC NULLS LAST,"
        ' feeder_id COLLATE "C" LIMIT :n',
        n=limit,
    )


def suspicious_meters(connection: Connection, limit: int) -> list[dict[str, Any]]:
    """The highest scores of the latest scoring."""
    return rows(
        connection,
        f"SELECT * FROM v_kpi_suspicious_meters_daily WHERE {_TENANT} AND local_date = (SELECT max(local_date)"
        f" FROM meter_suspicion WHERE {_TENANT}) ORDER BY rank LIMIT :n",
        n=limit,
    )


def fieldops_days(connection: Connection, limit: int) -> list[dict[str, Any]]:
    """The latest days of field operations."""
    return rows(
        connection, f"SELECT * FROM v_kpi_fieldops_daily WHERE {_TENANT} ORDER BY local_date DESC LIMIT :n", n=limit
    )


def current_loss(connection: Connection, matched: int = 4) -> dict[str, Any] | None:
    """The tenant's loss over its last matched intervals, and over the very last. Percent, corrected for coverage."""
    found = rows(
        connection,
        f"""
WITH latest AS (
  SELECT read_at FROM gl_feeder_interval
  WHERE {_TENANT} AND delivered_dwh IS NOT NULL AND reads_received > 0
  GROUP BY read_at ORDER BY read_at DESC LIMIT :n
)
SELECT max(v.read_at) AS as_of, count(DISTINCT v.read_at) AS intervals,
  round(100 * (sum(v.delivered_kwh) - sum(v.metered_hat_kwh)) / nullif(sum(v.delivered_kwh), 0), 4)::float8 AS loss_pct,
  round(100 * (sum(v.delivered_kwh) - sum(v.metered_hat_kwh)) FILTER (WHERE v.read_at = l.last)
    / nullif(sum(v.delivered_kwh) FILTER (WHERE v.read_at = l.last), 0), 4)::float8 AS last_interval_loss_pct
FROM v_gl_feeder_interval AS v, (SELECT max(read_at) AS last FROM latest) AS l
WHERE v.{_TENANT} AND v.read_at IN (SELECT read_at FROM latest) AND v.loss_status IN ('OK', 'NET_EXPORT')
""",
        n=matched,
    )
    return found[0] if found and found[0]["as_of"] is not None else None


def feeder_current_losses(connection: Connection, matched: int = 4) -> list[dict[str, Any]]:
    """Each feeder's loss over the tenant's last matched intervals and over the very last one, highest first."""
    return rows(
        connection,
        f"""
WITH latest AS (
  SELECT read_at FROM gl_feeder_interval
  WHERE {_TENANT} AND delivered_dwh IS NOT NULL AND reads_received > 0
  GROUP BY read_at ORDER BY read_at DESC LIMIT :n
), l AS (SELECT max(read_at) AS last FROM latest)
SELECT v.feeder_id, max(v.read_at) AS as_of,
  round(100 * (sum(v.delivered_kwh) - sum(v.metered_hat_kwh)) / nullif(sum(v.delivered_kwh), 0), 4)::float8 AS loss_pct,
  (max(v.loss_pct_adj) FILTER (WHERE v.read_at = l.last))::float8 AS loss_pct_last_interval,
  (max(v.loss_pct_raw) FILTER (WHERE v.read_at = l.last))::float8 AS loss_pct_raw_last_interval,
  (max(v.technical_loss_pct) FILTER (WHERE v.read_at = l.last))::float8 AS technical_loss_pct,
  (max(v.coverage_pct) FILTER (WHERE v.read_at = l.last))::float8 AS coverage_pct,
  max(v.loss_status) FILTER (WHERE v.read_at = l.last) AS loss_status
FROM v_gl_feeder_interval AS v CROSS JOIN l
WHERE v.{_TENANT} AND v.read_at IN (SELECT read_at FROM latest)
GROUP BY v.feeder_id
ORDER BY loss_pct DESC NULLS LAST, v.feeder_id COLLATE "C"
""",
        n=matched,
    )


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
