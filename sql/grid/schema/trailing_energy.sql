-- Mean daily energy of each meter over the last 14 days of reads that stand. Grain: meter with a day or more of reads.
-- kWh a day, to a Wh. A meter's span runs from its first interval's end to its last, so the first read is not in it.
-- Reader: mirror_meters.sql, for meters that are seen for the first time.
SELECT
    spans.meter_id,
    round((spans.kwh * (spans.reads - 1) / spans.reads / spans.days)::numeric, 3)::float8 AS kwh_day
FROM (
    SELECT
        r.{meter_id}::text AS meter_id,
        sum(r.{kwh}::float8) AS kwh,
        count(*) AS reads,
        extract(EPOCH FROM max(r.{read_at}) - min(r.{read_at}))::float8 / 86400 AS days
    FROM {reads} AS r
    WHERE
        {reads_of_tenant}
        AND r.{read_at} > (
            SELECT max(n.{read_at}) - interval '14 days'
            FROM {reads} AS n
            WHERE {reads_of_tenant_too}
        )
        AND r.{kwh} IS NOT NULL
    GROUP BY r.{meter_id}::text
) AS spans
WHERE spans.days >= 1
