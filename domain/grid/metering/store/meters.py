"""What the meters' pages ask: the list of suspicious ones, and one meter with its days, reads, peers and flags."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from psycopg.rows import dict_row
from sqlalchemy import Connection

from domain.grid.metering.rules.meter_hours import MeterHour
from domain.grid.metering.rules.series import MeterDay, Reason, SuspiciousMeter
from domain.grid.metering.store.kpi import rows
from domain.grid.metering.store.schema import driver_of
from domain.kernel.sqlfiles import sql_file
from domain.kernel.tenancy import load_tenant

_TENANT = "tenant_id = current_setting('app.tenant')"
_LIST = f"""
SELECT s.meter_id, s.feeder_id, s.score, s.rank, s.confidence, s.ntl_kwh_est, s.reasons, s.suppressors, s.case_status,
  m.transformer_id, COALESCE(m.latitude, n.latitude) AS latitude, COALESCE(m.longitude, n.longitude) AS longitude
FROM (
  SELECT * FROM meter_suspicion
  WHERE {_TENANT} AND local_date = :on AND rank > :after AND score >= :least
    AND (CAST(:feeder AS text) IS NULL OR feeder_id = :feeder)
    AND (CAST(:reason AS text) IS NULL OR EXISTS (
      SELECT 1 FROM jsonb_array_elements(reasons) AS r WHERE r ->> 'code' = :reason AND (r ->> 'points')::float8 > 0))
  ORDER BY rank LIMIT :n
) AS s
LEFT JOIN meters AS m ON m.tenant_id = s.tenant_id AND m.meter_id = s.meter_id
LEFT JOIN network_nodes AS n ON n.tenant_id = m.tenant_id AND n.node_id = m.node_id
ORDER BY s.rank
"""


def scored_on(connection: Connection) -> date | None:
    """The latest local date for which meters were scored; None before the first."""
    found: date | None = rows(connection, f"SELECT max(local_date) AS d FROM meter_suspicion WHERE {_TENANT}")[0]["d"]
    return found


def is_scored(connection: Connection, on: date) -> bool:
    """Whether meters were scored for a local date."""
    query = f"SELECT EXISTS (SELECT 1 FROM meter_suspicion WHERE {_TENANT} AND local_date = :on) AS scored"
    return bool(rows(connection, query, on=on)[0]["scored"])


def suspicious(
    connection: Connection,
    on: date,
    *,
    feeder: str | None = None,
    reason: str | None = None,
    least: float = 0.0,
    after_rank: int = 0,
    limit: int = 50,
) -> list[SuspiciousMeter]:
    """Scored meters of a date in order of rank, from behind `after_rank` on."""
    found = rows(connection, _LIST, on=on, feeder=feeder, reason=reason, least=least, after=after_rank, n=limit)
    return [_suspicious(row) for row in found]


def _suspicious(row: dict[str, Any]) -> SuspiciousMeter:
    reasons = tuple(Reason(r["code"], float(r["points"]), r["text"]) for r in row["reasons"])
    return SuspiciousMeter(**row | {"reasons": reasons, "suppressors": tuple(row["suppressors"])})


def suspicion_of(connection: Connection, meter_id: str) -> dict[str, Any] | None:
    """The meter's row of the latest scoring, with all its measures; None if it was not scored."""
    found = rows(
        connection,
        f"SELECT * FROM meter_suspicion WHERE {_TENANT} AND meter_id = :meter ORDER BY local_date DESC LIMIT 1",
        meter=meter_id,
    )
    return found[0] if found else None


def meter(connection: Connection, meter_id: str) -> dict[str, Any] | None:
    """The meter as the network knows it; None if the tenant has none of that id."""
    found = rows(connection, f"SELECT * FROM meters WHERE {_TENANT} AND meter_id = :meter", meter=meter_id)
    return found[0] if found else None


def last_read_at(connection: Connection, meter_id: str, on: date) -> datetime | None:
    """The end of the meter's latest read, `on` the last day that its roll-up knows.

    Tenant and instant are bound, not looked up inside the query: else it is planned over every day that ever was.
    """
    found: datetime | None = _reads(
        connection,
        "SELECT max(read_at) AS at FROM meter_reads_electric WHERE tenant_id = %(tenant)s AND meter_id = %(meter)s"
        " AND read_at > %(since)s",
        meter=meter_id,
        since=datetime.combine(on - timedelta(days=1), time(), UTC),
    )[0]["at"]
    return found


def _reads(connection: Connection, query: str, **values: object) -> list[dict[str, Any]]:
    """The rows of a query on reads of some days, planned for these very days each time.

    What is prepared is planned now and then for any days that could be asked, and that opens all there ever were.
    """
    bound = values | {"tenant": load_tenant(connection).tenant_id}
    with driver_of(connection).cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query, bound, prepare=False).fetchall()


def days(connection: Connection, meter_id: str, feeder_id: str, last_day: date, window_days: int) -> list[MeterDay]:
    """The meter's last 35 days beside the expected; the baseline ends where the judged window begins."""
    found = rows(
        connection,
        sql_file("grid/queries/meter_days.sql"),
        meter=meter_id,
        feeder=feeder_id,
        last_day=last_day,
        base_until=last_day - timedelta(days=window_days),
    )
    return [MeterDay(**row) for row in found]


def last_day(connection: Connection, meter_id: str) -> date | None:
    """The last local day with reads of the meter; None before the first."""
    found: date | None = rows(
        connection, f"SELECT max(local_date) AS d FROM gl_meter_day WHERE {_TENANT} AND meter_id = :m", m=meter_id
    )[0]["d"]
    return found


def peers(connection: Connection, meter_id: str, transformer_id: str | None, on: date) -> list[dict[str, Any]]:
    """The other meters on the same transformer with that day's energy in kWh and their score, by id."""
    return rows(
        connection,
        f"""
SELECT m.meter_id, m.class, m.has_pv, (d.kwh_dwh / 10000.0)::float8 AS kwh, d.reads, s.score, s.own_drop_pct
FROM meters AS m
LEFT JOIN gl_meter_day AS d ON d.tenant_id = m.tenant_id AND d.meter_id = m.meter_id AND d.local_date = :on
LEFT JOIN meter_suspicion AS s ON s.tenant_id = m.tenant_id AND s.meter_id = m.meter_id
  AND s.local_date = (SELECT max(local_date) FROM meter_suspicion WHERE {_TENANT})
WHERE m.{_TENANT} AND m.transformer_id = :transformer AND m.is_active AND m.meter_id <> :meter
ORDER BY m.meter_id COLLATE "C" LIMIT 40
""",
        on=on,
        transformer=transformer_id,
        meter=meter_id,
    )


def reads(
    connection: Connection, meter_id: str, peer_ids: list[str], start: datetime, end: datetime
) -> list[dict[str, Any]]:
    """The meter's reads within (start, end] with the median voltage of its peers, in time order."""
    query = sql_file("grid/queries/meter_reads.sql")
    return _reads(connection, query, meter=meter_id, peers=peer_ids, start=start, end=end)


def hours(
    connection: Connection, meter_id: str, peer_ids: list[str], end: datetime, days: int, peers_from: datetime
) -> list[MeterHour]:
    """The meter's whole hours of the last days, since `peers_from` with the voltage of its neighbours too."""
    found = _reads(
        connection,
        sql_file("grid/queries/meter_hours.sql"),
        meter=meter_id,
        peers=peer_ids,
        start=end - timedelta(days=days),
        peers_from=peers_from,
        end=end,
    )
    return [MeterHour(**row) for row in found]


def versions(connection: Connection, meter_id: str, limit: int = 20) -> list[dict[str, Any]]:
    """Values of the meter's reads that were replaced, offered or in conflict, the latest first."""
    return rows(
        connection,
        f"SELECT read_at, kind, kwh, voltage, source, recorded_at FROM meter_read_versions"
        f" WHERE {_TENANT} AND meter_id = :meter ORDER BY read_at DESC, kind, kwh LIMIT :n",
        meter=meter_id,
        n=limit,
    )
