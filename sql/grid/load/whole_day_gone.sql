-- The reads of a day that the batch does not bring, as what the new day gains beside the batch. Grain: one read.
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
FROM beside_exceptions
WHERE is_gone
