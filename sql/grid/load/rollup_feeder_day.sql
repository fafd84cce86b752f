-- Recompute gl_feeder_day for one local day from its intervals. Grain: feeder and local date. Unit: dWh.
-- Energies count matched intervals only: those with both delivered energy and reads (grid.md 3.1), so that the number
-- of a day that still runs is right. Estimates are part of metered, not of received; metered_hat fills what is neither
-- read nor estimated by expected energy.
-- Technical loss solves D = C + P0 dt + k C^2 / dt for C (grid.md 2.3).
INSERT INTO gl_feeder_day (
    tenant_id, feeder_id, local_date, intervals_matched, intervals_seen, intervals_expected, reads_expected,
    reads_received,
    reads_estimated,
    delivered_dwh,
    metered_dwh,
    metered_hat_dwh,
    technical_loss_dwh,
    weight_expected,
    weight_received,
    voltage_reads, voltage_sum_cv, voltage_below_a, voltage_below_b, peak_dwh, data_through
)
SELECT
    g.tenant_id,
    g.feeder_id,
    g.local_date,
    count(*) FILTER (WHERE g.is_matched),
    count(*),
    (extract(EPOCH FROM %(to_ts)s::timestamptz - %(from_ts)s::timestamptz) / 60 / max(g.interval_minutes))::integer,
    sum(g.reads_expected),
    sum(g.reads_received),
    sum(g.reads_estimated),
    coalesce(sum(g.delivered_dwh) FILTER (WHERE g.is_matched), 0),
    coalesce(sum(g.metered_dwh) FILTER (WHERE g.is_matched), 0),
    coalesce(
        sum(round(g.metered_dwh::numeric * g.weight_expected / (g.weight_received + g.weight_estimated)))
        FILTER (WHERE g.is_matched), 0
    ),
    coalesce(sum(technical_loss_dwh(
        g.delivered_dwh, g.interval_minutes, f.loss_noload_kw, f.loss_copper_per_kw
    )) FILTER (WHERE g.is_matched), 0),
    sum(g.weight_expected),
    sum(g.weight_received),
    sum(g.voltage_reads),
    sum(g.voltage_sum_cv),
    sum(g.voltage_below_a),
    sum(g.voltage_below_b),
    coalesce(max(g.delivered_dwh * 60 / g.interval_minutes), 0),
    max(g.read_at) FILTER (WHERE g.reads_received > 0)
FROM (
    SELECT
        *,
        delivered_dwh IS NOT NULL AND reads_received > 0 AND weight_received > 0 AS is_matched
    FROM gl_feeder_interval
    WHERE tenant_id = %(tenant)s AND read_at >= %(from_ts)s AND read_at < %(to_ts)s
) AS g
LEFT JOIN feeders AS f ON g.tenant_id = f.tenant_id AND g.feeder_id = f.feeder_id
GROUP BY g.tenant_id, g.feeder_id, g.local_date
ON CONFLICT (tenant_id, feeder_id, local_date) DO UPDATE SET
    intervals_matched = excluded.intervals_matched,
    intervals_seen = excluded.intervals_seen,
    intervals_expected = excluded.intervals_expected,
    reads_expected = excluded.reads_expected,
    reads_received = excluded.reads_received,
    reads_estimated = excluded.reads_estimated,
    delivered_dwh = excluded.delivered_dwh,
    metered_dwh = excluded.metered_dwh,
    metered_hat_dwh = excluded.metered_hat_dwh,
    technical_loss_dwh = excluded.technical_loss_dwh,
    weight_expected = excluded.weight_expected,
    weight_received = excluded.weight_received,
    voltage_reads = excluded.voltage_reads,
    voltage_sum_cv = excluded.voltage_sum_cv,
    voltage_below_a = excluded.voltage_below_a,
    voltage_below_b = excluded.voltage_below_b,
    peak_dwh = excluded.peak_dwh,
    data_through = excluded.data_through
