-- Grain: meter and local date. Unit: kWh.
SELECT
    meter_id,
    local_date,
    count(*) AS reads,
    sum(kwh) AS kwh,
    count(*) FILTER (WHERE kwh = 0) AS zero_reads,
    count(*) FILTER (WHERE kwh < 0) AS negative_reads
FROM {{ ref('reads_by_day') }}
GROUP BY meter_id, local_date
