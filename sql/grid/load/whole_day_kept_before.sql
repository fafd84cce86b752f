-- Take out of the former day the values that stand as replaced ones already: a value is not kept twice.
-- Grain: one read and value. from_ts, to_ts: the local day, which names the pieces of meter_read_versions that count.
DELETE FROM {day_table} AS r
USING meter_read_versions AS v
WHERE
    v.tenant_id = %(tenant)s AND v.read_at >= %(from_ts)s AND v.read_at < %(to_ts)s AND v.kind = 'replaced'
    AND r.meter_id = v.meter_id AND r.read_at = v.read_at AND r.kwh = v.kwh
    AND r.voltage IS NOT DISTINCT FROM v.voltage AND r.quality_flags = v.quality_flags
