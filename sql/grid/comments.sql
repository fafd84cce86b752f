-- Meaning: what each table is for, as psql and the data dictionary show it.
-- Grain: one statement a table. Units: none.
-- Reader: analysts, docs/data-dictionary.md.
COMMENT ON TABLE substations IS 'Substations of the network. Grain: one row a substation. Units: degrees.';
COMMENT ON TABLE feeders IS
    'Feeders, with the parameters of their technical loss. Grain: one row a feeder. Units: base_kv in kV, rated_a '
    'in A, tech_loss_pct 0 to 100, loss_noload_kw in kW.';
COMMENT ON TABLE devices IS 'Switches, fuses, reclosers and breakers. Grain: one row a device. Units: rated_a in A.';
COMMENT ON TABLE transformers IS 'Distribution transformers. Grain: one row a transformer. Units: kva in kVA.';
COMMENT ON TABLE meters IS
    'Meters, where they hang and what they usually use. Grain: one row a meter. Units: base_kwh_day in kWh a day, '
    'service_v in V, pv_kw in kW.';
COMMENT ON TABLE network_nodes IS
    'Nodes of the network graph. Grain: one row a node. Units: base_kv in kV, degrees, depth in edges from the '
    'head.';
COMMENT ON TABLE network_edges IS
    'Lines and devices between nodes. Grain: one row an edge. Units: length_m in m, rated_a in A, r_ohm and x_ohm '
    'in ohm.';
COMMENT ON TABLE topology_versions IS
    'Imports of a network, with what the checks found. Grain: one row an import. Units: instants UTC.';
COMMENT ON TABLE load_profiles IS 'Shapes of use over a day. Grain: one row a profile. Units: shape sums to 1 a day.';
COMMENT ON TABLE switch_state IS
    'Open or closed, from when to when, as reported; nothing here switches. Grain: one row a device and change. '
    'Units: instants UTC.';
COMMENT ON TABLE ami_events IS
    'Thefts, voltage sags and comms outages that were injected for the pilot. Grain: one row an event. Units: '
    'severity 0 to 1, instants UTC.';
COMMENT ON TABLE meter_reads_electric IS
    'Interval reads of meters; partitioned by day. Grain: one row a meter and interval end. Units: kwh in kWh, '
    'voltage in V, quality_flags as bits, instants UTC.';
COMMENT ON TABLE meter_read_versions IS
    'Reads that were replaced or not taken, with where they came from. Grain: one row a replaced or offered read. '
    'Units: kwh in kWh, voltage in V.';
COMMENT ON TABLE read_batches IS
    'Loads of reads and delivered energy, with their counts. Grain: one row a load. Units: counts are numbers of '
    'rows, instants UTC.';
COMMENT ON TABLE feeder_delivered IS
    'Energy that left a feeder''s head. Grain: one row a feeder and interval end. Units: kwh in kWh, instants UTC.';
COMMENT ON TABLE feeder_delivered_versions IS
    'Delivered energy that was replaced or not taken. Grain: one row a replaced or offered value. Units: kwh in '
    'kWh.';
COMMENT ON TABLE gl_feeder_interval IS
    'Roll-up of a feeder''s interval, kept in the load itself. Grain: one row a feeder and interval end. Units: '
    '*_dwh in tenths of a Wh, weights in the unit of expected energy.';
COMMENT ON TABLE gl_feeder_day IS
    'Roll-up of a feeder''s local day. Grain: one row a feeder and local date. Units: *_dwh in tenths of a Wh.';
COMMENT ON TABLE gl_feeder_day_voltage IS
    'Histogram of voltage of a feeder''s local day. Grain: one row a feeder, date and bin. Units: reads is a count.';
COMMENT ON TABLE gl_meter_day IS
    'Roll-up of a meter''s local day. Grain: one row a meter and local date. Units: kwh_dwh in tenths of a Wh.';
COMMENT ON TABLE gl_read_origin IS 'Where a read on a utility''s own tables came from. Grain: one row a read.';
COMMENT ON TABLE meter_suspicion IS
    'Score of each meter on a day: advice to inspect, no accusation. Grain: one row a meter and local date. Units: '
    'score 0 to 100, *_pct 0 to 100.';
COMMENT ON TABLE event_expectations IS
    'What an injected event must do to a figure, written when it was injected. Grain: one row an event, figure and '
    'feeder. Units: as column unit says.';
COMMENT ON TABLE event_twin_intervals IS
    'The intervals of an event as they would be without it. Grain: one row an event, feeder and interval end. '
    'Units: *_dwh in tenths of a Wh.';
COMMENT ON TABLE publish_jobs IS
    'Publishing of windows, as asked for and as it went. Grain: one row a job. Units: instants UTC.';
COMMENT ON TABLE publish_schedules IS
    'Whether a tenant''s reads are published by themselves. Grain: one row a tenant. Units: interval_minutes.';
COMMENT ON TABLE schema_map IS
    'How a utility''s own tables were understood. Grain: one row a version. Units: coverage_pct 0 to 100.';
COMMENT ON TABLE meter_events IS
    'Last gasps, restorations, pings and calls, as they arrived. Grain: one row a signal of a meter or device. '
    'Units: at is when it happened, arrived_at when it came, UTC.';
COMMENT ON TABLE evidence_clusters IS
    'Signals that belong together in time and feeder. Grain: one row a run and cluster. Units: counts of reports '
    'and meters.';
COMMENT ON TABLE device_posteriors IS
    'How probable it is that a device stands open. Grain: one row a run and class of devices. Units: posterior 0 to '
    '1.';
COMMENT ON TABLE provisional_outages IS
    'Outages that the rules hold for probable and nobody has confirmed. Grain: one row a provisional outage. Units: '
    'posterior 0 to 1, instants UTC.';
COMMENT ON TABLE outages IS 'Outages that a person has promoted. Grain: one row an outage. Units: instants UTC.';
COMMENT ON TABLE outage_impacts IS
    'Who was out, from when to when. Grain: one row an outage, meter and begin. Units: instants UTC.';
COMMENT ON TABLE recommendation_runs IS
    'Runs of advice: from which inputs, by which algorithm. Grain: one row a run. Units: hashes are SHA-256, '
    'instants UTC.';
COMMENT ON TABLE fault_zones IS
    'Zones between devices, with their exposure. Grain: one row a topology version and zone. Units: miles, *_pct 0 '
    'to 100, age_yr in years.';
COMMENT ON TABLE fault_zone_rankings IS
    'Where the fault probably lies. Grain: one row a run and zone. Units: probability 0 to 1, patrol_miles.';
COMMENT ON TABLE restoration_options IS
    'What could be switched, and what it would bring; nothing switches it. Grain: one row a run and option. Units: '
    'cmr in customer-minutes, kw_restored in kW, est_minutes.';
COMMENT ON TABLE crews IS 'Crews, with depot, shift and parts. Grain: one row a crew. Units: degrees.';
COMMENT ON TABLE crew_skills IS 'What a crew can do. Grain: one row a crew and skill.';
COMMENT ON TABLE crew_status IS
    'Where a crew was and what it did. Grain: one row a crew and report. Units: degrees, hours_worked in h.';
COMMENT ON TABLE crew_recommendations IS
    'Which crew for which job. Grain: one row a run and recommendation. Units: eta_min in minutes, travel_km in km.';
COMMENT ON TABLE outage_etrs IS
    'Estimated times of restoration. Grain: one row a run. Units: p50_at and p90_at are instants UTC.';
COMMENT ON TABLE outage_replays IS
    'The after-action summary of an outage. Grain: one row a replay. Units: instants UTC.';
COMMENT ON TABLE operator_feedback IS
    'What an operator did with advice. Grain: one row a feedback. Units: instants UTC.';
COMMENT ON TABLE reliability_days IS
    'Customer-minutes of each day, for the major event day threshold. Grain: one row a local date. Units: cmi in '
    'customer-minutes.';
COMMENT ON VIEW v_ami_events_compat IS
    'Injected events under the column names of the second source. Grain: one row an event. Units: severity 0 to 1, '
    'instants UTC.';
