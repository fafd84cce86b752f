-- Meaning: the oldest local days of reads before a date, with what a disposal of each would remove.
-- Grain: one row a local day that has a partition and rows.
-- Units: reads; instants in UTC.
-- Reader: the grid's retention.
SELECT
    leaf.day,
    counted.reads,
    counted.last_change
FROM (
    SELECT to_date(right(inhrelid::regclass::text, 8), 'YYYYMMDD') AS day
    FROM pg_inherits
    WHERE inhparent = to_regclass('reads.mre_' || left(md5(:tenant), 12))
) AS leaf
CROSS JOIN LATERAL day_bounds(:timezone, leaf.day) AS bounds
CROSS JOIN LATERAL (
    SELECT
        count(*) AS reads,
        max(greatest(r.arrived_at, r.updated_at)) AS last_change
    FROM meter_reads_electric AS r
    WHERE r.tenant_id = :tenant AND r.read_at >= bounds.from_ts AND r.read_at < bounds.to_ts
) AS counted
WHERE leaf.day < cast(:before AS date) AND counted.reads > 0
ORDER BY leaf.day
LIMIT :n
