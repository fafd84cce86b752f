"""What advice consists of, row by row, each under the run that made it: zones, options, crews, times. Insert-only."""

import json
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, text

_MINE = "tenant_id = current_setting('app.tenant')"
TABLES = {
    "fault_zone_rankings": 'rank, zone_id COLLATE "C"',
    "restoration_options": "rank NULLS LAST, option_id",
    "crew_recommendations": 'job_id COLLATE "C", rank, crew_id COLLATE "C"',
    "outage_etrs": "given_at",
    "device_posteriors": 'rank, eq_class_id COLLATE "C"',
    "evidence_clusters": "window_start, cluster_id",
}


def put(connection: Connection, table: str, run_id: uuid.UUID, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert the rows of a run; every row has the same members, which are columns. Lists of dicts become JSON.

    Raises:
        ValueError: the table holds no advice.
    """
    if table not in TABLES:
        raise ValueError(f"{table} holds no advice")
    if not rows:
        return
    names = list(rows[0])
    connection.execute(
        text(
            f"INSERT INTO {table} (run_id, {', '.join(names)})"
            f" VALUES (:run_id, {', '.join(f':{name}' for name in names)})"
        ),
        [{"run_id": run_id} | {name: _stored(value) for name, value in row.items()} for row in rows],
    )


def _stored(value: Any) -> Any:
    """A value as the driver takes it: lists of texts and ids are arrays, everything else with members is JSON."""
    if isinstance(value, dict):
        return json.dumps(value)
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, list):
        return json.dumps(value)
    return value


def of_run(
    connection: Connection, table: str, run_id: uuid.UUID, first: int = 0, most: int | None = None
) -> list[dict[str, Any]]:
    """The rows of a run in their own order, without tenant and run; of them `most` from number `first` on."""
    rows = connection.execute(
        text(
            f"SELECT * FROM {table} WHERE {_MINE} AND run_id = :id ORDER BY {TABLES[table]} LIMIT :most OFFSET :first"
        ),
        {"id": run_id, "first": first, "most": most},
    )
    return [{n: v for n, v in row._mapping.items() if n not in {"tenant_id", "run_id"}} for row in rows]


def keep_zones(connection: Connection, version: uuid.UUID, rows: Sequence[Mapping[str, Any]]) -> None:
    """The zones of a topology version; those that stand are left."""
    if not rows:
        return
    names = list(rows[0])
    connection.execute(
        text(
            f"INSERT INTO fault_zones (topology_version_id, {', '.join(names)})"
            f" VALUES (:version, {', '.join(f':{name}' for name in names)})"
            " ON CONFLICT (tenant_id, topology_version_id, zone_id) DO NOTHING"
        ),
        [{"version": version} | {name: _stored(value) for name, value in row.items()} for row in rows],
    )


def feedback(connection: Connection, row: Mapping[str, Any]) -> None:
    """What an operator made of a recommendation."""
    connection.execute(
        text(
            "INSERT INTO operator_feedback (feedback_id, run_id, rec_type, rec_id, action, reason_code, note, actor_id)"
            " VALUES (:feedback_id, :run_id, :rec_type, :rec_id, :action, :reason_code, :note, :actor_id)"
        ),
        dict(row),
    )


def feedback_on(connection: Connection, runs: Sequence[uuid.UUID]) -> list[dict[str, Any]]:
    """What operators made of the recommendations of these runs, oldest first."""
    rows = connection.execute(
        text(
            "SELECT feedback_id, run_id, rec_type, rec_id, action, reason_code, note, actor_id, at"
            f" FROM operator_feedback WHERE {_MINE} AND run_id = ANY(:runs) ORDER BY at, feedback_id"
        ),
        {"runs": list(runs)},
    )
    return [dict(row._mapping) for row in rows]
