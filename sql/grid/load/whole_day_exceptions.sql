-- What of a local day is not simply replaced, where beside is the whole day anew and day_table what stands.
-- Grain: one read; few, since nearly every value differs. is_new: nothing stood; is_gone: the batch does not bring it;
-- is_same: both have the same value. is_fit: keeping the tables as they lie says the same as merging row by row would.
-- ctids: where the two rows lie; they stay there, since nobody else writes to the day. The rest is what stands, and is
-- looked up afterwards: carrying it through the join costs half as much again.
-- All columns of the key are compared: that a row meets one other at most spares the join from keeping rows to go back
-- to. Lives as long as the transaction. Reader: the loader, under the lock of (tenant, day).
CREATE TEMPORARY TABLE beside_pairs ON COMMIT DROP AS
SELECT
    n.ctid AS new_ctid,
    r.ctid AS old_ctid,
    coalesce(n.interval_minutes = r.interval_minutes AND n.feeder_id = r.feeder_id, TRUE) AS is_fit
FROM {beside} AS n
FULL JOIN {day_table} AS r ON n.meter_id = r.meter_id AND n.read_at = r.read_at AND n.tenant_id = r.tenant_id
WHERE
    n.meter_id IS NULL OR r.meter_id IS NULL
    OR n.interval_minutes <> r.interval_minutes
    OR (n.kwh = r.kwh AND n.voltage IS NOT DISTINCT FROM r.voltage AND n.quality_flags = r.quality_flags);

ANALYZE beside_pairs;

CREATE TEMPORARY TABLE beside_exceptions ON COMMIT DROP AS
SELECT
    p.new_ctid,
    p.old_ctid,
    p.is_fit,
    p.old_ctid IS NULL AS is_new,
    p.new_ctid IS NULL AS is_gone,
    p.new_ctid IS NOT NULL AND p.old_ctid IS NOT NULL AS is_same,
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
    r.updated_at
FROM beside_pairs AS p
LEFT JOIN {day_table} AS r ON p.old_ctid = r.ctid;

DROP TABLE beside_pairs;

ANALYZE beside_exceptions
