-- What each injected event was expected to do, beside what was observed. Grain: event, KPI and feeder.
-- Units: as `unit` says (pp: percentage points). expected_together sums the expectations of all events of that KPI on
-- the feeder whose windows touch, because the observation cannot tell them apart.
-- Observed over at most the first 24 hours of the event. The baseline of loss is the feeder's technical loss at the same load; of coverage and voltage, the hour before.
CREATE VIEW v_gl_event_outcomes WITH (security_invoker = true) AS
SELECT
    x.tenant_id,
    x.event_id,
    e.event_type,
    x.feeder_id,
    x.kpi,
    x.unit,
    e.starts_at,
    e.ends_at,
    x.expected_delta,
    t.expected_together,
    o.observed_delta,
    o.intervals_observed,
    x.tolerance,
    abs(o.observed_delta - t.expected_together) <= x.tolerance AS is_explained,
    x.formula,
    x.inputs
FROM event_expectations AS x
INNER JOIN ami_events AS e ON x.tenant_id = e.tenant_id AND x.event_id = e.id
CROSS JOIN LATERAL (
    SELECT sum(y.expected_delta) AS expected_together
    FROM event_expectations AS y
    INNER JOIN ami_events AS f ON y.tenant_id = f.tenant_id AND y.event_id = f.id
    WHERE
        y.tenant_id = x.tenant_id AND y.feeder_id = x.feeder_id AND y.kpi = x.kpi
        AND f.is_active AND f.starts_at < e.ends_at AND f.ends_at > e.starts_at
) AS t
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
        END::double precision AS observed_delta
    FROM v_gl_feeder_interval AS v
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
        AND v.read_at < least(e.ends_at, e.starts_at + interval '24 hours') + make_interval(mins => v.interval_minutes)
        AND (x.kpi = 'coverage_pct' OR (v.delivered_kwh IS NOT NULL AND v.reads_received > 0))
) AS o;
