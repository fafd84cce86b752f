-- Which staged reads are new, and which differ from the read that stands. Grain: one staged read.
-- {day_table}: the day's partition; temporary tables new_reads and changed_reads live as long as the transaction.
-- Reader: the loader, under the lock of (tenant, day), so that the anti-join cannot race.
CREATE TEMPORARY TABLE new_reads ON COMMIT DROP AS
SELECT s.*
FROM staged_reads AS s
LEFT JOIN {day_table} AS r
    ON s.meter_id = r.meter_id AND s.read_at = r.read_at AND r.tenant_id = s.tenant_id
WHERE r.meter_id IS NULL;

CREATE TEMPORARY TABLE changed_reads ON COMMIT DROP AS
SELECT
    s.*,
    r.feeder_id AS old_feeder_id,
    r.kwh AS old_kwh,
    r.voltage AS old_voltage,
    r.quality_flags AS old_quality_flags,
    r.interval_minutes AS old_interval_minutes,
    r.source AS old_source,
    r.arrived_at AS old_arrived_at
FROM staged_reads AS s
INNER JOIN {day_table} AS r
    ON s.meter_id = r.meter_id AND s.read_at = r.read_at AND r.tenant_id = s.tenant_id
WHERE (s.kwh, s.voltage, s.quality_flags) IS DISTINCT FROM (r.kwh, r.voltage, r.quality_flags);
