-- One meter's reads after start, up to end, with the median voltage of its transformer's other meters. Grain: read.
-- Units: kWh, volts on the 120 V base. Reader: the meter's page.
WITH peers AS (
    SELECT
        r.read_at,
        percentile_cont(0.5) WITHIN GROUP (ORDER BY r.voltage) AS voltage,
        count(*) AS meters
    FROM meter_reads_electric AS r
    WHERE
        r.tenant_id = %(tenant)s AND r.read_at > %(start)s AND r.read_at <= %(end)s
        AND r.meter_id = any(%(peers)s)
        AND r.voltage IS NOT NULL
    GROUP BY r.read_at
)

SELECT
    r.read_at,
    r.interval_minutes,
    r.kwh,
    r.voltage,
    r.quality_flags,
    r.source,
    r.arrived_at,
    peers.voltage AS peer_voltage
FROM meter_reads_electric AS r
LEFT JOIN peers ON r.read_at = peers.read_at
WHERE
    r.tenant_id = %(tenant)s AND r.meter_id = %(meter)s AND r.read_at > %(start)s AND r.read_at <= %(end)s
ORDER BY r.read_at
