-- Each expectation of the newest :n events with the measure's level before, during and after. Grain: event, KPI, feeder.
-- Before and after last as long as the event, but at least one hour and at most four; during: its first 24 hours.
-- Units: percent, or V for avg_voltage; changes as `unit` says. Reader: pages and charts.
WITH outcomes AS (
    SELECT
        o.*,
        e.severity::float8 AS severity,
        least(greatest(e.ends_at - e.starts_at, interval '1 hour'), interval '4 hours') AS around
    FROM v_gl_event_outcomes AS o
    INNER JOIN ami_events AS e ON o.tenant_id = e.tenant_id AND o.event_id = e.id
    WHERE
        o.tenant_id = current_setting('app.tenant')
        AND o.event_id IN (
            SELECT r.id FROM ami_events AS r
            WHERE
                r.tenant_id = current_setting('app.tenant')
                AND (cast(:event_id AS uuid) IS NULL OR r.id = cast(:event_id AS uuid))
            ORDER BY r.starts_at DESC, r.id
            LIMIT :n
        )
)

SELECT
    o.event_id::text AS event_id,
    o.event_type AS kind,
    o.severity,
    o.feeder_id,
    o.kpi,
    o.unit,
    o.starts_at,
    o.ends_at,
    o.expected_together::float8 AS expected,
    o.observed_delta AS observed,
    o.tolerance,
    o.intervals_observed::integer AS intervals,
    o.formula,
    max(level.value) FILTER (WHERE span.name = 'before') AS before,
    max(level.value) FILTER (WHERE span.name = 'during') AS during,
    max(level.value) FILTER (WHERE span.name = 'after') AS after
FROM outcomes AS o
CROSS JOIN LATERAL (
    VALUES
    ('before', o.starts_at - o.around, o.starts_at),
    ('during', o.starts_at, least(o.ends_at, o.starts_at + interval '24 hours')),
    ('after', o.ends_at, o.ends_at + o.around)
) AS span (name, from_ts, to_ts)
CROSS JOIN LATERAL (
    SELECT
        CASE o.kpi
            WHEN 'loss_pct_adj' THEN
                100.0 * sum(v.delivered_kwh - v.metered_hat_kwh) / nullif(abs(sum(v.delivered_kwh)), 0)
            WHEN 'loss_pct_raw' THEN
                100.0 * sum(v.delivered_kwh - v.metered_kwh) / nullif(abs(sum(v.delivered_kwh)), 0)
            WHEN 'coverage_pct' THEN avg(v.coverage_pct)
            WHEN 'avg_voltage' THEN avg(v.avg_voltage)
        END::float8 AS value
    FROM v_gl_feeder_interval AS v
    WHERE
        v.tenant_id = o.tenant_id AND v.feeder_id = o.feeder_id
        AND v.read_at > span.from_ts AND v.read_at <= span.to_ts
        AND (o.kpi = 'coverage_pct' OR (v.delivered_kwh IS NOT NULL AND v.reads_received > 0))
) AS level
GROUP BY
    o.event_id, o.event_type, o.severity, o.feeder_id, o.kpi, o.unit, o.starts_at, o.ends_at, o.expected_together,
    o.observed_delta, o.tolerance, o.intervals_observed, o.formula
ORDER BY o.starts_at DESC, o.event_id, o.feeder_id COLLATE "C", o.kpi
