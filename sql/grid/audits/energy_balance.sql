-- Delivered energy of each feeder over one local day, split into metered, technical and the rest (non-technical).
-- Grain: feeder. Units: kWh; percent of the delivered energy, 0 to 100. Over matched intervals, metered energy
-- corrected for coverage. has_event: an injected event touches the feeder and the day. Reader: the balance's check.
SELECT
    d.feeder_id,
    d.loss_status,
    d.delivered_kwh::float8 AS delivered_kwh,
    d.metered_hat_kwh::float8 AS metered_kwh,
    d.technical_loss_kwh::float8 AS technical_kwh,
    (d.delivered_kwh - d.metered_hat_kwh - d.technical_loss_kwh)::float8 AS rest_kwh,
    (100 * (d.delivered_kwh - d.metered_hat_kwh - d.technical_loss_kwh) / nullif(abs(d.delivered_kwh), 0))::float8
        AS rest_pct,
    exists(
        SELECT 1 FROM ami_events AS e
        WHERE
            e.tenant_id = d.tenant_id
            AND (e.feeder_id = d.feeder_id OR e.feeder_id IS NULL)
            AND e.starts_at < :ends AND e.ends_at > :begins
    ) AS has_event
FROM v_gl_feeder_day AS d
WHERE d.tenant_id = :tenant AND d.local_date = :day
ORDER BY d.feeder_id
