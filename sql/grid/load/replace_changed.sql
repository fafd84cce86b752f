-- Replace the reads that lose to the staged ones. Grain: one read. The replaced values were kept by keep_versions.sql.
UPDATE {day_table} AS r
SET
    feeder_id = c.feeder_id,
    kwh = c.kwh,
    voltage = c.voltage,
    quality_flags = c.quality_flags,
    source = c.source,
    arrived_at = c.arrived_at,
    updated_at = clock_timestamp()
FROM differing_reads AS c
WHERE NOT c.is_new AND c.wins AND r.tenant_id = c.tenant_id AND r.meter_id = c.meter_id AND r.read_at = c.read_at
