-- Whether a batch's share of one local day meets no read that stands: then its reads are all new. Grain: one row.
-- The roll-up answers for the reads, each of which it counts, in an index look-up; both move in one transaction.
-- A read carries its interval's end, so the window's own start is not part of it. Reader: the loader, under the lock of
-- (tenant, day).
WITH day AS (
    SELECT
        from_ts,
        to_ts
    FROM day_bounds(%(timezone)s, %(day)s)
)

SELECT
    NOT EXISTS (
        SELECT 1
        FROM gl_feeder_interval
        WHERE
            tenant_id = %(tenant)s
            AND read_at > %(after)s AND read_at <= %(until)s
            AND read_at >= (SELECT day.from_ts FROM day) AND read_at < (SELECT day.to_ts FROM day)
            AND reads_received > 0
    )
