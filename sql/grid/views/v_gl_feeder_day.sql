-- Loss of each feeder and local day over matched intervals. Grain: feeder and local date.
-- Units: kWh, percent 0 to 100, volts on the 120 V base. NULL where a figure is undefined, never 0.
-- loss_status: OK | NO_DELIVERED (1 kWh or less) | INSUFFICIENT_COVERAGE (below 60 %) | NET_EXPORT (then |flow| is the
-- denominator). Reader: the daily views of reference_views.sql and the pages.
CREATE VIEW v_gl_feeder_day WITH (security_invoker = true) AS
SELECT
    g.tenant_id,
    g.feeder_id,
    g.local_date,
    g.intervals_matched,
    g.intervals_expected,
    g.intervals_seen,
    g.intervals_matched < g.intervals_expected AS is_partial,
    g.reads_expected,
    g.reads_received,
    g.reads_estimated,
    round(100.0 * g.weight_received / nullif(g.weight_expected, 0), 2) AS coverage_pct,
    round(g.delivered_dwh / 10000.0, 4) AS delivered_kwh,
    round(g.metered_dwh / 10000.0, 4) AS metered_kwh,
    round(g.metered_hat_dwh / 10000.0, 4) AS metered_hat_kwh,
    round(g.technical_loss_dwh / 10000.0, 4) AS technical_loss_kwh,
    CASE WHEN s.loss_status <> 'NO_DELIVERED'
        THEN round(100.0 * (g.delivered_dwh - g.metered_dwh) / abs(g.delivered_dwh), 4)
    END AS loss_pct_raw,
    CASE WHEN s.loss_status IN ('OK', 'NET_EXPORT')
        THEN round(100.0 * (g.delivered_dwh - g.metered_hat_dwh) / abs(g.delivered_dwh), 4)
    END AS loss_pct_adj,
    CASE WHEN s.loss_status <> 'NO_DELIVERED'
        THEN round(100.0 * g.technical_loss_dwh / abs(g.delivered_dwh), 4)
    END AS tech_loss_pct_model,
    s.loss_status,
    round(g.voltage_sum_cv / 100.0 / nullif(g.voltage_reads, 0), 2) AS avg_voltage,
    round(100.0 * g.voltage_below_a / nullif(g.voltage_reads, 0), 3) AS voltage_below_a_pct,
    round(100.0 * g.voltage_below_b / nullif(g.voltage_reads, 0), 3) AS voltage_below_b_pct,
    round(g.peak_dwh / 10000.0, 2) AS peak_kw,
    g.voltage_reads,
    g.voltage_sum_cv,
    g.voltage_below_a,
    g.voltage_below_b,
    g.weight_expected,
    g.weight_received,
    g.data_through
FROM gl_feeder_day AS g
CROSS JOIN LATERAL (
    SELECT
        CASE
            WHEN abs(g.delivered_dwh) <= 10000 THEN 'NO_DELIVERED'
            WHEN g.weight_received < 0.6 * g.weight_expected THEN 'INSUFFICIENT_COVERAGE'
            WHEN g.delivered_dwh < 0 THEN 'NET_EXPORT'
            ELSE 'OK'
        END AS loss_status
) AS s;
