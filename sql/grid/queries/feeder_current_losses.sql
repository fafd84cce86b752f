-- Each feeder's loss over the matched intervals whose ends are given and over the last of them, highest first.
-- Grain: feeder. Units: percent of delivered energy. Reader: quickcheck and pages.
WITH newest AS (SELECT max(at) AS read_at FROM unnest(cast(:matched AS timestamptz[])) AS at)

SELECT
    v.feeder_id,
    max(v.read_at) AS as_of,
    round(
        100 * (sum(v.delivered_kwh) - sum(v.metered_hat_kwh)) / nullif(sum(v.delivered_kwh), 0), 4
    )::float8 AS loss_pct,
    (max(v.loss_pct_adj) FILTER (WHERE v.read_at = newest.read_at))::float8 AS loss_pct_last_interval,
    (max(v.loss_pct_raw) FILTER (WHERE v.read_at = newest.read_at))::float8 AS loss_pct_raw_last_interval,
    (max(v.technical_loss_pct) FILTER (WHERE v.read_at = newest.read_at))::float8 AS technical_loss_pct,
    (max(v.coverage_pct) FILTER (WHERE v.read_at = newest.read_at))::float8 AS coverage_pct,
    max(v.loss_status) FILTER (WHERE v.read_at = newest.read_at) AS loss_status
FROM v_gl_feeder_interval AS v
CROSS JOIN newest
WHERE v.tenant_id = current_setting('app.tenant') AND v.read_at = any(cast(:matched AS timestamptz[]))
GROUP BY v.feeder_id
ORDER BY loss_pct DESC NULLS LAST, v.feeder_id COLLATE "C"
