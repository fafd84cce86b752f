-- Where a roll-up of one local day differs from a recomputation from the reads of that day.
-- Grain: roll-up and what it counts (feeder, meter, interval or voltage bin). No row: all are equal.
-- Units: dWh (tenths of a Wh), cV (hundredths of a volt), counts.
WITH reads AS (
    SELECT
        meter_id,
        feeder_id,
        read_at,
        voltage,
        (kwh * 10000)::bigint AS dwh,
        (voltage * 100)::bigint AS cv
    FROM meter_reads_electric
    WHERE tenant_id = :tenant AND read_at >= :from_ts AND read_at < :to_ts
),

by_interval AS (
    SELECT
        feeder_id || ' ' || read_at AS what_of,
        count(*) AS reads,
        sum(dwh)::bigint AS energy,
        coalesce(sum(cv), 0)::bigint AS volts
    FROM reads
    GROUP BY feeder_id, read_at
),

by_meter AS (
    SELECT
        meter_id AS what_of,
        0::bigint AS volts,
        count(*) AS reads,
        sum(dwh)::bigint AS energy
    FROM reads
    GROUP BY meter_id
),

by_volt AS (
    SELECT
        0::bigint AS energy,
        0::bigint AS volts,
        feeder_id || ' ' || floor(voltage * 2)::smallint AS what_of,
        count(*) AS reads
    FROM reads
    WHERE voltage IS NOT NULL
    GROUP BY feeder_id, floor(voltage * 2)::smallint
),

by_day AS (
    SELECT
        feeder_id AS what_of,
        sum(reads_received + reads_estimated) AS reads,
        coalesce(sum(metered_dwh) FILTER (
            WHERE delivered_dwh IS NOT NULL AND reads_received > 0 AND weight_received > 0
        ), 0)::bigint AS energy,
        sum(voltage_sum_cv)::bigint AS volts
    FROM gl_feeder_interval
    WHERE tenant_id = :tenant AND read_at >= :from_ts AND read_at < :to_ts
    GROUP BY feeder_id
),

expected AS (
    SELECT
        'gl_feeder_interval' AS table_name,
        what_of,
        reads,
        energy,
        volts
    FROM by_interval
    UNION ALL
    SELECT
        'gl_meter_day' AS table_name,
        what_of,
        reads,
        energy,
        volts
    FROM by_meter
    UNION ALL
    SELECT
        'gl_feeder_day_voltage' AS table_name,
        what_of,
        reads,
        energy,
        volts
    FROM by_volt
    UNION ALL
    SELECT
        'gl_feeder_day' AS table_name,
        what_of,
        reads,
        energy,
        volts
    FROM by_day
),

found AS (
    SELECT
        'gl_feeder_interval' AS table_name,
        feeder_id || ' ' || read_at AS what_of,
        (reads_received + reads_estimated)::bigint AS reads,
        metered_dwh AS energy,
        voltage_sum_cv AS volts
    FROM gl_feeder_interval
    WHERE tenant_id = :tenant AND read_at >= :from_ts AND read_at < :to_ts
        AND reads_received + reads_estimated > 0
    UNION ALL
    SELECT
        'gl_meter_day' AS table_name,
        meter_id,
        reads::bigint AS reads,
        kwh_dwh,
        0 AS volts
    FROM gl_meter_day
    WHERE tenant_id = :tenant AND local_date = :day AND reads > 0
    UNION ALL
    SELECT
        'gl_feeder_day_voltage' AS table_name,
        feeder_id || ' ' || voltage_bin AS what_of,
        reads,
        0 AS energy,
        0 AS volts
    FROM gl_feeder_day_voltage
    WHERE tenant_id = :tenant AND local_date = :day AND reads > 0
    UNION ALL
    SELECT
        'gl_feeder_day' AS table_name,
        feeder_id,
        (reads_received + reads_estimated)::bigint AS reads,
        metered_dwh,
        voltage_sum_cv
    FROM gl_feeder_day
    WHERE tenant_id = :tenant AND local_date = :day
)

SELECT
    e.reads AS reads_expected,
    f.reads AS reads_found,
    e.energy AS dwh_expected,
    f.energy AS dwh_found,
    coalesce(e.table_name, f.table_name) AS table_name,
    coalesce(e.what_of, f.what_of) AS what_of
FROM expected AS e
FULL JOIN found AS f ON e.table_name = f.table_name AND e.what_of = f.what_of
WHERE (e.reads, e.energy, e.volts) IS DISTINCT FROM (f.reads, f.energy, f.volts)
ORDER BY coalesce(e.table_name, f.table_name), coalesce(e.what_of, f.what_of)
LIMIT 1000
