-- Grain: feeder and local date. Units: kWh, volts.
SELECT
    feeder_id,
    local_date,
    count(*) AS reads,
    sum(kwh) AS metered_kwh,
    avg(voltage) AS avg_voltage
FROM {{ ref('reads_by_day') }}
GROUP BY feeder_id, local_date
