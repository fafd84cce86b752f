-- What a row-level load changed, with a sign: +1 for values that now stand, -1 for values that no longer do.
-- Grain: one value of one read. Every roll-up column is a sum, so a roll-up moves by the signed sum.
CREATE TEMPORARY TABLE delta_reads ON COMMIT DROP AS
SELECT
    1::smallint AS sign,
    meter_id,
    feeder_id,
    read_at,
    kwh,
    voltage,
    quality_flags,
    interval_minutes,
    arrived_at
FROM differing_reads
WHERE is_new OR wins
UNION ALL
SELECT
    -1::smallint,
    meter_id,
    old_feeder_id,
    read_at,
    old_kwh,
    old_voltage,
    old_quality_flags,
    old_interval_minutes,
    old_arrived_at
FROM differing_reads
WHERE NOT is_new AND wins
