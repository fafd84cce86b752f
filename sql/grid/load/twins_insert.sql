-- Keep one interval as it would be without one event. Grain: event, feeder and interval end. Units: dWh, cV, weights in
-- hundredths of a kWh a day. Unless the load replaces what stands, an interval that has reads gets none: those reads do
-- not have the event in them. Reader: the loader, before it stores the reads.
INSERT INTO event_twin_intervals (
    tenant_id, event_id, feeder_id, read_at, interval_minutes, delivered_dwh, metered_dwh, weight_expected,
    weight_received, voltage_reads, voltage_sum_cv, effect_dwh, effect_hat_dwh, effect_delivered_dwh,
    effect_weight, effect_voltage_cv, batch_id
)
SELECT
    %(tenant)s,
    %(event_id)s,
    %(feeder_id)s,
    %(read_at)s,
    %(interval_minutes)s,
    %(delivered_dwh)s,
    %(metered_dwh)s,
    %(weight_expected)s,
    %(weight_received)s,
    %(voltage_reads)s,
    %(voltage_sum_cv)s,
    %(effect_dwh)s,
    %(effect_hat_dwh)s,
    %(effect_delivered_dwh)s,
    %(effect_weight)s,
    %(effect_voltage_cv)s,
    %(batch_id)s
WHERE
    %(replace)s
    OR NOT EXISTS (
        SELECT 1 FROM gl_feeder_interval
        WHERE
            tenant_id = %(tenant)s AND feeder_id = %(feeder_id)s AND read_at = %(read_at)s
            AND reads_received > 0
    )
ON CONFLICT DO NOTHING
