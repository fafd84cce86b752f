-- Meaning: how each measured point went over the years, from sessions that were handed in or approved.
-- Grain: one result of one point and configuration.
-- Units: of the measurement; tested_on is a local date of the building.
-- Reader: the trend of a building.
WITH results AS (
  SELECT
    i.instance_id,
    i.stair_id,
    s.stair_name,
    f.floor_level,
    i.measurement_type,
    coalesce(
      i.door_configuration, i.door_scenario, CASE WHEN i.pressurization_active THEN 'active' ELSE 'inactive' END
    ) AS configuration,
    coalesce(d.door_identifier, w.doorway_identifier, f.floor_level) AS point,
    (coalesce(i.tested_at, i.completed_at) AT TIME ZONE b.timezone)::date AS tested_on,
    i.measured_value_numeric AS value,
    i.validation_result ->> 'effective_min' AS effective_min,
    i.validation_result ->> 'effective_max' AS effective_max,
    n.accuracy
  FROM test_instances AS i
  INNER JOIN test_sessions AS t ON i.tenant_id = t.tenant_id AND i.session_id = t.id
  INNER JOIN buildings AS b ON i.tenant_id = b.tenant_id AND i.building_id = b.id
  INNER JOIN stairs AS s ON i.tenant_id = s.tenant_id AND i.stair_id = s.stair_id
  LEFT JOIN floors AS f ON i.tenant_id = f.tenant_id AND i.floor_id = f.floor_id
  LEFT JOIN doors AS d ON i.tenant_id = d.tenant_id AND i.door_id = d.door_id
  LEFT JOIN doorways AS w ON i.tenant_id = w.tenant_id AND i.doorway_id = w.doorway_id
  LEFT JOIN instruments AS n ON i.tenant_id = n.tenant_id AND i.used_instrument_id = n.id
  WHERE
    i.tenant_id = current_setting('app.tenant') AND i.building_id = :building_id AND i.status = 'completed'
    AND i.measured_value_numeric IS NOT NULL AND t.status IN ('submitted', 'approved')
    AND i.measurement_type IN ('pressure_differential', 'air_velocity', 'door_opening_force')
)

SELECT
  stair_id,
  stair_name,
  floor_level,
  measurement_type,
  configuration,
  point,
  tested_on,
  value,
  effective_min,
  effective_max,
  accuracy
FROM results
ORDER BY -- noqa: AM03
  stair_name COLLATE "C" ASC, measurement_type COLLATE "C" ASC, point COLLATE "C" ASC, configuration COLLATE "C" ASC,
  tested_on ASC, instance_id ASC
