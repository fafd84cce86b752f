-- Meaning: how often accepted advice found something, by what it was based on and by which ruleset.
-- Grain: one row a room, signal type, reason and ruleset; several reasons count under each, and `*` is all of them.
-- Units: counts of closed work items; found = confirmed, fixed or a meter's fault.
-- Reader: GET /v1/advice/precision.
CREATE OR REPLACE VIEW v_advice_precision WITH (security_invoker) AS
SELECT
  w.tenant_id,
  w.room,
  w.signal_type,
  r.reason,
  w.ruleset,
  count(*) FILTER (WHERE w.status = 'OPEN') AS open_items,
  count(*) FILTER (WHERE w.status = 'CLOSED') AS closed_items,
  count(*) FILTER (WHERE w.outcome IN ('confirmed', 'fixed', 'meter_fault')) AS found,
  count(*) FILTER (WHERE w.outcome = 'confirmed') AS confirmed,
  count(*) FILTER (WHERE w.outcome = 'fixed') AS fixed,
  count(*) FILTER (WHERE w.outcome = 'meter_fault') AS meter_fault,
  count(*) FILTER (WHERE w.outcome = 'vacant') AS vacant,
  count(*) FILTER (WHERE w.outcome = 'clean') AS clean,
  count(*) FILTER (WHERE w.outcome = 'not_found') AS not_found
FROM work_items AS w
CROSS JOIN LATERAL unnest(w.reasons || ARRAY['*']) AS r (reason)
GROUP BY w.tenant_id, w.room, w.signal_type, r.reason, w.ruleset;
