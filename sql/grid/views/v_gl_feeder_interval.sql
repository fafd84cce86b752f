-- Loss of each feeder and interval, raw and corrected for coverage. Grain: feeder and interval end (UTC).
-- Coverage counts reads that arrived, never estimates; metered energy has the estimates in it, and metered_hat fills
-- what is neither read nor estimated by expected energy.
-- Units: kWh; percent 0 to 100; volts on the 120 V base. NULL where a figure is undefined, never 0.
-- loss_status: OK | NO_DELIVERED | NO_READS | INSUFFICIENT_COVERAGE (below 60 %) | NET_EXPORT.
-- Reader: pages, quickcheck.
CREATE VIEW v_gl_feeder_interval WITH (security_invoker = true) AS
SELECT
    g.tenant_id,
    g.feeder_id,
    g.read_at,
    g.local_date,
    g.interval_minutes,
    g.reads_expected,
    g.reads_received,
    g.reads_estimated,
    round(100.0 * g.weight_received / nullif(g.weight_expected, 0), 2) AS coverage_pct,
    round(g.delivered_dwh / 10000.0, 4) AS delivered_kwh,
    round(g.metered_dwh / 10000.0, 4) AS metered_kwh,
    round(h.metered_hat_dwh / 10000.0, 4) AS metered_hat_kwh,
    round(t.technical_dwh / 10000.0, 4) AS technical_loss_kwh,
    round(100.0 * t.technical_dwh / nullif(abs(g.delivered_dwh), 0), 4) AS technical_loss_pct,
    CASE
        WHEN s.loss_status IN ('OK', 'INSUFFICIENT_COVERAGE', 'NET_EXPORT')
            THEN round(100.0 * (g.delivered_dwh - g.metered_dwh) / nullif(abs(g.delivered_dwh), 0), 4)
    END AS loss_pct_raw,
    CASE
        WHEN s.loss_status IN ('OK', 'NET_EXPORT')
            THEN round(100.0 * (g.delivered_dwh - h.metered_hat_dwh) / nullif(abs(g.delivered_dwh), 0), 4)
    END AS loss_pct_adj,
    s.loss_status,
    round(g.voltage_sum_cv / 100.0 / nullif(g.voltage_reads, 0), 2) AS avg_voltage,
    round(100.0 * g.voltage_below_a / nullif(g.voltage_reads, 0), 2) AS voltage_below_a_pct,
    round(100.0 * g.voltage_below_b / nullif(g.voltage_reads, 0), 2) AS voltage_below_b_pct,
    g.last_arrived_at
FROM gl_feeder_interval AS g
LEFT JOIN feeders AS f ON g.tenant_id = f.tenant_id AND g.feeder_id = f.feeder_id
CROSS JOIN LATERAL (
    SELECT
        technical_loss_dwh(
            g.delivered_dwh, g.interval_minutes, f.loss_noload_kw, f.loss_copper_per_kw
        ) AS technical_dwh
) AS t
CROSS JOIN LATERAL (
    SELECT
        g.metered_dwh::numeric * g.weight_expected
        / nullif(g.weight_received + g.weight_estimated, 0) AS metered_hat_dwh
) AS h
CROSS JOIN LATERAL (
    SELECT
        CASE
            WHEN g.delivered_dwh IS null THEN 'NO_DELIVERED'
            WHEN g.reads_received = 0 OR g.weight_received = 0 THEN 'NO_READS'
            WHEN g.weight_received < 0.6 * g.weight_expected THEN 'INSUFFICIENT_COVERAGE'
            WHEN g.delivered_dwh < 0 THEN 'NET_EXPORT'
            WHEN g.delivered_dwh = 0 THEN 'NO_DELIVERED'
            ELSE 'OK'
        END AS loss_status
) AS s;
