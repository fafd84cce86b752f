-- Coverage by feeder and clock hour within (:start, :end]. Grain: feeder and hour (UTC). Units: percent of the expected
-- energy; counts of reads. Reader: pages.
SELECT
    feeder_id,
    date_trunc('hour', read_at - make_interval(mins => interval_minutes)) AS hour_start,
    (100.0 * sum(weight_received) / nullif(sum(weight_expected), 0))::float8 AS coverage_pct,
    sum(reads_received)::integer AS reads_received,
    sum(reads_expected)::integer AS reads_expected
FROM gl_feeder_interval
WHERE tenant_id = current_setting('app.tenant') AND read_at > :start AND read_at <= :end
GROUP BY feeder_id, date_trunc('hour', read_at - make_interval(mins => interval_minutes))
ORDER BY feeder_id COLLATE "C", hour_start
