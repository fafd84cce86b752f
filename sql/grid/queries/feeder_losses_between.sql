-- Each feeder's loss over the intervals that end within (:start, :end]. Grain: feeder; feeders without a figure too.
-- Units: percent of delivered energy, corrected for coverage; kWh. Reader: pages and charts.
WITH sums AS (
    SELECT
        v.feeder_id,
        sum(v.delivered_kwh) FILTER (WHERE v.loss_pct_adj IS NOT NULL) AS delivered_kwh,
        sum(v.metered_hat_kwh) FILTER (WHERE v.loss_pct_adj IS NOT NULL) AS metered_hat_kwh,
        sum(v.technical_loss_kwh) FILTER (WHERE v.loss_pct_adj IS NOT NULL) AS technical_kwh,
        avg(v.coverage_pct) AS coverage_pct,
        max(v.loss_status) FILTER (WHERE v.loss_pct_adj IS NULL) AS bad_status
    FROM v_gl_feeder_interval AS v
    WHERE v.tenant_id = current_setting('app.tenant') AND v.read_at > :start AND v.read_at <= :end
    GROUP BY v.feeder_id
)

SELECT
    f.feeder_id,
    s.coverage_pct::float8 AS coverage_pct,
    (100 * (s.delivered_kwh - s.metered_hat_kwh) / nullif(abs(s.delivered_kwh), 0))::float8 AS loss_pct,
    (100 * s.technical_kwh / nullif(abs(s.delivered_kwh), 0))::float8 AS baseline_pct,
    CASE WHEN s.delivered_kwh IS NULL THEN coalesce(s.bad_status, 'NO_READS') ELSE 'OK' END AS loss_status
FROM feeders AS f
LEFT JOIN sums AS s ON f.feeder_id = s.feeder_id
WHERE
    f.tenant_id = current_setting('app.tenant')
    AND (s.feeder_id IS NOT NULL OR EXISTS (
        SELECT 1 FROM meters AS m
        WHERE m.tenant_id = f.tenant_id AND m.feeder_id = f.feeder_id AND m.is_active
    ))
ORDER BY f.feeder_id
