-- Meaning: buildings as the pilot is (two stairs of fifteen storeys, a door and a doorway on each), and what ten years
--   of annual visits left in them.
-- Grain: statements in order; :buildings and :sessions (a building) say how many.
-- Units: of the tables. Ids are made from names, so that the same size gives the same rows.
-- Reader: bench/stairs/population.py.
INSERT INTO buildings (id, name, timezone, jurisdiction)
SELECT md5('building ' || b)::uuid, 'Building ' || b, 'Australia/Sydney', 'NSW'
FROM generate_series(1, :buildings) AS b;

INSERT INTO stairs (building_id, stair_id, stair_name, orientation, stair_type, design_setpoint_pa)
SELECT md5('building ' || b)::uuid, md5('stair ' || b || '/' || s)::uuid, 'Stair-' || chr(64 + s), 'North',
  'pressurized', 45
FROM generate_series(1, :buildings) AS b, generate_series(1, 2) AS s;

INSERT INTO floors (building_id, stair_id, floor_id, floor_level, floor_number, height_m)
SELECT building_id, stair_id, md5('floor ' || stair_id || '/' || f)::uuid,
  CASE WHEN f = 0 THEN 'Ground' ELSE 'Level-' || f END, f, f * 3.5
FROM stairs, generate_series(0, 14) AS f;

INSERT INTO doors (building_id, stair_id, floor_id, door_id, door_identifier, door_type, width_m, height_m)
SELECT building_id, stair_id, floor_id, md5('door ' || floor_id)::uuid, 'D-' || floor_level, 'fire_rated', 0.9, 2.1
FROM floors;

INSERT INTO doorways (building_id, stair_id, floor_id, doorway_id, doorway_identifier, width_m, height_m)
SELECT building_id, stair_id, floor_id, md5('doorway ' || floor_id)::uuid, 'DW-' || floor_level, 1.2, 2.4
FROM floors;

INSERT INTO test_sessions (building_id, id, frequency, status, planned_for)
SELECT b.id, md5('session ' || b.id || '/' || v)::uuid, 'annual', 'submitted',
  date '2026-06-30' - (365 * 10 * v / :sessions)
FROM buildings AS b, generate_series(0, :sessions - 1) AS v;

INSERT INTO test_instances (
  instance_id, session_id, building_id, stair_id, floor_id, door_id, doorway_id, archetype_id, measurement_type,
  frequency, door_configuration, door_scenario, pressurization_active, interface_type, location_id, design_setpoint,
  baseline_value, min_threshold, max_threshold, unit, scoped_identifier, sequence_order, context_snapshot, status,
  started_at, completed_at, tested_at, measured_value_numeric, is_compliant, verdict, deviation_from_baseline_pct,
  validation_result, descriptive_instructions
)
SELECT
  md5('instance ' || v.id || '/' || s.stair_id || '/' || n)::uuid, v.id, v.building_id, s.stair_id,
  f.floor_id, d.door_id, w.doorway_id, k.archetype, k.kind, 'annual', k.configuration, k.scenario, k.active,
  k.interface, k.location, 45, 44.5, k.low, k.high, k.unit,
  k.kind || '/' || s.stair_name || '/' || n, (84 * (s.nth - 1) + n + 1)::integer,
  jsonb_build_object('stair_name', s.stair_name, 'floor_level', f.floor_level), 'completed',
  v.planned_for + interval '9 hours' + make_interval(mins => n), v.planned_for + interval '9 hours 3 minutes'
  + make_interval(mins => n), v.planned_for + interval '9 hours' + make_interval(mins => n),
  CASE k.kind WHEN 'pressure_differential' THEN 40 + (n * 7 % 11) WHEN 'air_velocity' THEN 1.1
    WHEN 'door_opening_force' THEN 90 + (n * 5 % 13) END,
  true, 'compliant', -1.5,
  jsonb_build_object('engine_version', 'firemode-evaluation/1', 'verdict', 'compliant', 'is_compliant', true,
    'measured_raw', '44.2', 'effective_min', k.low, 'effective_max', k.high, 'threshold_source', 'rule',
    'rule_code', 'SP-01', 'rule_version', 'AS1851-2024-v1.3', 'flags', '[]'::jsonb, 'observations', '[]'::jsonb,
    'calibration', jsonb_build_object('certificate', 'C-' || n, 'valid_on_test_date', true),
    'evidence', jsonb_build_object('required', 1, 'present', 1, 'verified', 1, 'missing', '[]'::jsonb)),
  jsonb_build_array(jsonb_build_object('step', 1, 'instruction', 'Close all doors of the stair and wait until the'
    || ' reading has stood still for 30 seconds.', 'estimated_time_s', 60))
FROM test_sessions AS v
INNER JOIN (
  SELECT *, row_number() OVER (PARTITION BY building_id ORDER BY stair_name) AS nth FROM stairs
) AS s ON v.building_id = s.building_id
CROSS JOIN generate_series(0, 83) AS n
CROSS JOIN LATERAL (
  SELECT
    CASE WHEN n < 30 THEN n % 15 WHEN n < 45 THEN n - 30 WHEN n < 75 THEN (n - 45) / 2 END AS storey,
    CASE WHEN n < 30 THEN 'pressure_differential' WHEN n < 45 THEN 'air_velocity' WHEN n < 75 THEN
      'door_opening_force' WHEN n < 80 THEN 'cause_and_effect_logic' ELSE 'interface_test' END AS kind,
    CASE WHEN n < 30 THEN 'ARCH-PRESSURE-001' WHEN n < 45 THEN 'ARCH-VELOCITY-001' WHEN n < 75 THEN
      'ARCH-DOORFORCE-001' WHEN n < 80 THEN 'ARCH-CE-001' ELSE 'ARCH-INTERFACE-001' END AS archetype,
    CASE WHEN n < 15 THEN 'all_closed' WHEN n < 30 THEN 'evac_doors_open' END AS configuration,
    CASE WHEN n BETWEEN 30 AND 44 THEN 'worst_case_3_doors_open' END AS scenario,
    CASE WHEN n BETWEEN 45 AND 74 THEN n % 2 = 1 END AS active,
    CASE WHEN n >= 80 THEN 'manual_override' END AS interface,
    CASE WHEN n >= 80 THEN 'FIRE-PANEL-0' || n - 79 END AS location,
    CASE WHEN n < 30 THEN 20 WHEN n < 45 THEN 1 END AS low,
    CASE WHEN n < 30 THEN 80 WHEN n BETWEEN 45 AND 74 THEN 110 END AS high,
    CASE WHEN n < 30 THEN 'Pa' WHEN n < 45 THEN 'm/s' WHEN n < 75 THEN 'N' END AS unit
) AS k
LEFT JOIN floors AS f ON s.stair_id = f.stair_id AND k.storey = f.floor_number
LEFT JOIN doors AS d ON f.floor_id = d.floor_id AND n BETWEEN 45 AND 74
LEFT JOIN doorways AS w ON f.floor_id = w.floor_id AND n BETWEEN 30 AND 44
ORDER BY v.planned_for, v.id, s.stair_name, n;
