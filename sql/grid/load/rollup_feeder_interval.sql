-- Move gl_feeder_interval by what a load changed. Grain: feeder and interval end.
-- Units: dWh (tenths of a Wh), cV (hundredths of a volt), weights in hundredths of a kWh a day.
-- {delta}: signed reads of one local day; staged_delivered: the feeders' energy of the same day.
-- Voltage limits are those of ANSI C84.1 on the 120 V base: range A ends at 114 V, range B at 110 V.
INSERT INTO gl_feeder_interval AS g (
    tenant_id, feeder_id, read_at, local_date, interval_minutes, reads_expected, reads_received, reads_estimated,
    metered_dwh, delivered_dwh, weight_expected, weight_received, voltage_reads, voltage_sum_cv, voltage_below_a,
    voltage_below_b, last_arrived_at
)
WITH registry AS (
    SELECT
        meter_id,
        feeder_id,
        is_active,
        greatest(1, round(base_kwh_day * 100))::bigint AS weight
    FROM meters
    WHERE tenant_id = %(tenant)s
),

expected AS (
    SELECT
        feeder_id,
        count(*) AS reads,
        sum(weight)::bigint AS weight
    FROM registry
    WHERE is_active
    GROUP BY feeder_id
),

moved AS (
    SELECT
        d.feeder_id,
        d.read_at,
        max(d.interval_minutes) AS interval_minutes,
        sum(d.sign) AS reads,
        sum(d.sign * (d.quality_flags >> 1 & 1)) AS estimated,
        sum(d.sign * (d.kwh * 10000)::bigint)::bigint AS metered_dwh,
        sum(d.sign * w.weight)::bigint AS weight,
        sum(CASE WHEN d.voltage IS NOT NULL THEN d.sign ELSE 0 END) AS voltage_reads,
        sum(d.sign * (d.voltage * 100)::bigint)::bigint AS voltage_sum_cv,
        sum(CASE WHEN d.voltage < 114 THEN d.sign ELSE 0 END) AS below_a,
        sum(CASE WHEN d.voltage < 110 THEN d.sign ELSE 0 END) AS below_b,
        max(d.arrived_at) AS last_arrived_at
    FROM {delta} AS d
    INNER JOIN registry AS w ON d.meter_id = w.meter_id
    GROUP BY d.feeder_id, d.read_at
)

SELECT
    %(tenant)s,
    feeder_id,
    read_at,
    %(day)s,
    coalesce(moved.interval_minutes, f.interval_minutes),
    coalesce(expected.reads, 0),
    coalesce(moved.reads, 0),
    coalesce(moved.estimated, 0),
    coalesce(moved.metered_dwh, 0),
    f.delivered_dwh,
    coalesce(expected.weight, 0),
    coalesce(moved.weight, 0),
    coalesce(moved.voltage_reads, 0),
    coalesce(moved.voltage_sum_cv, 0),
    coalesce(moved.below_a, 0),
    coalesce(moved.below_b, 0),
    moved.last_arrived_at
FROM moved
FULL JOIN (
    SELECT
        feeder_id,
        read_at,
        interval_minutes,
        (kwh * 10000)::bigint AS delivered_dwh
    FROM staged_delivered
) AS f USING (feeder_id, read_at)
LEFT JOIN expected USING (feeder_id)
ON CONFLICT (tenant_id, feeder_id, read_at) DO UPDATE SET
    reads_expected = excluded.reads_expected,
    weight_expected = excluded.weight_expected,
    reads_received = g.reads_received + excluded.reads_received,
    reads_estimated = g.reads_estimated + excluded.reads_estimated,
    metered_dwh = g.metered_dwh + excluded.metered_dwh,
    delivered_dwh = CASE
        WHEN %(replace)s THEN coalesce(excluded.delivered_dwh, g.delivered_dwh)
        ELSE coalesce(g.delivered_dwh, excluded.delivered_dwh)
    END,
    weight_received = g.weight_received + excluded.weight_received,
    voltage_reads = g.voltage_reads + excluded.voltage_reads,
    voltage_sum_cv = g.voltage_sum_cv + excluded.voltage_sum_cv,
    voltage_below_a = g.voltage_below_a + excluded.voltage_below_a,
    voltage_below_b = g.voltage_below_b + excluded.voltage_below_b,
    last_arrived_at = greatest(g.last_arrived_at, excluded.last_arrived_at);
