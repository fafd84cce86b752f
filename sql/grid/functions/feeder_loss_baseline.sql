-- The usual loss of a feeder: median and median absolute deviation of its coverage-corrected daily loss, in percent,
-- over the 28 local days before `wanted_day` (grid.md 3.2). NULL without history.
CREATE FUNCTION feeder_loss_baseline(
    wanted_tenant text, wanted_feeder text, wanted_day date, OUT median_pct numeric, OUT mad_pct numeric
)
LANGUAGE sql STABLE
AS $$
    WITH history AS (
        SELECT 100.0 * (delivered_dwh - metered_hat_dwh) / delivered_dwh AS loss_pct
        FROM gl_feeder_day
        WHERE
            tenant_id = wanted_tenant AND feeder_id = wanted_feeder AND delivered_dwh > 10000
            AND local_date >= wanted_day - 28 AND local_date < wanted_day
            AND weight_received >= 0.6 * weight_expected
    ),

    middle AS (
        SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY loss_pct) AS median FROM history
    )

    SELECT
        max(middle.median)::numeric,
        (percentile_cont(0.5) WITHIN GROUP (ORDER BY abs(history.loss_pct - middle.median)))::numeric
    FROM history CROSS JOIN middle
$$;
