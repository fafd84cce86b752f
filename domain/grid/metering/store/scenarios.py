"""Injected scenarios and what they are expected to do, as rows. `ami_events` keeps the sources' column names."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, text

from domain.grid.metering.rules.expectation import Expectation
from domain.grid.metering.rules.scenario import DEFAULT_SHARE, Kind, Scenario, TheftMode


def scenarios_between(connection: Connection, start: datetime, end: datetime) -> list[Scenario]:
    """The active scenarios that touch [start, end), oldest first."""
    rows = connection.execute(
        text(
            "SELECT * FROM ami_events WHERE is_active AND starts_at < :end AND ends_at > :start ORDER BY starts_at, id"
        ),
        {"start": start, "end": end},
    ).mappings()
    return [_scenario(row) for row in rows]


def _scenario(row: RowMapping) -> Scenario:
    params = row["params"]
    meters = params.get("meterIds") or ([row["meter_id"]] if row["meter_id"] else [])
    return Scenario(
        event_id=str(row["id"]),
        kind=Kind(row["event_type"]),
        feeder_id=row["feeder_id"],
        meter_ids=frozenset(meters),
        severity=float(row["severity"]),
        starts_at=row["starts_at"],
        ends_at=row["ends_at"],
        seed=row["seed"],
        share=float(params.get("share", DEFAULT_SHARE)),
        mode=TheftMode(params.get("mode", TheftMode.SCALE)),
    )


def insert_scenario(connection: Connection, scenario: Scenario, created_by: str) -> None:
    """Store one scenario."""
    connection.execute(
        text(
            "INSERT INTO ami_events (id, tenant_id, feeder_id, meter_id, event_type, severity, starts_at, ends_at,"
            " params, seed, created_by) VALUES (:id, current_setting('app.tenant'), :feeder_id, :meter_id, :kind,"
            " :severity, :starts_at, :ends_at, CAST(:params AS jsonb), :seed, :created_by)"
        ),
        {
            "id": scenario.event_id,
            "feeder_id": scenario.feeder_id,
            "meter_id": next(iter(scenario.meter_ids)) if len(scenario.meter_ids) == 1 else None,
            "kind": scenario.kind.value,
            "severity": scenario.severity,
            "starts_at": scenario.starts_at,
            "ends_at": scenario.ends_at,
            "params": json.dumps(
                {"meterIds": sorted(scenario.meter_ids), "share": scenario.share, "mode": scenario.mode.value}
            ),
            "seed": scenario.seed,
            "created_by": created_by,
        },
    )


def insert_expectations(connection: Connection, event_id: str, expectations: Sequence[Expectation]) -> None:
    """Write down what the event must do, before it is observed."""
    if not expectations:
        return
    connection.execute(
        text(
            "INSERT INTO event_expectations"
            " (event_id, kpi, feeder_id, expected_delta, tolerance, unit, formula, inputs)"
            " VALUES (:event_id, :kpi, :feeder_id, :delta, :tolerance, :unit, :formula, CAST(:inputs AS jsonb))"
        ),
        [
            {
                "event_id": event_id,
                "kpi": e.kpi,
                "feeder_id": e.feeder_id,
                "delta": e.delta,
                "tolerance": e.tolerance,
                "unit": e.unit,
                "formula": e.formula,
                "inputs": json.dumps(e.inputs),
            }
            for e in expectations
        ],
    )


def cancel_scenario(connection: Connection, event_id: str, by: str, at: datetime) -> bool:
    """Withdraw a scenario by hand; answer whether it was active. Reads that stand are not touched."""
    done = connection.execute(
        text(
            "UPDATE ami_events SET is_active = false, cancelled_at = :at, cancelled_by = :by"
            " WHERE id = CAST(:id AS uuid) AND is_active"
        ),
        {"id": event_id, "by": by, "at": at},
    )
    return done.rowcount == 1


def resolve_feeder(connection: Connection, name: str) -> str | None:
    """The feeder id for an id or a code."""
    found: str | None = connection.execute(
        text(
            "SELECT feeder_id FROM feeders WHERE feeder_id = :name OR code = :name"
            " ORDER BY feeder_id = :name DESC, feeder_id LIMIT 1"
        ),
        {"name": name},
    ).scalar()
    return found


def feeder_names(connection: Connection, limit: int = 12) -> list[str]:
    """Some feeder ids, for hints."""
    return list(
        connection.execute(text('SELECT feeder_id FROM feeders ORDER BY feeder_id COLLATE "C" LIMIT :n'), {"n": limit})
        .scalars()
        .all()
    )


def unknown_meters(connection: Connection, meter_ids: Sequence[str], feeder_id: str | None = None) -> list[str]:
    """Those of the ids that the registry does not know, or not on the feeder where one is named."""
    known = set(
        connection.execute(
            text(
                "SELECT meter_id FROM meters WHERE meter_id = ANY(:ids)"
                " AND (CAST(:feeder AS text) IS NULL OR feeder_id = :feeder)"
            ),
            {"ids": list(meter_ids), "feeder": feeder_id},
        ).scalars()
    )
    return [meter for meter in meter_ids if meter not in known]


def recent(connection: Connection, limit: int) -> list[dict[str, Any]]:
    """The newest scenarios first, cancelled ones too, with how many meters their expectations count."""
    found = connection.execute(
        text(
            "SELECT e.id::text AS event_id, e.event_type AS kind, e.feeder_id, e.severity::float8 AS severity,"
            " e.starts_at, e.ends_at, e.is_active, e.cancelled_at, e.params, e.created_by, u.name AS created_by_name,"
            " (SELECT max((x.inputs ->> 'meters')::integer) FROM event_expectations AS x"
            "   WHERE x.tenant_id = e.tenant_id AND x.event_id = e.id) AS meters"
            " FROM ami_events AS e LEFT JOIN users AS u ON u.id::text = e.created_by"
            " WHERE e.tenant_id = current_setting('app.tenant') ORDER BY e.starts_at DESC, e.id LIMIT :n"
        ),
        {"n": limit},
    ).mappings()
    return [dict(row) for row in found]
