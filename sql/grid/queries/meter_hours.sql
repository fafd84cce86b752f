-- One meter's whole hours after start, up to end, with the median voltage of its transformer's other meters in each.
-- Grain: hour that has reads for all of its minutes. Units: kWh, volts on the 120 V base. Reader: the meter's page.
WITH peers AS (
    SELECT
        date_bin('1 hour', read_at - interval_minutes * interval '1 minute', timestamptz 'epoch') AS hour,
        percentile_cont(0.5) WITHIN GROUP (ORDER BY voltage) AS voltage
    FROM meter_reads_electric
    WHERE
        tenant_id = %(tenant)s AND read_at > %(peers_from)s AND read_at <= %(end)s
        AND meter_id = any(%(peers)s)
        AND voltage IS NOT NULL
    GROUP BY hour
),

own AS (
    SELECT
        date_bin('1 hour', read_at - interval_minutes * interval '1 minute', timestamptz 'epoch') AS hour,
        sum(kwh)::float8 AS kwh,
        avg(voltage)::float8 AS voltage
    FROM meter_reads_electric
    WHERE tenant_id = %(tenant)s AND meter_id = %(meter)s AND read_at > %(start)s AND read_at <= %(end)s
    GROUP BY hour
    HAVING sum(interval_minutes) = 60
)

SELECT
    own.hour,
    own.kwh,
    own.voltage,
    peers.voltage AS peer_voltage
FROM own
LEFT JOIN peers ON own.hour = peers.hour
ORDER BY own.hour
