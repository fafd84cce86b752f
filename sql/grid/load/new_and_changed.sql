-- Which staged reads are new or differ from the read that stands. Grain: one staged read; the rest is as it stands.
-- day_table: the day's partition, or a query of an attached table. is_new tells the two apart; old_* is what stands.
-- Lives as long as the transaction.
-- wins: the staged value takes the place of the one that stands, because the batch replaces, or because what stands is
-- only a stand-in (estimated or zero by an outage, 1026, and not actual, 1) and a read has come.
-- Reader: the loader, under the lock of (tenant, day), so that the join cannot race.
CREATE TEMPORARY TABLE differing_reads ON COMMIT DROP AS
SELECT
    s.*,
    r.meter_id IS NULL AS is_new,
    coalesce(
        %(replace)s
        OR (
            r.quality_flags & 1026 > 0 AND r.quality_flags & 1 = 0
            AND (s.quality_flags & 1026 = 0 OR s.quality_flags & 1 = 1)
        ), FALSE
    ) AS wins,
    r.feeder_id AS old_feeder_id,
    r.kwh AS old_kwh,
    r.voltage AS old_voltage,
    r.quality_flags AS old_quality_flags,
    r.interval_minutes AS old_interval_minutes,
    r.source AS old_source,
    r.arrived_at AS old_arrived_at
FROM staged_reads AS s
LEFT JOIN {day_table} AS r
    ON s.meter_id = r.meter_id AND s.read_at = r.read_at AND s.tenant_id = r.tenant_id
WHERE
    r.meter_id IS NULL
    OR s.kwh IS DISTINCT FROM r.kwh
    OR s.voltage IS DISTINCT FROM r.voltage
    OR s.quality_flags IS DISTINCT FROM r.quality_flags
