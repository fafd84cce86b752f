-- Meaning: what each table is for, as psql and the data dictionary show it.
-- Grain: one statement a table. Units: none.
-- Reader: analysts, docs/data-dictionary.md.
COMMENT ON TABLE buildings IS
    'Buildings with pressurised stairs. Grain: one row a building. Units: timezone is an IANA name.';
COMMENT ON TABLE stairs IS 'Stairs of a building. Grain: one row a stair. Units: design_setpoint_pa in Pa.';
COMMENT ON TABLE floors IS 'Floors of a stair. Grain: one row a floor. Units: height_m in m.';
COMMENT ON TABLE doors IS
    'Doors of a floor. Grain: one row a door. Units: width_m, height_m, handle_offset_m in m, fire_rating_minutes.';
COMMENT ON TABLE doorways IS
    'Doorways through which air flows with doors open. Grain: one row a doorway. Units: width_m, height_m in m.';
COMMENT ON TABLE zones IS 'Zones that a stair serves. Grain: one row a zone.';
COMMENT ON TABLE control_equipment IS 'Fans, dampers, detectors and panels. Grain: one row a piece of equipment.';
COMMENT ON TABLE instruments IS
    'Measuring instruments. Grain: one row an instrument. Units: calibration_frequency_months.';
COMMENT ON TABLE calibration_certificates IS
    'Certificates of instruments. Grain: one row a certificate. Units: dates are local.';
COMMENT ON TABLE baseline_pressure_differentials IS
    'Pressure differentials at commissioning, countersigned. Grain: one row a floor and door configuration. Units: '
    'pressure_pa in Pa.';
COMMENT ON TABLE baseline_air_velocities IS
    'Velocities at commissioning, countersigned. Grain: one row a doorway and scenario. Units: velocity_ms in m/s.';
COMMENT ON TABLE baseline_door_forces IS
    'Door opening forces at commissioning, countersigned. Grain: one row a door and state of the fans. Units: '
    'force_newtons in N.';
COMMENT ON TABLE baseline_history IS
    'Baselines as they stood before they were replaced. Grain: one row a replaced baseline. Units: as in its table.';
COMMENT ON TABLE as1851_rules IS
    'Limits of the standard by version, countersigned. Grain: one row a rule. Units: thresholds in the rule''s '
    'unit.';
COMMENT ON TABLE rule_overrides IS
    'Limits that a document sets for one building, countersigned. Grain: one row an override. Units: thresholds in '
    'the rule''s unit.';
COMMENT ON TABLE archetype_schedule IS
    'Which kinds of test a routine has. Grain: one row an archetype, routine, dimension and selector.';
COMMENT ON TABLE defect_class_map IS
    'Classes of defects by jurisdiction. Grain: one row a classification and jurisdiction. Units: notice_hours in '
    'h.';
COMMENT ON TABLE ce_scenarios IS 'Cause-and-effect scenarios. Grain: one row a scenario. Units: windows in seconds.';
COMMENT ON TABLE interface_test_definitions IS
    'Tests at the interface to other systems. Grain: one row a definition. Units: response_time_s in s.';
COMMENT ON TABLE generation_runs IS
    'Templates that were generated from the registry. Grain: one row a run. Units: counts of templates.';
COMMENT ON TABLE test_instance_templates IS 'A test that a routine asks for at one point. Grain: one row a template.';
COMMENT ON TABLE test_sessions IS
    'A visit: planned, walked, submitted, approved. Grain: one row a session. Units: instants UTC.';
COMMENT ON TABLE test_instances IS
    'One test of a session, with what was read. Grain: one row an instance. Units: readings as text, in the unit of '
    'the kind.';
COMMENT ON TABLE instance_evaluations IS
    'A verdict with its inputs. Grain: one row an evaluation of an instance. Units: as inputs say.';
COMMENT ON TABLE faults IS
    'Defects that verdicts proposed and people decided on. Grain: one row a fault. Units: instants UTC.';
COMMENT ON TABLE evidence_records IS 'Photos, videos and logs, by hash. Grain: one row a file. Units: instants UTC.';
COMMENT ON TABLE session_bundles IS
    'What a phone was given for a session. Grain: one row a session and bundle. Units: size_bytes.';
COMMENT ON TABLE session_submissions IS 'What a phone handed in. Grain: one row a submission. Units: instants UTC.';
COMMENT ON TABLE stair_observations IS
    'What physics and trend notice: advice, never a verdict. Grain: one row an observation. Units: as data says.';
COMMENT ON TABLE compliance_reports IS
    'Reports of sessions, draft and signed. Grain: one row a report. Units: instants UTC.';
