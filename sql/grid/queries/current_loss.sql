-- The tenant's loss over the matched intervals whose ends are given, and over the last of them. Grain: one row.
-- Units: percent of delivered energy, corrected for coverage. Reader: quickcheck and pages.
WITH sums AS (
    SELECT
        v.read_at,
        sum(v.delivered_kwh) AS delivered_kwh,
        sum(v.metered_hat_kwh) AS metered_hat_kwh
    FROM v_gl_feeder_interval AS v
    WHERE
        v.tenant_id = current_setting('app.tenant')
        AND v.read_at = any(cast(:matched AS timestamptz[]))
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
