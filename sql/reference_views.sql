-- The four daily KPI views. A utility that runs GridLens has its own; these are created only in dev and only where the
-- name is free, and never replaced. Grain: see each. Units: kWh, percent 0 to 100 in columns ending _pct, volts.
-- Safe to run again.
DO $do$
BEGIN

IF to_regclass('public.v_kpi_electric_feeder_loss_daily') IS NULL THEN
    -- Grain: feeder and local date.
    CREATE VIEW v_kpi_electric_feeder_loss_daily WITH (security_invoker = true) AS
    SELECT
        d.tenant_id, d.local_date, d.feeder_id, f.code AS feeder_code, f.name AS feeder_name,
        d.reads_expected, d.reads_received, d.coverage_pct,
        d.delivered_kwh, d.metered_kwh, round(d.delivered_kwh - d.metered_kwh, 4) AS loss_kwh,
        d.loss_pct_raw, d.loss_pct_adj, d.tech_loss_pct_model,
        CASE WHEN d.loss_pct_adj IS NOT NULL
            THEN greatest(round(d.delivered_kwh - d.metered_hat_kwh - d.technical_loss_kwh, 4), 0)
        END AS ntl_kwh,
        round(b.median_pct, 4) AS baseline_loss_pct_28d,
        round((d.loss_pct_adj - b.median_pct) / (1.4826 * b.mad_pct + 0.15), 2) AS loss_z,
        d.peak_kw,
        round(d.delivered_kwh / nullif(d.peak_kw * d.intervals_matched * 24 / nullif(d.intervals_expected, 0), 0), 4)
            AS load_factor,
        (
            SELECT array_agg(e.id::text ORDER BY e.starts_at, e.id)
            FROM ami_events AS e
            WHERE e.tenant_id = d.tenant_id AND e.is_active AND (e.feeder_id = d.feeder_id OR e.feeder_id IS NULL)
                AND tstzrange(e.starts_at, e.ends_at) && tstzrange(y.from_ts, y.to_ts)
        ) AS active_event_ids,
        d.is_partial, d.loss_status, d.data_through
    FROM v_gl_feeder_day AS d
    INNER JOIN tenants AS t ON t.tenant_id = d.tenant_id
    LEFT JOIN feeders AS f ON f.tenant_id = d.tenant_id AND f.feeder_id = d.feeder_id
    CROSS JOIN LATERAL day_bounds(t.timezone, d.local_date) AS y
    CROSS JOIN LATERAL feeder_loss_baseline(d.tenant_id, d.feeder_id, d.local_date) AS b;
    GRANT SELECT ON v_kpi_electric_feeder_loss_daily TO countersign_app, countersign_machine, countersign_auditor;
END IF;

IF to_regclass('public.v_kpi_electric_overview_daily') IS NULL THEN
    -- Grain: tenant and local date. min_voltage is the first percentile, to the half volt.
    CREATE VIEW v_kpi_electric_overview_daily WITH (security_invoker = true) AS
    SELECT
        d.tenant_id, d.local_date, d.feeders, d.meters_active, d.reads_expected, d.reads_received,
        d.coverage_pct, d.estimated_pct, d.delivered_kwh, d.metered_kwh,
        d.delivered_kwh - d.metered_kwh AS loss_kwh,
        CASE WHEN d.loss_status <> 'NO_DELIVERED'
            THEN round(100 * (d.delivered_kwh - d.metered_kwh) / abs(d.delivered_kwh), 4) END AS loss_pct_raw,
        CASE WHEN d.loss_status IN ('OK', 'NET_EXPORT')
            THEN round(100 * (d.delivered_kwh - d.metered_hat_kwh) / abs(d.delivered_kwh), 4) END AS loss_pct_adj,
        CASE WHEN d.loss_status <> 'NO_DELIVERED'
            THEN round(100 * d.technical_loss_kwh / abs(d.delivered_kwh), 4) END AS technical_loss_pct_model,
        CASE WHEN d.loss_status IN ('OK', 'NET_EXPORT')
            THEN greatest(round(
                100 * (d.delivered_kwh - d.metered_hat_kwh - d.technical_loss_kwh) / abs(d.delivered_kwh), 4), 0)
        END AS ntl_pct,
        d.avg_voltage, v.min_voltage, d.voltage_below_a_pct, d.voltage_below_b_pct,
        (
            SELECT count(*)::integer FROM meter_suspicion AS m
            WHERE m.tenant_id = d.tenant_id AND m.local_date = d.local_date AND m.score >= 60
        ) AS suspicious_meters,
        o.open_outages, o.customers_out AS customers_out_now,
        (
            SELECT count(*)::integer FROM ami_events AS e
            WHERE e.tenant_id = d.tenant_id AND e.is_active
                AND tstzrange(e.starts_at, e.ends_at) && tstzrange(d.from_ts, d.to_ts)
        ) AS active_ami_events,
        d.is_partial, d.loss_status, d.data_through
    FROM (
        SELECT
            g.tenant_id, g.local_date, count(*)::integer AS feeders,
            sum(g.reads_expected / nullif(g.intervals_seen, 0))::integer AS meters_active,
            sum(g.reads_expected)::bigint AS reads_expected, sum(g.reads_received)::bigint AS reads_received,
            round(100.0 * sum(g.weight_received) / nullif(sum(g.weight_expected), 0), 2) AS coverage_pct,
            round(100.0 * sum(g.reads_estimated) / nullif(sum(g.reads_received + g.reads_estimated), 0), 3) AS estimated_pct,
            sum(g.delivered_kwh) AS delivered_kwh, sum(g.metered_kwh) AS metered_kwh,
            sum(g.metered_hat_kwh) AS metered_hat_kwh, sum(g.technical_loss_kwh) AS technical_loss_kwh,
            round(sum(g.voltage_sum_cv) / 100.0 / nullif(sum(g.voltage_reads), 0), 2) AS avg_voltage,
            round(100.0 * sum(g.voltage_below_a) / nullif(sum(g.voltage_reads), 0), 3) AS voltage_below_a_pct,
            round(100.0 * sum(g.voltage_below_b) / nullif(sum(g.voltage_reads), 0), 3) AS voltage_below_b_pct,
            bool_or(g.is_partial) AS is_partial,
            CASE
                WHEN abs(sum(g.delivered_kwh)) <= 1 THEN 'NO_DELIVERED'
                WHEN sum(g.weight_received) < 0.6 * sum(g.weight_expected) THEN 'INSUFFICIENT_COVERAGE'
                WHEN sum(g.delivered_kwh) < 0 THEN 'NET_EXPORT'
                ELSE 'OK'
            END AS loss_status,
            max(g.data_through) AS data_through,
            min(y.from_ts) AS from_ts, max(y.to_ts) AS to_ts
        FROM v_gl_feeder_day AS g
        INNER JOIN tenants AS t ON t.tenant_id = g.tenant_id
        CROSS JOIN LATERAL day_bounds(t.timezone, g.local_date) AS y
        GROUP BY g.tenant_id, g.local_date
    ) AS d
    LEFT JOIN LATERAL (
        SELECT min(h.voltage_bin) / 2.0 AS min_voltage
        FROM (
            SELECT
                b.voltage_bin,
                sum(sum(b.reads)) OVER (ORDER BY b.voltage_bin) AS up_to,
                sum(sum(b.reads)) OVER () AS in_all
            FROM gl_feeder_day_voltage AS b
            WHERE b.tenant_id = d.tenant_id AND b.local_date = d.local_date
            GROUP BY b.voltage_bin
        ) AS h
        WHERE h.up_to >= 0.01 * h.in_all
    ) AS v ON true
    CROSS JOIN LATERAL outages_standing(d.tenant_id, least(d.to_ts, statement_timestamp())) AS o;
    GRANT SELECT ON v_kpi_electric_overview_daily TO countersign_app, countersign_machine, countersign_auditor;
END IF;

IF to_regclass('public.v_kpi_suspicious_meters_daily') IS NULL THEN
    -- Grain: meter and local date of scoring; the highest score first within a date by `rank`.
    CREATE VIEW v_kpi_suspicious_meters_daily WITH (security_invoker = true) AS
    SELECT
        tenant_id, local_date, meter_id, feeder_id, transformer_id, score, rank, confidence, window_days, own_drop_pct,
        own_z, peer_drop_pct, zero_run_hours, flatness, volt_resid_z, loss_attrib, tamper_count_30d, ntl_kwh_est,
        revenue_at_risk, suppressors, reasons, case_status, scoring_version
    FROM meter_suspicion;
    GRANT SELECT ON v_kpi_suspicious_meters_daily TO countersign_app, countersign_machine, countersign_auditor;
END IF;

IF to_regclass('public.v_kpi_fieldops_daily') IS NULL THEN
    -- Grain: tenant and local date, of days with meter reads and from the first outage to the last. Outage and crew
    -- figures are NULL until outages or crews are recorded for the tenant.
    CREATE VIEW v_kpi_fieldops_daily WITH (security_invoker = true) AS
    WITH served AS MATERIALIZED (
        SELECT
            t.tenant_id, t.timezone,
            CASE
                WHEN
                    EXISTS (SELECT 1 FROM provisional_outages AS p WHERE p.tenant_id = t.tenant_id)
                    OR EXISTS (SELECT 1 FROM outages AS o WHERE o.tenant_id = t.tenant_id)
                    OR EXISTS (SELECT 1 FROM crews AS c WHERE c.tenant_id = t.tenant_id)
                    THEN (SELECT count(*) FROM meters AS m WHERE m.tenant_id = t.tenant_id AND m.is_active)
            END AS customers
        FROM tenants AS t
    )

    SELECT
        d.tenant_id, d.local_date, f.outages_open, f.outages_new, f.provisional_open, f.promoted, f.rejected,
        f.false_promotion_rate, f.customers_interrupted, f.cmi, f.saidi_min, f.saifi, f.caidi_min, f.maifi_e,
        f.asai_pct, f.med_flag, f.crews_available, f.crews_assigned, f.jobs_open, f.jobs_completed,
        f.avg_dispatch_min, f.avg_travel_min, f.avg_repair_min, f.etr_error_min_p50, f.etr_within_30_pct,
        d.theft_cases_open, d.theft_cases_confirmed, d.inspection_hit_rate_pct, f.ok_on_arrival
    FROM (
        SELECT
            e.tenant_id, e.local_date,
            count(m.meter_id) FILTER (WHERE m.score >= 60 AND m.case_status = 'open')::integer AS theft_cases_open,
            count(m.meter_id) FILTER (WHERE m.case_status = 'confirmed')::integer AS theft_cases_confirmed,
            round(
                100.0 * count(m.meter_id) FILTER (WHERE m.case_status = 'confirmed')
                / nullif(count(m.meter_id) FILTER (WHERE m.case_status <> 'open'), 0), 2
            ) AS inspection_hit_rate_pct
        FROM (
            SELECT tenant_id, local_date FROM gl_feeder_day
            UNION
            SELECT t.tenant_id, s.day::date
            FROM tenants AS t
            CROSS JOIN LATERAL (
                SELECT min(started_at) AS first, max(started_at) AS last FROM outages WHERE tenant_id = t.tenant_id
            ) AS o
            CROSS JOIN LATERAL generate_series(
                (o.first AT TIME ZONE t.timezone)::date::timestamp, (o.last AT TIME ZONE t.timezone)::date::timestamp,
                interval '1 day'
            ) AS s (day)
        ) AS e
        LEFT JOIN meter_suspicion AS m ON m.tenant_id = e.tenant_id AND m.local_date = e.local_date
        GROUP BY e.tenant_id, e.local_date
    ) AS d
    INNER JOIN served AS n ON n.tenant_id = d.tenant_id
    CROSS JOIN LATERAL day_bounds(n.timezone, d.local_date) AS y
    LEFT JOIN LATERAL (
        SELECT g.*
        FROM fieldops_of_day(
            d.tenant_id, d.local_date, y.from_ts - interval '1 microsecond', y.to_ts - interval '1 microsecond',
            statement_timestamp(), greatest(n.customers, 1)
        ) AS g
        WHERE n.customers IS NOT NULL
    ) AS f ON true;
    GRANT SELECT ON v_kpi_fieldops_daily TO countersign_app, countersign_machine, countersign_auditor;
END IF;

END $do$;
