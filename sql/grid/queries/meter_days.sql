-- One meter's local days beside what was to be expected. Grain: local date. Units: kWh.
-- Expected = the meter's median day up to :base_until, times how its feeder moved that day: the median over the
-- feeder's meters of day / own median day. NULL with fewer than five days of baseline. Reader: the meter's page.
WITH days AS (
    SELECT
        meter_id,
        local_date,
        kwh_dwh,
        reads
    FROM gl_meter_day
    WHERE
        tenant_id = current_setting('app.tenant') AND feeder_id = :feeder
        AND local_date > :last_day - 35 AND local_date <= :last_day
),

base AS (
    SELECT
        meter_id,
        percentile_cont(0.5) WITHIN GROUP (ORDER BY kwh_dwh) AS usual
    FROM days
    WHERE local_date <= :base_until
    GROUP BY meter_id
    HAVING count(*) >= 5 AND percentile_cont(0.5) WITHIN GROUP (ORDER BY kwh_dwh) > 0
),

moved AS (
    SELECT
        days.local_date,
        percentile_cont(0.5) WITHIN GROUP (ORDER BY days.kwh_dwh / base.usual) AS feeder_index,
        percentile_disc(0.5) WITHIN GROUP (ORDER BY days.reads) AS usual_reads
    FROM days
    INNER JOIN base ON days.meter_id = base.meter_id
    GROUP BY days.local_date
),

calendar AS (
    SELECT DISTINCT local_date FROM days
)

SELECT
    calendar.local_date AS "on",
    (own.kwh_dwh / 10000.0)::float8 AS kwh,
    (base.usual * moved.feeder_index / 10000.0)::float8 AS expected_kwh,
    coalesce(own.reads, 0)::integer AS reads,
    coalesce(moved.usual_reads, own.reads, 0)::integer AS reads_expected
FROM calendar
LEFT JOIN days AS own ON calendar.local_date = own.local_date AND own.meter_id = :meter
LEFT JOIN base ON base.meter_id = :meter
LEFT JOIN moved ON calendar.local_date = moved.local_date
ORDER BY calendar.local_date
