-- Carry over into the day that comes what it does not replace: reads that the batch does not bring, what stands beside
-- a value that is the same, and that a new read was never updated. Grain: one read.
-- Reader: the loader, before the tables change places.
INSERT INTO {beside} (
    tenant_id, meter_id, feeder_id, read_at, kwh, voltage, quality_flags, interval_minutes, source, arrived_at,
    updated_at
)
SELECT
    tenant_id,
    meter_id,
    feeder_id,
    read_at,
    kwh,
    voltage,
    quality_flags,
    interval_minutes,
    source,
    arrived_at,
    updated_at
FROM beside_exceptions
WHERE is_gone;

UPDATE {beside} AS n
SET
    source = coalesce(e.source, n.source),
    arrived_at = coalesce(e.arrived_at, n.arrived_at),
    updated_at = e.updated_at
FROM beside_exceptions AS e
WHERE (e.is_same OR e.is_new) AND n.ctid = e.new_ctid
