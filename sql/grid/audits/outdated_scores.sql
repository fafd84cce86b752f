-- Days that were scored before a load of reads on which their scores rest: the day itself, or the days before it.
-- Grain: local day, with the newest such load. Both instants are the ledger's. Reader: the sensor of late reads.
-- :since bounds the loads that are looked at; :history_days is how far back a score looks.
WITH loads AS (
    SELECT
        b.batch_id,
        e.recorded_at,
        (b.window_start AT TIME ZONE t.timezone)::date AS first_day,
        ((b.window_end - interval '1 second') AT TIME ZONE t.timezone)::date AS last_day
    FROM read_batches AS b
    INNER JOIN tenants AS t ON b.tenant_id = t.tenant_id
    INNER JOIN events AS e ON b.tenant_id = e.tenant_id AND b.batch_id = e.run_id
    WHERE
        b.tenant_id = current_setting('app.tenant')
        AND b.published_at > :since
        AND e.event_type = 'grid.reads.published'
),

scored AS (
    SELECT
        e.entity_id::date AS local_date,
        max(e.recorded_at) AS recorded_at
    FROM events AS e
    WHERE e.tenant_id = current_setting('app.tenant') AND e.event_type = 'grid.suspicion.scored'
    GROUP BY e.entity_id
)

SELECT DISTINCT ON (s.local_date)
    s.local_date,
    l.batch_id::text AS batch_id
FROM scored AS s
INNER JOIN loads AS l
    ON s.local_date >= l.first_day AND s.local_date <= l.last_day + :history_days AND s.recorded_at < l.recorded_at
ORDER BY s.local_date ASC, l.recorded_at DESC, l.batch_id ASC
