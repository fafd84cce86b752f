-- Replace the delivered energy that differs. Grain: one feeder and interval. Unit: kWh.
-- The replaced values were kept by delivered_keep_versions.sql.
UPDATE feeder_delivered AS d
SET
    kwh = s.kwh,
    interval_minutes = s.interval_minutes,
    source = s.source,
    arrived_at = s.arrived_at
FROM staged_delivered AS s
WHERE
    d.tenant_id = %(tenant)s AND d.feeder_id = s.feeder_id AND d.read_at = s.read_at
    AND (s.kwh IS DISTINCT FROM d.kwh OR s.interval_minutes IS DISTINCT FROM d.interval_minutes)
