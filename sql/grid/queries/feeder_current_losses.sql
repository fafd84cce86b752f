-- Each feeder's loss over the tenant's last :n matched intervals and over the very last one, highest first.
-- Grain: feeder. Units: percent of delivered energy. Reader: quickcheck and pages.
WITH latest AS (
    SELECT read_at
    FROM gl_feeder_interval
    WHERE tenant_id = current_setting('app.tenant') AND delivered_dwh IS NOT NULL AND reads_received > 0
    GROUP BY read_at
    ORDER BY read_at DESC
    LIMIT :n
),

newest AS (SELECT max(read_at) AS read_at FROM latest)

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
WHERE v.tenant_id = current_setting('app.tenant') AND v.read_at IN (SELECT latest.read_at FROM latest)
GROUP BY v.feeder_id
ORDER BY loss_pct DESC NULLS LAST, v.feeder_id COLLATE "C"
