-- Meaning: what is to be tested in a session: the published templates, with copies of what each depends on, so that
--   nothing that changes later changes what was tested. Decimals are texts, as they were entered.
-- Grain: one instance for each template that is not retired.
-- Units: pascals, metres a second, newtons, seconds, metres.
-- Reader: POST /api/v1/tests/sessions.
INSERT INTO test_instances (
  session_id, template_instance_id, building_id, archetype_id, measurement_type, frequency, stair_id, floor_id, door_id,
  doorway_id, zone_id, scenario_id, definition_id, door_configuration, door_scenario, pressurization_active,
  interface_type, location_id, design_setpoint, baseline_value, min_threshold, max_threshold, baseline_date, unit,
  visual_asset_path, descriptive_instructions, audible_cues, safety_warnings, required_instrument_type,
  calibration_requirement, evidence_prompts, scoped_identifier, sequence_order, definition_snapshot, sequence_snapshot,
  baseline_snapshot, context_snapshot
)
SELECT
  :session_id,
  t.template_instance_id,
  t.building_id,
  t.archetype_id,
  t.measurement_type,
  t.frequency,
  t.stair_id,
  t.floor_id,
  t.door_id,
  t.doorway_id,
  t.zone_id,
  t.scenario_id,
  t.definition_id,
  t.door_configuration,
  t.door_scenario,
  t.pressurization_active,
  t.interface_type,
  t.location_id,
  t.design_setpoint,
  t.baseline_value,
  t.min_threshold,
  t.max_threshold,
  t.baseline_date,
  t.unit,
  t.visual_asset_path,
  t.descriptive_instructions,
  t.audible_cues,
  t.safety_warnings,
  t.required_instrument_type,
  t.calibration_requirement,
  t.evidence_prompts,
  t.scoped_identifier,
  t.sequence_order,
  to_jsonb(i) - 'tenant_id' - 'created_at' - 'countersignature_id',
  to_jsonb(c) - 'tenant_id' - 'created_at' - 'created_by' - 'countersignature_id',
  CASE
    WHEN bp.baseline_id IS NOT NULL THEN jsonb_build_object(
      'baseline_id', bp.baseline_id, 'value', bp.pressure_pa::text, 'commissioned_date', bp.commissioned_date
    )
    WHEN bv.baseline_id IS NOT NULL THEN jsonb_build_object(
      'baseline_id', bv.baseline_id, 'velocity_ms', bv.velocity_ms::text,
      'average_velocity_ms', bv.average_velocity_ms::text, 'measurement_points', bv.measurement_points,
      'commissioned_date', bv.commissioned_date
    )
    WHEN bf.baseline_id IS NOT NULL THEN jsonb_build_object(
      'baseline_id', bf.baseline_id, 'value', bf.force_newtons::text, 'measurement_position', bf.measurement_position,
      'commissioned_date', bf.commissioned_date
    )
  END,
  jsonb_strip_nulls(jsonb_build_object(
    'stair_name', s.stair_name, 'floor_level', f.floor_level, 'floor_number', f.floor_number,
    'height_m', f.height_m::text, 'door_identifier', d.door_identifier, 'doorway_identifier', w.doorway_identifier,
    'zone_name', z.zone_name, 'location_name', i.location_name,
    'door', jsonb_build_object(
      'width_m', d.width_m::text, 'height_m', d.height_m::text, 'handle_offset_m', d.handle_offset_m::text
    ),
    'doorway', jsonb_build_object('width_m', w.width_m::text, 'height_m', w.height_m::text)
  ))
FROM test_instance_templates AS t
INNER JOIN stairs AS s ON t.tenant_id = s.tenant_id AND t.stair_id = s.stair_id
LEFT JOIN floors AS f ON t.tenant_id = f.tenant_id AND t.floor_id = f.floor_id
LEFT JOIN doors AS d ON t.tenant_id = d.tenant_id AND t.door_id = d.door_id
LEFT JOIN doorways AS w ON t.tenant_id = w.tenant_id AND t.doorway_id = w.doorway_id
LEFT JOIN zones AS z ON t.tenant_id = z.tenant_id AND t.zone_id = z.zone_id
LEFT JOIN ce_scenarios AS c ON t.tenant_id = c.tenant_id AND t.scenario_id = c.scenario_id
LEFT JOIN interface_test_definitions AS i ON t.tenant_id = i.tenant_id AND t.definition_id = i.definition_id
LEFT JOIN baseline_pressure_differentials AS bp
  ON
    t.tenant_id = bp.tenant_id AND t.stair_id = bp.stair_id AND t.floor_id = bp.floor_id
    AND t.door_configuration = bp.door_configuration AND t.measurement_type = 'pressure_differential'
LEFT JOIN baseline_air_velocities AS bv
  ON t.tenant_id = bv.tenant_id AND t.doorway_id = bv.doorway_id AND t.door_scenario = bv.door_scenario
LEFT JOIN baseline_door_forces AS bf
  ON
    t.tenant_id = bf.tenant_id AND t.door_id = bf.door_id
    AND t.pressurization_active = bf.pressurization_active AND t.measurement_type = 'door_opening_force'
WHERE
  t.tenant_id = current_setting('app.tenant') AND t.building_id = :building_id AND t.frequency = :frequency
  AND t.retired_at IS NULL
ORDER BY t.sequence_order
