-- What each injected event was expected to do, beside what was observed. Grain: event, KPI and feeder.
-- Units: levels in percent or volts, changes as `unit` says (pp: percentage points).
-- Observed: the figure of the recorded intervals less that of their twins, the very same intervals without the event
-- (same missing, stuck and spiking meters, same head-meter error, every other event in place; rules/twin.py). Both over
-- the intervals that were published with the event, of at most its first 24 hours. VEE's estimates came later and are
-- left out; what is missing is filled in alike on both sides.
-- Expected: what the event's own parameters must change in the twin's reads over the same intervals; before the first
-- of them, expected_whole_event, foretold at injection. Explained: the two differ by at most the tolerance.
-- With D, M, W, R of the twin (delivered, metered, weight, weight received; ^: times W / R) and d of the effect:
-- loss_pct_adj   100 * sum((D - dD) - (M^ - dM^)) / sum(D - dD), less the twin's level; if dD = 0 that is
--                100 * sum(dM^) / sum(D)
-- loss_pct_raw   the same without ^              delivered_pct  -100 * sum(dD) / sum(D): a theft does not move it
-- coverage_pct   -100 * sum(dR) / sum(W)         avg_voltage    -sum(dV) / reads
-- A cancelled event has no row.
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
    coalesce(f.expected_level - f.twin_level, x.expected_delta) AS expected_delta,
    x.expected_delta AS expected_whole_event,
    f.recorded_level - f.twin_level AS observed_delta,
    f.recorded_level,
    f.twin_level,
    f.intervals_observed,
    x.tolerance,
    abs(f.recorded_level - f.expected_level) <= x.tolerance AS is_explained,
    x.formula,
    x.inputs
FROM event_expectations AS x
INNER JOIN ami_events AS e ON x.tenant_id = e.tenant_id AND x.event_id = e.id AND e.is_active
CROSS JOIN LATERAL (
    SELECT
        count(*) AS intervals_observed,
        CASE x.kpi
            WHEN 'loss_pct_adj' THEN
                100.0 * sum(g.delivered_dwh - s.metered_dwh * g.weight_expected / nullif(g.weight_received, 0))
                / nullif(abs(sum(g.delivered_dwh)), 0)
            WHEN 'loss_pct_raw' THEN
                100.0 * sum(g.delivered_dwh - s.metered_dwh) / nullif(abs(sum(g.delivered_dwh)), 0)
            WHEN 'delivered_pct' THEN 100.0 * sum(g.delivered_dwh) / nullif(sum(t.delivered_dwh), 0)
            WHEN 'coverage_pct' THEN 100.0 * sum(g.weight_received) / nullif(sum(g.weight_expected), 0)
            WHEN 'avg_voltage' THEN sum(g.voltage_sum_cv) / 100.0 / nullif(sum(g.voltage_reads), 0)
        END::double precision AS recorded_level,
        CASE x.kpi
            WHEN 'loss_pct_adj' THEN
                100.0 * sum(t.delivered_dwh - t.metered_dwh::numeric * t.weight_expected / nullif(t.weight_received, 0))
                / nullif(abs(sum(t.delivered_dwh)), 0)
            WHEN 'loss_pct_raw' THEN
                100.0 * sum(t.delivered_dwh - t.metered_dwh) / nullif(abs(sum(t.delivered_dwh)), 0)
            WHEN 'delivered_pct' THEN 100.0
            WHEN 'coverage_pct' THEN 100.0 * sum(t.weight_received) / nullif(sum(t.weight_expected), 0)
            WHEN 'avg_voltage' THEN sum(t.voltage_sum_cv) / 100.0 / nullif(sum(t.voltage_reads), 0)
        END::double precision AS twin_level,
        CASE x.kpi
            WHEN 'loss_pct_adj' THEN
                100.0 * sum(
                    t.delivered_dwh - t.effect_delivered_dwh + t.effect_hat_dwh
                    - t.metered_dwh::numeric * t.weight_expected / nullif(t.weight_received, 0)
                ) / nullif(abs(sum(t.delivered_dwh - t.effect_delivered_dwh)), 0)
            WHEN 'loss_pct_raw' THEN
                100.0 * sum(t.delivered_dwh - t.effect_delivered_dwh + t.effect_dwh - t.metered_dwh)
                / nullif(abs(sum(t.delivered_dwh - t.effect_delivered_dwh)), 0)
            WHEN 'delivered_pct' THEN
                100.0 - 100.0 * sum(t.effect_delivered_dwh) / nullif(sum(t.delivered_dwh), 0)
            WHEN 'coverage_pct' THEN
                100.0 * sum(t.weight_received - t.effect_weight) / nullif(sum(t.weight_expected), 0)
            WHEN 'avg_voltage' THEN
                sum(t.voltage_sum_cv - t.effect_voltage_cv) / 100.0 / nullif(sum(t.voltage_reads), 0)
        END::double precision AS expected_level
    FROM event_twin_intervals AS t
    INNER JOIN gl_feeder_interval AS g
        ON t.tenant_id = g.tenant_id AND t.feeder_id = g.feeder_id AND t.read_at = g.read_at
    CROSS JOIN LATERAL (SELECT (g.metered_dwh - g.metered_estimated_dwh)::numeric AS metered_dwh) AS s
    WHERE
        t.tenant_id = x.tenant_id AND t.event_id = x.event_id AND t.feeder_id = x.feeder_id
        AND (
            x.kpi = 'coverage_pct'
            OR (g.delivered_dwh IS NOT null AND g.weight_received > 0 AND t.weight_received > 0)
        )
) AS f
