-- Meaning: the oldest local days of reads before a date, with what a disposal of each would remove.
-- Grain: one row a local day that has a partition and rows.
-- Units: reads; instants in UTC.
-- Reader: the grid's retention.
SELECT
    leaf.day,
    counted.reads,
    counted.last_change
FROM (
    SELECT to_date(right(day_table.relname, 8), 'YYYYMMDD') AS day
    FROM pg_inherits
    INNER JOIN pg_class AS day_table ON pg_inherits.inhrelid = day_table.oid
    INNER JOIN pg_class AS tenant_table ON pg_inherits.inhparent = tenant_table.oid
    INNER JOIN pg_namespace ON tenant_table.relnamespace = pg_namespace.oid
    WHERE
        pg_namespace.nspname = 'reads' AND tenant_table.relname = 'mre_' || left(md5(:tenant), 12)
        AND right(day_table.relname, 8) < to_char(:before, 'YYYYMMDD')
    ORDER BY day_table.relname COLLATE "C"
    LIMIT :n
) AS leaf
CROSS JOIN LATERAL day_bounds(:timezone, leaf.day) AS bounds
CROSS JOIN LATERAL (
    SELECT
        count(*) AS reads,
        max(greatest(r.arrived_at, r.updated_at)) AS last_change
    FROM meter_reads_electric AS r
    WHERE r.tenant_id = :tenant AND r.read_at >= bounds.from_ts AND r.read_at < bounds.to_ts
) AS counted
WHERE counted.reads > 0
ORDER BY leaf.day
