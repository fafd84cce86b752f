-- One meter's reads within (:start, :end] with the median voltage of its transformer's other meters. Grain: read.
-- Units: kWh, volts on the 120 V base. Reader: the meter's page.
WITH peers AS (
    SELECT
        r.read_at,
        percentile_cont(0.5) WITHIN GROUP (ORDER BY r.voltage) AS voltage,
        count(*) AS meters
    FROM meter_reads_electric AS r
    WHERE
        r.tenant_id = current_setting('app.tenant') AND r.read_at > :start AND r.read_at <= :end
        AND r.meter_id = any(:peers)
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
    r.tenant_id = current_setting('app.tenant') AND r.meter_id = :meter AND r.read_at > :start AND r.read_at <= :end
ORDER BY r.read_at
