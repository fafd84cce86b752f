-- Whether a batch's share of one local day meets no read that stands: then its reads are all new. Grain: one row.
-- The roll-up answers for the reads, of which it counts each, in an index look-up; both move in one transaction.
-- A read carries its interval's end, so the window's own start is not part of it. Reader: the loader, under the lock of
-- (tenant, day).
SELECT
    NOT EXISTS (
        SELECT 1
        FROM gl_feeder_interval AS g
        CROSS JOIN day_bounds(%(timezone)s, %(day)s) AS y
        WHERE
            g.tenant_id = %(tenant)s
            AND g.read_at > %(start)s AND g.read_at <= %(end)s
            AND g.read_at >= y.from_ts AND g.read_at < y.to_ts
            AND g.reads_received > 0
    )
