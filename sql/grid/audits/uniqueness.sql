-- How often each kind of count sees the reads of one local day. Grain: one row. Unit: reads.
-- All four agree, and duplicates is 0, when each read stands once and was rolled up once.
-- Reader: the uniqueness check of the reads.
SELECT
    coalesce(r.reads, 0)::bigint AS reads,
    (coalesce(r.reads, 0) - r.distinct_reads)::bigint AS duplicates,
    (
        SELECT coalesce(sum(g.reads), 0)
        FROM gl_meter_day AS g
        WHERE g.tenant_id = :tenant AND g.local_date = :day
    )::bigint AS in_meter_days,
    (
        SELECT coalesce(sum(g.reads_received + g.reads_estimated), 0)
        FROM gl_feeder_interval AS g
        WHERE g.tenant_id = :tenant AND g.read_at >= :from_ts AND g.read_at < :to_ts
    )::bigint AS in_feeder_intervals,
    (
        SELECT coalesce(sum(g.reads_received + g.reads_estimated), 0)
        FROM gl_feeder_day AS g
        WHERE g.tenant_id = :tenant AND g.local_date = :day
    )::bigint AS in_feeder_days
FROM (
    SELECT
        sum(k.times) AS reads,
        count(*) AS distinct_reads
    FROM (
        SELECT count(*) AS times
        FROM meter_reads_electric
        WHERE tenant_id = :tenant AND read_at >= :from_ts AND read_at < :to_ts
        GROUP BY meter_id, read_at
    ) AS k
) AS r
