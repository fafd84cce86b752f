"""What the field's documents say of the sixteen tables, the two enhanced ones and their names, written down apart from
the migrations: a column, constraint, index or cascade that goes missing there fails here.
"""

# column:type, `!` where it is never NULL. vc is varchar, tz an instant, n6.2 is numeric(6,2).
COLUMNS = {
    "stairs": """stair_id:uuid! building_id:uuid! stair_name:vc100! orientation:vc50 stair_type:vc50
        floor_range_bottom:vc50 floor_range_top:vc50 design_standard:vc100 created_at:tz! updated_at:tz!""",
    "floors": """floor_id:uuid! building_id:uuid! stair_id:uuid! floor_level:vc50! floor_number:int! height_m:n5.2
        created_at:tz! updated_at:tz!""",
    "doors": """door_id:uuid! building_id:uuid! stair_id:uuid! floor_id:uuid! door_identifier:vc100! door_type:vc50
        fire_rating_minutes:int door_closer_model:vc100 door_hand:vc20 width_m:n4.2 height_m:n4.2 created_at:tz!
        updated_at:tz!""",
    "doorways": """doorway_id:uuid! building_id:uuid! stair_id:uuid! floor_id:uuid! doorway_identifier:vc100!
        width_m:n4.2 height_m:n4.2 orientation:vc50 adjacent_space:vc100 created_at:tz! updated_at:tz!""",
    "zones": """zone_id:uuid! building_id:uuid! stair_id:uuid! zone_name:vc100! floors_covered:jsonb!
        floor_ids_covered:uuid[]! created_at:tz! updated_at:tz!""",
    "control_equipment": """equipment_id:uuid! building_id:uuid! stair_id:uuid! zone_id:uuid equipment_type:vc50!
        equipment_identifier:vc100! manufacturer:vc100 model:vc100 serial_number:vc100 installation_date:date
        specifications:jsonb created_at:tz! updated_at:tz!""",
    "baseline_pressure_differentials": """baseline_id:uuid! building_id:uuid! stair_id:uuid! floor_id:uuid!
        door_configuration:vc50! pressure_pa:n6.2! commissioned_date:date! commissioned_by:vc255
        commissioning_report_ref:vc255 environmental_conditions:jsonb created_at:tz! updated_at:tz!""",
    "baseline_air_velocities": """baseline_id:uuid! building_id:uuid! stair_id:uuid! doorway_id:uuid!
        door_scenario:vc50! velocity_ms:n5.3! measurement_points:jsonb average_velocity_ms:n5.3
        commissioned_date:date! commissioned_by:vc255 created_at:tz! updated_at:tz!""",
    "baseline_door_forces": """baseline_id:uuid! building_id:uuid! stair_id:uuid! door_id:uuid!
        pressurization_active:bool! force_newtons:n6.2! measurement_position:vc50 commissioned_date:date!
        commissioned_by:vc255 created_at:tz! updated_at:tz!""",
    "ce_scenarios": """scenario_id:uuid! building_id:uuid! stair_id:uuid! zone_id:uuid! scenario_name:vc255!
        scenario_type:vc50! trigger_device_id:vc100! trigger_device_type:vc50 expected_sequence:jsonb! created_at:tz!
        created_by:uuid version:int! active:bool!""",
    "interface_test_definitions": """definition_id:uuid! building_id:uuid! stair_id:uuid! interface_type:vc50!
        location_id:vc100! location_name:vc255 test_action:text expected_result:text response_time_s:int
        created_at:tz!""",
    "test_instance_templates": """template_instance_id:uuid! building_id:uuid! archetype_id:vc50! measurement_type:vc50!
        frequency:vc20! stair_id:uuid! floor_id:uuid door_id:uuid doorway_id:uuid zone_id:uuid scenario_id:uuid
        door_configuration:vc50 door_scenario:vc50 pressurization_active:bool interface_type:vc50 location_id:vc100
        design_setpoint:n10.3 baseline_value:n10.3 min_threshold:n10.3 max_threshold:n10.3 baseline_date:date unit:vc20
        visual_asset_path:text descriptive_instructions:jsonb audible_cues:jsonb safety_warnings:jsonb
        required_instrument_type:vc50 calibration_requirement:jsonb evidence_prompts:jsonb sequence_order:int!
        created_at:tz! updated_at:tz! scoped_identifier:text! generation_run_id:uuid! definition_id:uuid
        retired_at:tz countersignature_id:uuid!""",
    "test_instances": """instance_id:uuid! template_instance_id:uuid session_id:uuid! building_id:uuid!
        archetype_id:vc50! measurement_type:vc50! frequency:vc20! stair_id:uuid! floor_id:uuid door_id:uuid
        doorway_id:uuid zone_id:uuid scenario_id:uuid door_configuration:vc50 door_scenario:vc50
        pressurization_active:bool interface_type:vc50 location_id:vc100 design_setpoint:n10.3 baseline_value:n10.3
        min_threshold:n10.3 max_threshold:n10.3 baseline_date:date unit:vc20 visual_asset_path:text
        descriptive_instructions:jsonb audible_cues:jsonb safety_warnings:jsonb required_instrument_type:vc50
        calibration_requirement:jsonb evidence_prompts:jsonb required_instrument_id:uuid status:vc20!
        sequence_order:int! started_at:tz completed_at:tz technician_id:uuid measured_value_numeric:n10.3
        measured_value_text:text is_compliant:bool deviation_from_baseline_pct:n6.2 validation_result:jsonb
        fault_id:uuid evidence_ids:uuid[] notes:text created_at:tz! updated_at:tz! scoped_identifier:text!
        definition_id:uuid retest_of:uuid used_instrument_id:uuid tested_at:tz verdict:vc20""",
    "evidence_records": """evidence_id:uuid! instance_id:uuid! session_id:uuid! evidence_type:vc50! description:text
        file_path:text file_hash_sha256:vc64 device_attestation_token:text gps_coordinates:jsonb captured_at:tz!
        uploaded_at:tz file_size_bytes:bigint mime_type:vc100 metadata:jsonb created_at:tz!""",
    "as1851_rules": """rule_id:uuid! rule_code:vc50! version:vc50! measurement_type:vc50! min_threshold:n10.3
        max_threshold:n10.3 unit:vc20 severity_if_fail:vc20! defect_classification:vc10! description:text
        reference_standard:vc100 active:bool! effective_date:date! superseded_date:date created_at:tz! updated_at:tz!
        source:text verified:bool! reference_status:vc20! countersignature_id:uuid!""",
    "calibration_certificates": """cert_id:uuid! instrument_id:uuid! cert_number:vc100! calibration_date:date!
        expiry_date:date! calibration_authority:vc255 standard:vc100 certificate_file_path:text created_at:tz!""",
    "faults": """instance_id:uuid stair_id:uuid floor_id:uuid door_id:uuid doorway_id:uuid zone_id:uuid
        door_configuration:vc50 measurement_type:vc50 measured_value:n10.3 design_setpoint:n10.3 baseline_value:n10.3
        min_threshold:n10.3 max_threshold:n10.3 unit:vc20 deviation_from_baseline_pct:n6.2 rule_applied:vc50
        rule_version:vc50 environmental_conditions:jsonb""",
    "instruments": """instrument_type:vc50 calibration_frequency_months:int calibration_standard:vc100
        calibration_cert_id:vc100 calibration_date:date calibration_expiry:date accuracy:vc50 range_min:n10.3
        range_max:n10.3 unit:vc20""",
}
NEW_TABLES = [table for table in COLUMNS if table not in {"faults", "instruments"}]

INDEXES = {
    "idx_stairs_building": "stairs building_id",
    "idx_stairs_building_type": "stairs building_id, stair_type",
    "idx_floors_stair": "floors stair_id",
    "idx_floors_building": "floors building_id",
    "idx_floors_building_number": "floors building_id, floor_number",
    "idx_floors_stair_number": "floors stair_id, floor_number",
    "idx_doors_stair_floor": "doors stair_id, floor_id",
    "idx_doors_building": "doors building_id",
    "idx_doorways_stair_floor": "doorways stair_id, floor_id",
    "idx_doorways_building": "doorways building_id",
    "idx_zones_stair": "zones stair_id",
    "idx_zones_building": "zones building_id",
    "idx_equipment_stair_zone": "control_equipment stair_id, zone_id",
    "idx_equipment_type": "control_equipment equipment_type",
    "idx_baseline_pressure_stair_floor": "baseline_pressure_differentials stair_id, floor_id",
    "idx_baseline_velocity_doorway": "baseline_air_velocities doorway_id",
    "idx_baseline_door_force_door": "baseline_door_forces door_id",
    "idx_ce_scenarios_zone": "ce_scenarios zone_id",
    "idx_ce_scenarios_active": "ce_scenarios active",
    "idx_interface_defs_stair_type": "interface_test_definitions stair_id, interface_type",
    "idx_templates_building_freq": "test_instance_templates building_id, frequency",
    "idx_templates_stair_floor": "test_instance_templates stair_id, floor_id",
    "idx_templates_archetype": "test_instance_templates archetype_id",
    "idx_templates_measurement_type": "test_instance_templates measurement_type",
    "idx_templates_sequence": "test_instance_templates building_id, frequency, sequence_order",
    "idx_instances_session": "test_instances session_id",
    "idx_instances_status": "test_instances status",
    "idx_instances_stair_floor": "test_instances stair_id, floor_id",
    "idx_instances_template": "test_instances template_instance_id",
    "idx_instances_session_sequence": "test_instances session_id, sequence_order",
    "idx_instances_technician": "test_instances technician_id",
    "idx_instances_measurement_type": "test_instances measurement_type",
    "idx_instances_compliance": "test_instances is_compliant",
    "idx_evidence_instance": "evidence_records instance_id",
    "idx_evidence_session": "evidence_records session_id",
    "idx_evidence_captured": "evidence_records captured_at",
    "idx_evidence_hash": "evidence_records file_hash_sha256",
    "idx_faults_instance": "faults instance_id",
    "idx_faults_stair_floor": "faults stair_id, floor_id",
    "idx_faults_measurement_type": "faults measurement_type",
    "idx_rules_measurement_type": "as1851_rules measurement_type",
    "idx_rules_active": "as1851_rules active",
    "idx_rules_code": "as1851_rules rule_code",
    "idx_instruments_type": "instruments instrument_type",
    "idx_instruments_expiry": "instruments calibration_expiry",
    "idx_certs_instrument": "calibration_certificates instrument_id",
    "idx_certs_expiry": "calibration_certificates expiry_date",
}
TREND_INDEX = "test_instances stair_id, floor_id, measurement_type, door_configuration, completed_at DESC"

# Every key is within a tenant, so `tenant_id` comes first in each and is left out here.
UNIQUES = {
    "uq_building_stair_name": "stairs building_id, stair_name",
    "uq_building_stair_floor": "floors building_id, stair_id, floor_level",
    "uq_door_identifier": "doors building_id, stair_id, floor_id, door_identifier",
    "uq_doorway_identifier": "doorways building_id, stair_id, floor_id, doorway_identifier",
    "uq_zone_name": "zones building_id, stair_id, zone_name",
    "uq_equipment_identifier": "control_equipment building_id, stair_id, equipment_identifier",
    "uq_baseline_pressure": "baseline_pressure_differentials building_id, stair_id, floor_id, door_configuration",
    "uq_baseline_velocity": "baseline_air_velocities building_id, stair_id, doorway_id, door_scenario",
    "uq_baseline_door_force": "baseline_door_forces building_id, stair_id, door_id, pressurization_active",
    "uq_ce_scenario": "ce_scenarios building_id, stair_id, zone_id, scenario_name, version",
    "uq_interface_definition": "interface_test_definitions building_id, stair_id, interface_type, location_id",
    "uq_templates_scoped": "test_instance_templates building_id, frequency, scoped_identifier",
    "uq_rule_code_version": "as1851_rules rule_code, version",
    "uq_cert_number": "calibration_certificates calibration_authority, cert_number",
}

# Which row a column names: its table and key.
PARENTS = {
    "building_id": "buildings.id",
    "stair_id": "stairs.stair_id",
    "floor_id": "floors.floor_id",
    "door_id": "doors.door_id",
    "doorway_id": "doorways.doorway_id",
    "zone_id": "zones.zone_id",
    "scenario_id": "ce_scenarios.scenario_id",
    "definition_id": "interface_test_definitions.definition_id",
    "template_instance_id": "test_instance_templates.template_instance_id",
    "instance_id": "test_instances.instance_id",
    "session_id": "test_sessions.id",
    "instrument_id": "instruments.id",
    "required_instrument_id": "instruments.id",
    "used_instrument_id": "instruments.id",
    "fault_id": "faults.id",
    "technician_id": "users.id",
    "created_by": "users.id",
}
# With the row that the column names the row itself goes ...
GONE = {
    "stairs": "building_id",
    "floors": "building_id stair_id",
    "doors": "building_id stair_id floor_id",
    "doorways": "building_id stair_id floor_id",
    "zones": "building_id stair_id",
    "control_equipment": "building_id stair_id",
    "baseline_pressure_differentials": "building_id stair_id floor_id",
    "baseline_air_velocities": "building_id stair_id doorway_id",
    "baseline_door_forces": "building_id stair_id door_id",
    "ce_scenarios": "building_id stair_id zone_id",
    "interface_test_definitions": "building_id stair_id",
    "test_instance_templates": "building_id stair_id floor_id door_id doorway_id zone_id scenario_id",
    "test_instances": "session_id building_id stair_id floor_id door_id doorway_id zone_id",
    "evidence_records": "instance_id session_id",
    "calibration_certificates": "instrument_id",
}
# ... or stays and forgets it.
NULLED = {
    "control_equipment": "zone_id",
    "ce_scenarios": "created_by",
    "test_instance_templates": "definition_id",
    "test_instances": """template_instance_id scenario_id definition_id required_instrument_id used_instrument_id
        technician_id fault_id""",
    "faults": "instance_id stair_id floor_id door_id doorway_id zone_id",
    "evidence_records": "created_by",
}
