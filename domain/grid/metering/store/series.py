"""Series that charts draw: a feeder's intervals, the feeders of a day, injected events and what came of them."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection

from domain.grid.metering.rules.series import EventWindow, FeederLoss, LossInterval, Outcome
from domain.grid.metering.store.kpi import rows

_TENANT = "tenant_id = current_setting('app.tenant')"


def feeder_intervals(connection: Connection, feeder_id: str, start: datetime, end: datetime) -> list[LossInterval]:
    """The feeder's intervals that end within (start, end], in time order."""
    found = rows(
        connection,
        "SELECT read_at, interval_minutes, delivered_kwh, metered_kwh, metered_hat_kwh, technical_loss_kwh,"
        " technical_loss_pct, loss_pct_raw, loss_pct_adj, coverage_pct, loss_status FROM v_gl_feeder_interval"
        f" WHERE {_TENANT} AND feeder_id = :feeder AND read_at > :start AND read_at <= :end ORDER BY read_at",
        feeder=feeder_id,
        start=start,
        end=end,
    )
    return [LossInterval(**_floats(row)) for row in found]


def feeder_day_losses(connection: Connection, day: date) -> list[FeederLoss]:
    """Every feeder's loss of one local day beside its usual one."""
    found = rows(
        connection,
        "SELECT feeder_id, loss_pct_adj AS loss_pct, baseline_loss_pct_28d AS baseline_pct, coverage_pct, loss_status"
        f" FROM v_kpi_electric_feeder_loss_daily WHERE {_TENANT} AND local_date = :day"
        ' ORDER BY feeder_id COLLATE "C"',
        day=day,
    )
    return [FeederLoss(**_floats(row)) for row in found]


def event_windows(connection: Connection, start: datetime, end: datetime) -> list[EventWindow]:
    """The injected events that touch the window, with their expected and observed change of corrected loss."""
    found = rows(
        connection,
        "SELECT e.id::text AS event_id, e.event_type AS kind, e.feeder_id, e.severity, e.starts_at, e.ends_at,"
        " o.expected_delta AS expected_pp, o.observed_delta AS observed_pp FROM ami_events AS e"
        " LEFT JOIN v_gl_event_outcomes AS o ON o.tenant_id = e.tenant_id AND o.event_id = e.id"
        "   AND o.kpi = 'loss_pct_adj' AND o.feeder_id = e.feeder_id"
        f" WHERE e.{_TENANT} AND e.is_active AND e.starts_at < :end AND e.ends_at > :start"
        " ORDER BY e.starts_at, e.id",
        start=start,
        end=end,
    )
    return [EventWindow(**_floats(row)) for row in found]


def event_outcomes(connection: Connection, event_id: str) -> list[Outcome]:
    """What one event was expected to do and did, by feeder and measure."""
    found = rows(
        connection,
        "SELECT o.event_id::text AS event_id, o.event_type AS kind, e.severity, o.feeder_id, o.kpi, o.unit,"
        " o.starts_at, o.ends_at, o.expected_together AS expected, o.observed_delta AS observed, o.tolerance,"
        " o.intervals_observed AS intervals, o.formula FROM v_gl_event_outcomes AS o"
        " INNER JOIN ami_events AS e ON e.tenant_id = o.tenant_id AND e.id = o.event_id"
        f" WHERE o.{_TENANT} AND o.event_id = CAST(:id AS uuid) ORDER BY o.feeder_id, o.kpi",
        id=event_id,
    )
    return [Outcome(**_floats(row)) for row in found]


def _floats(row: Mapping[str, Any]) -> dict[str, Any]:
    """PostgreSQL's numerics as floats: charts calculate with them."""
    return {name: float(value) if hasattr(value, "as_tuple") else value for name, value in row.items()}


def top_suspects(connection: Connection, day: date, limit: int) -> list[str]:
    """The meters with the highest suspicion scores of a date."""
    found = rows(
        connection,
        f"SELECT meter_id FROM meter_suspicion WHERE {_TENANT} AND local_date = :day ORDER BY rank LIMIT :n",
        day=day,
        n=limit,
    )
    return [row["meter_id"] for row in found]
