"""The figures that the grid's signal rules look at, as they stand in the database."""

from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection, text

from domain.grid.advice.rules.figures import (
    LOSS_WINDOW_DAYS,
    OUTAGE_WINDOW_DAYS,
    SHARE_WINDOW_DAYS,
    DeviceOutages,
    FeederCount,
    FeederLoss,
    ScoredMeter,
)

_TENANT = "tenant_id = current_setting('app.tenant')"
MOST_METERS = 200


def last_day(connection: Connection) -> date | None:
    """The latest local day that has figures."""
    found: date | None = connection.execute(
        text(f"SELECT max(local_date) FROM gl_feeder_day WHERE {_TENANT}")
    ).scalar_one()
    return found


def feeder_losses(connection: Connection, on: date) -> list[FeederLoss]:
    """Each feeder's coverage-corrected daily loss of the week that ends with the day, and its band before that week."""
    first = on - timedelta(days=LOSS_WINDOW_DAYS - 1)
    rows = connection.execute(
        text(
            "SELECT f.feeder_id, d.days, b.median_pct::float8 AS usual, b.mad_pct::float8 AS mad FROM ("
            "  SELECT feeder_id, array_agg(json_build_array(local_date,"
            "    100.0 * (delivered_dwh - metered_hat_dwh) / delivered_dwh) ORDER BY local_date) AS days"
            f"  FROM gl_feeder_day WHERE {_TENANT} AND local_date BETWEEN :first AND :last"
            "  AND delivered_dwh > 10000 AND weight_received >= 0.6 * weight_expected GROUP BY feeder_id) AS d"
            f" JOIN feeders AS f ON f.{_TENANT} AND f.feeder_id = d.feeder_id"
            " CROSS JOIN LATERAL feeder_loss_baseline(current_setting('app.tenant'), f.feeder_id, :first) AS b"
            ' ORDER BY f.feeder_id COLLATE "C"'
        ),
        {"first": first, "last": on},
    )
    return [
        FeederLoss(
            row.feeder_id, [(date.fromisoformat(day), float(loss)) for day, loss in row.days], row.usual, row.mad
        )
        for row in rows
    ]


def missing_reads(connection: Connection, on: date) -> list[FeederCount]:
    """How many of each feeder's expected reads of three days did not come."""
    return _counted(connection, on, "GREATEST(sum(reads_expected) - sum(reads_received), 0)", "sum(reads_expected)")


def low_voltages(connection: Connection, on: date) -> list[FeederCount]:
    """How many of each feeder's voltages of three days lay below range A."""
    return _counted(connection, on, "sum(voltage_below_a)", "sum(voltage_reads)")


def _counted(connection: Connection, on: date, k: str, n: str) -> list[FeederCount]:
    rows = connection.execute(
        text(
            f"SELECT feeder_id, ({k})::bigint AS k, GREATEST(({n})::bigint, ({k})::bigint) AS n FROM gl_feeder_day"
            f" WHERE {_TENANT} AND local_date BETWEEN :first AND :last GROUP BY feeder_id"
            ' ORDER BY feeder_id COLLATE "C"'
        ),
        {"first": on - timedelta(days=SHARE_WINDOW_DAYS - 1), "last": on},
    )
    return [FeederCount(row.feeder_id, row.k, row.n) for row in rows]


def scored_meters(connection: Connection, on: date, least: float) -> list[ScoredMeter]:
    """The day's meters that reach a score, and those about which a signal is open, by rank."""
    rows = connection.execute(
        text(
            "SELECT meter_id, feeder_id, score, window_days, scoring_version, reasons, suppressors"
            f" FROM meter_suspicion AS m WHERE m.{_TENANT} AND local_date = :on AND ("
            "  (score >= :least AND rank <= :most) OR EXISTS (SELECT 1 FROM signals AS s"
            "    WHERE s.tenant_id = m.tenant_id AND s.room = 'grid' AND s.signal_type = 'METER_SUSPICION'"
            "    AND s.subject_id = m.meter_id AND s.state = 'OPEN')) ORDER BY rank, meter_id"
        ),
        {"on": on, "least": least, "most": MOST_METERS},
    )
    return [_scored(row) for row in rows]


def _scored(row: Any) -> ScoredMeter:
    reasons = [(one["code"], float(one["points"]), str(one["text"])) for one in row.reasons]
    return ScoredMeter(
        row.meter_id,
        row.feeder_id,
        float(row.score),
        row.window_days,
        row.scoring_version,
        reasons,
        list(row.suppressors),
    )


def repeated_outages(connection: Connection, on: date) -> list[DeviceOutages]:
    """Devices with their confirmed outages of ninety days, and those about which a signal is open."""
    rows = connection.execute(
        text(
            "WITH own AS (SELECT device_id, min(feeder_id) AS feeder_id, array_agg(json_build_array(outage_id,"
            "  extract(epoch FROM started_at)) ORDER BY started_at, outage_id)"
            f"  AS outages FROM outages WHERE {_TENANT} AND NOT planned AND excluded_reason IS NULL"
            "  AND started_at >= :first AND started_at < :after GROUP BY device_id)"
            " SELECT device_id, feeder_id, outages FROM (SELECT device_id, feeder_id, outages FROM own UNION ALL"
            " SELECT s.subject_id, '', '{}' FROM signals AS s"
            f" WHERE s.{_TENANT} AND s.room = 'grid' AND s.signal_type = 'REPEATED_OUTAGES' AND s.state = 'OPEN'"
            " AND NOT EXISTS (SELECT 1 FROM own WHERE own.device_id = s.subject_id)) AS looked_at"
            ' ORDER BY device_id COLLATE "C"'
        ),
        {"first": on - timedelta(days=OUTAGE_WINDOW_DAYS - 1), "after": on + timedelta(days=1)},
    )
    return [
        DeviceOutages(row.device_id, row.feeder_id, [(str(one[0]), str(one[1])) for one in row.outages]) for row in rows
    ]
