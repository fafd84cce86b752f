-- Keep the value that loses: the standing one when it is replaced, the offered one when the standing one is kept.
-- Grain: one read and value; a value that is offered again is not kept twice. Written in the order of
-- the index, which keeps it small. An attached table may hold a read without energy: there was no value to keep.
-- A value may stand already in a former day that was kept as a whole: from_ts and to_ts, the local day, name the pieces
-- that are looked into.
INSERT INTO meter_read_versions
(tenant_id, meter_id, read_at, kind, kwh, voltage, quality_flags, source, arrived_at, batch_id)
SELECT
    tenant_id,
    meter_id,
    read_at,
    CASE WHEN wins THEN 'replaced' ELSE 'offered' END,
    CASE WHEN wins THEN old_kwh ELSE kwh END,
    CASE WHEN wins THEN old_voltage ELSE voltage END,
    CASE WHEN wins THEN old_quality_flags ELSE quality_flags END,
    CASE WHEN wins THEN old_source ELSE source END,
    CASE WHEN wins THEN old_arrived_at ELSE arrived_at END,
    %(batch_id)s
FROM differing_reads AS d
WHERE
    NOT is_new AND (NOT wins OR old_kwh IS NOT NULL)
    AND NOT EXISTS (
        SELECT 1 FROM meter_read_versions AS v
        WHERE
            v.piece <> 'rows' AND v.tenant_id = %(tenant)s AND v.read_at >= %(from_ts)s AND v.read_at < %(to_ts)s
            AND d.wins AND v.meter_id = d.meter_id AND v.read_at = d.read_at AND v.kwh = d.old_kwh
            AND v.voltage IS NOT DISTINCT FROM d.old_voltage AND v.quality_flags = d.old_quality_flags
    )
ORDER BY meter_id, read_at
ON CONFLICT DO NOTHING
