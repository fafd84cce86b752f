-- Move gl_feeder_interval by what a load changed. Grain: feeder and interval end.
-- Units: dWh (tenths of a Wh), cV (hundredths of a volt), weights in hundredths of a kWh a day.
-- moved_intervals: signed sums of one local day; staged_delivered: feeders and intervals of the same day whose energy
-- came now, which counts as it stands in feeder_delivered. Energy of an hour is not that of a quarter of it: delivered
-- energy counts only beside reads of its own length, whichever of the two came first; the first reads set the length.
INSERT INTO gl_feeder_interval AS g (
    tenant_id, feeder_id, read_at, local_date, interval_minutes, reads_expected, reads_received, reads_estimated,
    metered_dwh, delivered_dwh, weight_expected, weight_received, weight_estimated, metered_estimated_dwh,
    voltage_reads, voltage_sum_cv, voltage_below_a, voltage_below_b, last_arrived_at
)
WITH expected AS (
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
        feeder_id,
        read_at,
        max(interval_minutes) AS interval_minutes,
        sum(reads) AS reads,
        sum(estimated) AS estimated,
        sum(metered_dwh) AS metered_dwh,
        sum(weight) AS weight,
        sum(weight_estimated) AS weight_estimated,
        sum(metered_estimated_dwh) AS metered_estimated_dwh,
        sum(voltage_reads) AS voltage_reads,
        sum(voltage_sum_cv) AS voltage_sum_cv,
        sum(below_a) AS below_a,
        sum(below_b) AS below_b,
        max(last_arrived_at) AS last_arrived_at
    FROM moved_intervals
    GROUP BY feeder_id, read_at
),

delivered AS (
    SELECT
        d.feeder_id,
        d.read_at,
        d.interval_minutes,
        (d.kwh * 10000)::bigint AS delivered_dwh
    FROM feeder_delivered AS d
    INNER JOIN staged_delivered AS s ON d.feeder_id = s.feeder_id AND d.read_at = s.read_at
    WHERE d.tenant_id = %(tenant)s
)

SELECT
    %(tenant)s,
    feeder_id,
    read_at,
    %(day)s,
    coalesce(moved.interval_minutes, delivered.interval_minutes),
    coalesce(expected.reads, 0),
    coalesce(moved.reads, 0),
    coalesce(moved.estimated, 0),
    coalesce(moved.metered_dwh, 0),
    CASE
        WHEN moved.read_at IS NULL OR moved.interval_minutes = delivered.interval_minutes THEN delivered.delivered_dwh
    END,
    coalesce(expected.weight, 0),
    coalesce(moved.weight, 0),
    coalesce(moved.weight_estimated, 0),
    coalesce(moved.metered_estimated_dwh, 0),
    coalesce(moved.voltage_reads, 0),
    coalesce(moved.voltage_sum_cv, 0),
    coalesce(moved.below_a, 0),
    coalesce(moved.below_b, 0),
    moved.last_arrived_at
FROM moved
FULL JOIN delivered USING (feeder_id, read_at)
LEFT JOIN expected USING (feeder_id)
ON CONFLICT (tenant_id, feeder_id, read_at) DO UPDATE SET
    reads_expected = excluded.reads_expected,
    weight_expected = excluded.weight_expected,
    reads_received = g.reads_received + excluded.reads_received,
    reads_estimated = g.reads_estimated + excluded.reads_estimated,
    metered_dwh = g.metered_dwh + excluded.metered_dwh,
    interval_minutes = CASE
        WHEN g.reads_received + g.reads_estimated > 0 THEN g.interval_minutes
        ELSE excluded.interval_minutes
    END,
    delivered_dwh = CASE
        WHEN excluded.delivered_dwh IS NULL AND g.reads_received + g.reads_estimated > 0 THEN g.delivered_dwh
        WHEN g.interval_minutes = excluded.interval_minutes THEN coalesce(excluded.delivered_dwh, g.delivered_dwh)
        WHEN g.reads_received + g.reads_estimated > 0 THEN NULL
        ELSE excluded.delivered_dwh
    END,
    weight_received = g.weight_received + excluded.weight_received,
    weight_estimated = g.weight_estimated + excluded.weight_estimated,
    metered_estimated_dwh = g.metered_estimated_dwh + excluded.metered_estimated_dwh,
    voltage_reads = g.voltage_reads + excluded.voltage_reads,
    voltage_sum_cv = g.voltage_sum_cv + excluded.voltage_sum_cv,
    voltage_below_a = g.voltage_below_a + excluded.voltage_below_a,
    voltage_below_b = g.voltage_below_b + excluded.voltage_below_b,
    last_arrived_at = greatest(g.last_arrived_at, excluded.last_arrived_at)
