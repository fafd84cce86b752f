-- What each injected event was expected to do, beside what was observed. Grain: event, KPI and feeder.
-- Units: as `unit` says (pp: percentage points). Observed over the intervals that have come in, of at most the first
-- 24 hours of the event; expected_delta speaks of the same intervals (the energy that the event keeps out of the reads,
-- as foretold, over what was delivered), expected_whole_event of all of them. expected_together sums the expectations
-- of all events of that KPI on the feeder whose windows touch, because the observation cannot tell them apart.
-- The baseline of loss is the feeder's technical loss at the same load; of coverage and voltage, the hour before.
-- A cancelled event has no row: what part of its windows was published with it is not known here.
CREATE VIEW v_gl_event_outcomes WITH (security_invoker = true) AS
WITH observed AS (
    SELECT
        x.tenant_id,
        x.event_id,
        x.kpi,
        x.feeder_id,
        x.expected_delta AS expected_whole_event,
        x.tolerance,
        x.unit,
        x.formula,
        x.inputs,
        e.event_type,
        e.starts_at,
        e.ends_at,
        o.intervals_observed,
        o.observed_delta,
        coalesce(o.expected_delta, x.expected_delta) AS expected_delta
    FROM event_expectations AS x
    INNER JOIN ami_events AS e ON x.tenant_id = e.tenant_id AND x.event_id = e.id AND e.is_active
    CROSS JOIN LATERAL (
        SELECT
            count(*) AS intervals_observed,
            CASE x.kpi
                WHEN 'loss_pct_adj' THEN
                    100.0 * (sum(v.delivered_kwh - v.metered_hat_kwh) - sum(v.technical_loss_kwh))
                    / nullif(sum(v.delivered_kwh), 0)
                WHEN 'loss_pct_raw' THEN
                    100.0 * (sum(v.delivered_kwh - v.metered_kwh) - sum(v.technical_loss_kwh))
                    / nullif(sum(v.delivered_kwh), 0)
                WHEN 'coverage_pct' THEN avg(v.coverage_pct) - max(b.coverage_pct)
                WHEN 'avg_voltage' THEN avg(v.avg_voltage) - max(b.avg_voltage)
            END::double precision AS observed_delta,
            (100.0 * sum(m.missing_dwh) / 10000.0 / nullif(sum(v.delivered_kwh), 0))::double precision
                AS expected_delta
        FROM v_gl_feeder_interval AS v
        LEFT JOIN LATERAL (
            SELECT sum(i.missing_dwh) AS missing_dwh
            FROM event_expectation_intervals AS i
            WHERE
                i.tenant_id = x.tenant_id AND i.event_id = x.event_id AND i.kpi = x.kpi
                AND i.feeder_id = x.feeder_id
                AND i.read_at > v.read_at - make_interval(mins => v.interval_minutes) AND i.read_at <= v.read_at
        ) AS m ON true
        LEFT JOIN LATERAL (
            SELECT
                avg(w.coverage_pct) AS coverage_pct,
                avg(w.avg_voltage) AS avg_voltage
            FROM v_gl_feeder_interval AS w
            WHERE
                x.kpi IN ('coverage_pct', 'avg_voltage')
                AND w.tenant_id = x.tenant_id AND w.feeder_id = x.feeder_id
                AND w.read_at > e.starts_at - interval '1 hour' AND w.read_at <= e.starts_at
        ) AS b ON true
        WHERE
            v.tenant_id = x.tenant_id AND v.feeder_id = x.feeder_id
            AND v.read_at >= e.starts_at + make_interval(mins => v.interval_minutes)
            AND v.read_at
            < least(e.ends_at, e.starts_at + interval '24 hours') + make_interval(mins => v.interval_minutes)
            AND (x.kpi = 'coverage_pct' OR (v.delivered_kwh IS NOT null AND v.reads_received > 0))
    ) AS o
)

SELECT
    o.tenant_id,
    o.event_id,
    o.event_type,
    o.feeder_id,
    o.kpi,
    o.unit,
    o.starts_at,
    o.ends_at,
    o.expected_delta,
    o.expected_whole_event,
    t.expected_together,
    o.observed_delta,
    o.intervals_observed,
    o.tolerance,
    abs(o.observed_delta - t.expected_together) <= o.tolerance AS is_explained,
    o.formula,
    o.inputs
FROM observed AS o
CROSS JOIN LATERAL (
    SELECT sum(p.expected_delta) AS expected_together
    FROM observed AS p
    WHERE
        p.tenant_id = o.tenant_id AND p.feeder_id = o.feeder_id AND p.kpi = o.kpi
        AND p.starts_at < o.ends_at AND p.ends_at > o.starts_at
) AS t
