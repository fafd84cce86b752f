-- Open outages with customers still out. Resource: countersign-sql.
SELECT
    o.outage_id,
    o.feeder_id,
    o.device_id,
    o.status,
    o.started_at,
    o.etr_current,
    count(i.meter_id) FILTER (WHERE i.restored_at IS NULL) AS customers_out,
    count(i.meter_id) AS customers_touched
FROM outages AS o
LEFT JOIN outage_impacts AS i ON i.tenant_id = o.tenant_id AND i.outage_id = o.outage_id
WHERE o.restored_at IS NULL
GROUP BY o.tenant_id, o.outage_id
ORDER BY customers_out DESC, o.started_at, o.outage_id;
