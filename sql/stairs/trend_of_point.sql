-- Meaning: what was measured at one point of a stair, newest first, within the years asked for: one floor, one type and
--   one configuration of doors.
-- Grain: one completed instance.
-- Units: of the measurement; completed_at is an instant.
-- Reader: GET /api/v1/stairs/{id}/floors/{id}/results, bench/stairs.
SELECT
  i.instance_id,
  i.session_id,
  i.completed_at,
  i.tested_at,
  i.measured_value_numeric,
  i.unit,
  i.baseline_value,
  i.deviation_from_baseline_pct,
  i.is_compliant,
  i.verdict
FROM test_instances AS i
WHERE
  i.tenant_id = current_setting('app.tenant') AND i.stair_id = :stair_id AND i.floor_id = :floor_id
  AND i.measurement_type = :measurement_type AND i.door_configuration = :door_configuration
  AND i.completed_at >= :since AND i.status = 'completed'
ORDER BY i.completed_at DESC, i.instance_id ASC
