-- The tenant's loss over its last :n matched intervals, and over the very last. Grain: one row.
-- Units: percent of delivered energy, corrected for coverage. Reader: quickcheck and pages.
WITH latest AS (
    SELECT read_at
    FROM gl_feeder_interval
    WHERE tenant_id = current_setting('app.tenant') AND delivered_dwh IS NOT NULL AND reads_received > 0
    GROUP BY read_at
    ORDER BY read_at DESC
    LIMIT :n
),

sums AS (
    SELECT
        v.read_at,
        sum(v.delivered_kwh) AS delivered_kwh,
        sum(v.metered_hat_kwh) AS metered_hat_kwh
    FROM v_gl_feeder_interval AS v
    WHERE
        v.tenant_id = current_setting('app.tenant')
        AND v.read_at IN (SELECT latest.read_at FROM latest)
        AND v.loss_status IN ('OK', 'NET_EXPORT')
    GROUP BY v.read_at
)

SELECT
    max(read_at) AS as_of,
    count(*) AS intervals,
    round(100 * (sum(delivered_kwh) - sum(metered_hat_kwh)) / nullif(sum(delivered_kwh), 0), 4)::float8 AS loss_pct,
    (
        SELECT round(100 * (s.delivered_kwh - s.metered_hat_kwh) / nullif(s.delivered_kwh, 0), 4)::float8
        FROM sums AS s
        ORDER BY s.read_at DESC
        LIMIT 1
    ) AS last_interval_loss_pct
FROM sums
