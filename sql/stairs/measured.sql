-- Meaning: what counts of a session's measurements, with the measures of their places; of a place that was tested again
--   the newest test.
-- Grain: one instance that was completed with a number.
-- Units: of the instance; metres.
-- Reader: the physics cross-check, charts.
SELECT
  i.instance_id,
  i.stair_id,
  s.stair_name,
  f.floor_level,
  f.floor_number,
  f.height_m,
  i.measurement_type,
  i.door_configuration,
  i.pressurization_active,
  i.measured_value_numeric AS value,
  i.min_threshold,
  i.max_threshold,
  i.baseline_value,
  i.design_setpoint,
  d.door_identifier,
  d.width_m AS door_width_m,
  d.height_m AS door_height_m,
  d.handle_offset_m,
  w.doorway_identifier,
  w.width_m AS doorway_width_m,
  w.height_m AS doorway_height_m,
  i.validation_result
FROM test_instances AS i
INNER JOIN stairs AS s ON i.tenant_id = s.tenant_id AND i.stair_id = s.stair_id
LEFT JOIN floors AS f ON i.tenant_id = f.tenant_id AND i.floor_id = f.floor_id
LEFT JOIN doors AS d ON i.tenant_id = d.tenant_id AND i.door_id = d.door_id
LEFT JOIN doorways AS w ON i.tenant_id = w.tenant_id AND i.doorway_id = w.doorway_id
WHERE
  i.tenant_id = current_setting('app.tenant') AND i.session_id = :session_id AND i.status = 'completed'
  AND i.measured_value_numeric IS NOT NULL
  AND NOT EXISTS (
    SELECT 1 FROM test_instances AS n
    WHERE
      n.tenant_id = i.tenant_id AND n.retest_of = i.instance_id AND n.session_id = i.session_id
      AND n.status = 'completed'
  )
ORDER BY s.stair_name COLLATE "C", i.sequence_order, i.instance_id
