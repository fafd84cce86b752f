-- Events that touch (:start, :end] and a feeder (all feeders when :feeder is NULL), oldest first, with what they had to
-- do to the corrected loss. Grain: event and feeder. Units: percentage points. Reader: charts.
SELECT
    e.event_type AS kind,
    e.starts_at,
    e.ends_at,
    x.expected_delta AS expected_pp,
    cast(e.id AS text) AS event_id,
    cast(e.severity AS float8) AS severity,
    coalesce(x.feeder_id, e.feeder_id) AS feeder_id
FROM ami_events AS e
LEFT JOIN event_expectations AS x
    ON e.tenant_id = x.tenant_id AND e.id = x.event_id AND x.kpi = 'loss_pct_adj'
WHERE
    e.tenant_id = current_setting('app.tenant')
    AND e.is_active
    AND e.starts_at < :end AND e.ends_at > :start
    AND (cast(:feeder AS text) IS NULL OR coalesce(x.feeder_id, e.feeder_id) = :feeder)
ORDER BY e.starts_at, e.id, x.feeder_id
