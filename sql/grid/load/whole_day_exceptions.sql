-- What of a local day is not simply replaced, where beside is the whole day anew and day_table what stands.
-- Grain: one read; few, since nearly every value differs. is_new: nothing stood; is_gone: the batch does not bring it;
-- is_same: both have the same value. is_fit: keeping the tables as they lie says the same as merging row by row would.
-- ctids: where the two rows lie; they stay there, since nobody else writes to the day. The rest is what stands.
-- Lives as long as the transaction. Reader: the loader, under the lock of (tenant, day).
CREATE TEMPORARY TABLE beside_exceptions ON COMMIT DROP AS
SELECT
    n.ctid AS new_ctid,
    r.ctid AS old_ctid,
    r.tenant_id,
    r.meter_id,
    r.feeder_id,
    r.read_at,
    r.kwh,
    r.voltage,
    r.quality_flags,
    r.interval_minutes,
    r.source,
    r.arrived_at,
    r.updated_at,
    r.meter_id IS NULL AS is_new,
    n.meter_id IS NULL AS is_gone,
    n.meter_id IS NOT NULL AND r.meter_id IS NOT NULL AS is_same,
    coalesce(n.interval_minutes = r.interval_minutes AND n.feeder_id = r.feeder_id, TRUE) AS is_fit
FROM {beside} AS n
FULL JOIN {day_table} AS r ON n.meter_id = r.meter_id AND n.read_at = r.read_at
WHERE
    n.meter_id IS NULL OR r.meter_id IS NULL
    OR n.interval_minutes <> r.interval_minutes
    OR (n.kwh = r.kwh AND n.voltage IS NOT DISTINCT FROM r.voltage AND n.quality_flags = r.quality_flags)
