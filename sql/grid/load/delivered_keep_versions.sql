-- Keep the delivered energy that loses: the standing value when it is replaced, the offered one when it is not.
-- Grain: one feeder, interval and value; a value that is offered again is not kept twice. Unit: kWh.
INSERT INTO feeder_delivered_versions
(tenant_id, feeder_id, read_at, kind, kwh, interval_minutes, source, arrived_at, batch_id)
SELECT
    d.tenant_id,
    d.feeder_id,
    d.read_at,
    %(kind)s,
    CASE WHEN %(kind)s = 'replaced' THEN d.kwh ELSE s.kwh END,
    CASE WHEN %(kind)s = 'replaced' THEN d.interval_minutes ELSE s.interval_minutes END,
    CASE WHEN %(kind)s = 'replaced' THEN d.source ELSE s.source END,
    CASE WHEN %(kind)s = 'replaced' THEN d.arrived_at ELSE s.arrived_at END,
    %(batch_id)s
FROM staged_delivered AS s
INNER JOIN feeder_delivered AS d ON s.feeder_id = d.feeder_id AND s.read_at = d.read_at
WHERE
    d.tenant_id = %(tenant)s
    AND (s.kwh IS DISTINCT FROM d.kwh OR s.interval_minutes IS DISTINCT FROM d.interval_minutes)
ON CONFLICT DO NOTHING
