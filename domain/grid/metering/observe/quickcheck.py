"""The quickcheck and the status of GridLens: one look at whether reads come in and what the loss does."""

import re
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from domain.grid.metering.store import jobs, kpi, schema
from domain.grid.metering.store.watermark import ingest_watermark, last_arrival

HISTORY_DAYS = 28
SHOWN_DAYS = 5
BASIS_INTERVALS = 4
# Columns of a daily view that are figures or dates by their names.
FIGURE = re.compile(
    r"date|day$|score|rank|pct|percent|rate|kwh|loss|count|open|new$|_min|minutes|_jobs|jobs_|outages|crews"
)


def quickcheck(connection: Connection, tenant_id: str, *, masked: bool) -> dict[str, Any]:
    """What source 001 and 003 ask of the quickcheck, with the expectation ledger beside it.

    Args:
        connection: a transaction bound to the tenant.
        tenant_id: as it is answered.
        masked: meter ids are shortened: rows about single meters are accusations and never public.
    """
    days = kpi.overview_days(connection, HISTORY_DAYS, in_full=SHOWN_DAYS)
    losses = [float(loss) for day in days if (loss := _loss_pct(day)) is not None]
    matched = kpi.latest_matched(connection, BASIS_INTERVALS)
    current = kpi.current_loss(connection, matched)
    watermark = ingest_watermark(connection)
    return {
        "tenantId": tenant_id,
        "asOf": current["as_of"] if current else None,
        "overall": {
            "loss_pct_min": min(losses, default=None),
            "loss_pct_max": max(losses, default=None),
            "loss_pct_avg": round(sum(losses) / len(losses), 4) if losses else None,
            "over_days": len(losses),
            "current_loss_pct": current["loss_pct"] if current else None,
            "last_interval_loss_pct": current["last_interval_loss_pct"] if current else None,
            "current_basis": f"last_{BASIS_INTERVALS}_matched_intervals",
        },
        "feeders_now": kpi.feeder_current_losses(connection, matched)[:10],
        "overview_last5": days[:SHOWN_DAYS],
        "feeder_loss_last10": kpi.feeder_losses(connection, 10),
        "suspicious_last10": [_mask(row) if masked else row for row in kpi.suspicious_meters(connection, 10)],
        "fieldops_last10": [_mask(row) if masked else row for row in kpi.fieldops_days(connection, 10)],
        "active_events": [_event(row, masked) for row in kpi.active_events(connection, watermark)] if watermark else [],
        "expectations": [outcome | {"sentence": sentence(outcome)} for outcome in kpi.event_outcomes(connection)],
        "links": {"status": "/api/ami/status", "page": "/grid"},
    }


def sentence(outcome: dict[str, Any]) -> str:
    """One line that an executive can read aloud."""
    name = {"theft": "Theft", "voltage_sag": "Voltage sag", "comms_outage": "Comms outage"}[outcome["event_type"]]
    what = f"{name} on {outcome['feeder_id']}: {outcome['kpi']} expected {outcome['expected_delta']:+.2f}"
    unit = outcome["unit"]
    if outcome["observed_delta"] is None:
        return f"{what} {unit}, not observed yet."
    verdict = "explained" if outcome["is_explained"] else "NOT explained"
    return f"{what} {unit}, observed {outcome['observed_delta']:+.2f} {unit}: {verdict}."


def mask_meter(meter_id: str) -> str:
    """A meter id that names nobody: M-…1234."""
    return f"M-…{meter_id[-4:]}"


def _loss_pct(day: dict[str, Any]) -> Any:
    """The loss of a day in percent; a utility's own view may have one figure where ours has two."""
    return next((day[name] for name in ("loss_pct_adj", "loss_pct", "loss_percent") if day.get(name) is not None), None)


def _mask(row: dict[str, Any]) -> dict[str, Any]:
    """A row without what could name somebody. In a view that is not ours any text or number might."""
    row = row | {"meter_id": mask_meter(str(row["meter_id"]))} if "meter_id" in row else row
    if "reasons" in row:
        return row | {"transformer_id": None, "reasons": None}
    if "theft_cases_open" in row:
        return row
    figures = {name: value for name, value in row.items() if FIGURE.search(name) and not isinstance(value, str)}
    return figures | ({"meter_id": row["meter_id"]} if "meter_id" in row else {})


def _event(row: dict[str, Any], masked: bool) -> dict[str, Any]:
    params = dict(row["params"])
    if masked:
        params.pop("meterIds", None)
        row = row | {"meter_id": row["meter_id"] and mask_meter(row["meter_id"])}
    return row | {"params": params}


def status(connection: Connection, now: datetime) -> dict[str, Any]:
    """Queue, schedule, active events, freshness, recent jobs and the columns that GridLens uses."""
    watermark = ingest_watermark(connection)
    arrived = last_arrival(connection)
    return {
        "status": "ok",
        "queue": jobs.queue_health(connection, now),
        "schedule": jobs.schedule_of(connection),
        "active_events": [_event(row, False) for row in kpi.active_events(connection, watermark or now)],
        "last_ingest_at": arrived,
        "data_through": watermark,
        "data_age_s": None if watermark is None else max(0, int((now - watermark).total_seconds())),
        "recent_jobs": jobs.recent_jobs(connection),
        "schema_map": schema.stored(connection),
    }
