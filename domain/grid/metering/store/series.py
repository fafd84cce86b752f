"""Series of feeders and outcomes of events, as the charts and pages take them."""

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from domain.grid.metering.rules.series import CoverageHour, EventWindow, FeederLoss, LossInterval, Outcome
from domain.grid.metering.store.kpi import rows
from domain.kernel.sqlfiles import sql_file

_INTERVALS = """
SELECT read_at, interval_minutes, delivered_kwh::float8, metered_kwh::float8, metered_hat_kwh::float8,
  technical_loss_kwh::float8, technical_loss_pct::float8, loss_pct_raw::float8, loss_pct_adj::float8,
  coverage_pct::float8, loss_status,
  (SELECT sum(t.effect_hat_dwh) / 10000.0
    FROM event_twin_intervals AS t INNER JOIN ami_events AS e ON e.tenant_id = t.tenant_id AND e.id = t.event_id
    WHERE t.tenant_id = current_setting('app.tenant') AND t.feeder_id = :feeder AND e.is_active
      AND t.read_at = v.read_at
  )::float8 AS foretold_kwh
FROM v_gl_feeder_interval AS v
WHERE tenant_id = current_setting('app.tenant') AND feeder_id = :feeder AND read_at > :start AND read_at <= :end
ORDER BY read_at
"""


def feeder_intervals(connection: Connection, feeder: str, start: datetime, end: datetime) -> list[LossInterval]:
    """The feeder's intervals that end within (start, end], in time order."""
    return [LossInterval(**row) for row in rows(connection, _INTERVALS, feeder=feeder, start=start, end=end)]


def events_on_feeder(connection: Connection, feeder: str | None, start: datetime, end: datetime) -> list[EventWindow]:
    """The active events that touch the window and the feeder (any feeder: None), oldest first."""
    found = rows(connection, sql_file("grid/queries/events_on_feeder.sql"), feeder=feeder, start=start, end=end)
    return [EventWindow(**row) for row in found]


def event_outcomes(connection: Connection, limit: int = 20, event_id: str | None = None) -> list[Outcome]:
    """Expected beside observed with the levels around, the newest event first; of one event, or of the newest."""
    found = rows(connection, sql_file("grid/queries/event_levels.sql"), n=limit, event_id=event_id)
    return [Outcome(**{name.removeprefix("level_"): value for name, value in row.items()}) for row in found]


def feeder_losses(connection: Connection, start: datetime, end: datetime) -> list[FeederLoss]:
    """Every feeder's loss over (start, end] beside the technical loss at the same load."""
    found = rows(connection, sql_file("grid/queries/feeder_losses_between.sql"), start=start, end=end)
    return sorted((FeederLoss(**row) for row in found), key=lambda feeder: feeder.feeder_id)


def feeder_day_losses(connection: Connection, day: date) -> list[FeederLoss]:
    """Every feeder's loss of one local day beside the median of the days before it."""
    found = rows(
        connection,
        "SELECT feeder_id, loss_pct_adj::float8 AS loss_pct, baseline_loss_pct_28d::float8 AS baseline_pct,"
        " coverage_pct::float8, loss_status FROM v_kpi_electric_feeder_loss_daily"
        " WHERE tenant_id = current_setting('app.tenant') AND local_date = :day"
        ' ORDER BY feeder_id COLLATE "C"',
        day=day,
    )
    return [FeederLoss(**row) for row in found]


def coverage_hours(connection: Connection, end: datetime, hours: int = 24) -> list[CoverageHour]:
    """Coverage of each feeder over the clock hours up to `end`."""
    start = end.replace(minute=0, second=0, microsecond=0) - timedelta(hours=hours)
    found = rows(connection, sql_file("grid/queries/coverage_hours.sql"), start=start, end=end)
    return [CoverageHour(row.pop("feeder_id"), row.pop("hour_start"), **row) for row in found]


def data_through(connection: Connection) -> datetime | None:
    """The end of the last interval with reads, of any source; None before the first."""
    found: datetime | None = rows(
        connection,
        "SELECT max(read_at) AS at FROM gl_feeder_interval"
        " WHERE tenant_id = current_setting('app.tenant') AND reads_received > 0",
    )[0]["at"]
    return found


def feeder(connection: Connection, feeder_id: str) -> dict[str, Any] | None:
    """One feeder with its size; None if the tenant has none of that id."""
    found = rows(
        connection,
        "SELECT f.*, count(m.meter_id) AS meters, count(m.meter_id) FILTER (WHERE m.has_pv) AS meters_with_pv"
        " FROM feeders AS f LEFT JOIN meters AS m ON m.tenant_id = f.tenant_id AND m.feeder_id = f.feeder_id"
        " AND m.is_active WHERE f.tenant_id = current_setting('app.tenant') AND f.feeder_id = :feeder"
        " GROUP BY f.tenant_id, f.feeder_id",
        feeder=feeder_id,
    )
    return found[0] if found else None
