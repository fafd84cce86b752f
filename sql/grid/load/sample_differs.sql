-- How many of a few reads stand already with another value. Grain: one row, a count of reads.
-- day_table: the day's partition. Reader: the loader, to guess whether replacing the whole day is worth it.
SELECT count(*)
FROM unnest(
    %(meters)s::text[], %(read_at)s::timestamptz[], %(kwh)s::float8[], %(voltage)s::float8[], %(flags)s::integer[]
) AS s (meter_id, read_at, kwh, voltage, quality_flags)
INNER JOIN {day_table} AS r ON s.meter_id = r.meter_id AND s.read_at = r.read_at
WHERE
    r.tenant_id = %(tenant)s
    AND (
        s.kwh IS DISTINCT FROM r.kwh
        OR s.voltage IS DISTINCT FROM r.voltage
        OR s.quality_flags IS DISTINCT FROM r.quality_flags
    )
