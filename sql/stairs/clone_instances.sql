-- Meaning: the same again without its results, to be tested anew after a repair or in an amendment; behind all others.
-- Grain: one instance for each that is repeated.
-- Reader: POST .../retest, POST .../amend.
INSERT INTO test_instances (
  session_id, template_instance_id, building_id, archetype_id, measurement_type, frequency, stair_id, floor_id, door_id,
  doorway_id, zone_id, scenario_id, definition_id, door_configuration, door_scenario, pressurization_active,
  interface_type, location_id, design_setpoint, baseline_value, min_threshold, max_threshold, baseline_date, unit,
  visual_asset_path, descriptive_instructions, audible_cues, safety_warnings, required_instrument_type,
  calibration_requirement, evidence_prompts, scoped_identifier, sequence_order, definition_snapshot, sequence_snapshot,
  baseline_snapshot, context_snapshot, retest_of
)
SELECT
  :session_id,
  o.template_instance_id,
  o.building_id,
  o.archetype_id,
  o.measurement_type,
  o.frequency,
  o.stair_id,
  o.floor_id,
  o.door_id,
  o.doorway_id,
  o.zone_id,
  o.scenario_id,
  o.definition_id,
  o.door_configuration,
  o.door_scenario,
  o.pressurization_active,
  o.interface_type,
  o.location_id,
  o.design_setpoint,
  o.baseline_value,
  o.min_threshold,
  o.max_threshold,
  o.baseline_date,
  o.unit,
  o.visual_asset_path,
  o.descriptive_instructions,
  o.audible_cues,
  o.safety_warnings,
  o.required_instrument_type,
  o.calibration_requirement,
  o.evidence_prompts,
  o.scoped_identifier,
  row_number() OVER (ORDER BY o.sequence_order, o.instance_id) + coalesce((
    SELECT max(m.sequence_order) FROM test_instances AS m
    WHERE m.tenant_id = current_setting('app.tenant') AND m.session_id = :session_id
  ), 0),
  o.definition_snapshot,
  o.sequence_snapshot,
  o.baseline_snapshot,
  o.context_snapshot,
  o.instance_id
FROM test_instances AS o
WHERE o.tenant_id = current_setting('app.tenant') AND o.instance_id = any(:ids)
RETURNING instance_id, retest_of
