-- The daily overview as it is usually written: straight over the reads, its day an expression of the read's instant.
-- Grain: tenant and local date. Units: kWh, volts. Reader: bench.kpi, as what the roll-ups are compared with.
WITH metered AS (
    SELECT
        ((read_at - make_interval(mins => interval_minutes)) AT TIME ZONE :zone)::date AS local_date,
        count(*) AS reads,
        round(sum(kwh)::numeric, 4) AS metered_kwh,
        round(avg(voltage)::numeric, 2) AS avg_voltage
    FROM meter_reads_electric
    WHERE tenant_id = :tenant /* since */
    GROUP BY 1
),

sent AS (
    SELECT
        ((read_at - make_interval(mins => interval_minutes)) AT TIME ZONE :zone)::date AS local_date,
        round(sum(kwh)::numeric, 4) AS delivered_kwh
    FROM feeder_delivered
    WHERE tenant_id = :tenant /* since */
    GROUP BY 1
)

SELECT
    metered.local_date,
    metered.reads,
    metered.metered_kwh,
    metered.avg_voltage,
    sent.delivered_kwh
FROM metered
INNER JOIN sent ON metered.local_date = sent.local_date
ORDER BY metered.local_date DESC
LIMIT :n
