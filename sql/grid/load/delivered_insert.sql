-- Add the delivered energy of intervals that have none yet. Grain: one feeder and interval. Unit: kWh.
INSERT INTO feeder_delivered (tenant_id, feeder_id, read_at, interval_minutes, kwh, source, arrived_at)
SELECT
    %(tenant)s,
    feeder_id,
    read_at,
    interval_minutes,
    kwh,
    source,
    arrived_at
FROM staged_delivered
ON CONFLICT (tenant_id, feeder_id, read_at) DO NOTHING
