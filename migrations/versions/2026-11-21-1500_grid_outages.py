"""Create RestoreIQ: telemetry of outages, advice with its runs, countersigned outages, crews, replays.

What a machine observes or advises it may write; an outage exists only with the countersignature that promoted it.

Reversible: the downgrade drops what this revision made. Outages, replays and feedback go with it: keep a backup.
"""

from alembic import op

from migrations.sqltools import APP, AUDITOR, MACHINE, grant, guard_by_tenant, make_append_only

revision = "202611211500"
down_revision = "202611210940"
branch_labels = None
depends_on = None

TENANT = (
    "tenant_id text NOT NULL DEFAULT NULLIF(current_setting('app.tenant', true), '') REFERENCES tenants (tenant_id)"
)
RUN = "FOREIGN KEY (tenant_id, run_id) REFERENCES recommendation_runs (tenant_id, run_id)"
OUTAGE = "FOREIGN KEY (tenant_id, outage_id) REFERENCES outages (tenant_id, outage_id)"
SIGNED = "FOREIGN KEY (tenant_id, countersignature_id) REFERENCES countersignatures (tenant_id, countersignature_id)"

# Facts and advice: app and machine insert them. What is advice points to its run.
OBSERVED = {
    # One signal of the world: of a meter or of a device. value: volts or amperes, where the type has one.
    "meter_events": """
  event_seq bigint GENERATED ALWAYS AS IDENTITY,
  meter_event_id uuid NOT NULL,
  meter_id text,
  device_id text,
  type text NOT NULL CHECK (type IN ('POWER_OUT', 'POWER_ON', 'PING_OK', 'PING_NO_ANSWER', 'CALL', 'READ_NORMAL',
    'SCADA_OPEN', 'SCADA_CLOSED', 'FAULT_INDICATOR', 'CREW_OUT', 'CREW_ENERGISED')),
  at timestamptz NOT NULL,
  arrived_at timestamptz NOT NULL,
  source text NOT NULL,
  value double precision,
  scenario_event_id text,
  prov_outage_id uuid,
  canon_outage_id uuid,
  PRIMARY KEY (tenant_id, meter_event_id),
  CHECK (num_nonnulls(meter_id, device_id) = 1),
  FOREIGN KEY (tenant_id, meter_id) REFERENCES meters (tenant_id, meter_id)""",
    # One run of one step of the advice. as_of_ts: only what had arrived by then was read. config and made_from are all
    # that is needed to run it again; the hashes say whether the world it was made from is still the same.
    "recommendation_runs": """
  run_id uuid NOT NULL,
  outage_id uuid,
  step text NOT NULL CHECK (step IN ('INFER', 'PROMOTE', 'RANK', 'OPTIONS', 'CREWS', 'ETR', 'REPLAY')),
  run_at timestamptz NOT NULL,
  as_of_ts timestamptz NOT NULL,
  algo_version text NOT NULL,
  config_hash text NOT NULL,
  input_hash text NOT NULL,
  output_hash text NOT NULL,
  topology_version_id uuid,
  seed bigint NOT NULL DEFAULT 0,
  dagster_run_id text,
  requested_by text NOT NULL,
  status text NOT NULL DEFAULT 'DONE',
  parent_run_id uuid,
  counts jsonb NOT NULL DEFAULT '{}',
  made_from jsonb NOT NULL DEFAULT '{}',
  PRIMARY KEY (tenant_id, run_id)""",
    "evidence_clusters": f"""
  cluster_id uuid NOT NULL,
  run_id uuid NOT NULL,
  feeder_id text NOT NULL,
  window_start timestamptz NOT NULL,
  window_end timestamptz NOT NULL,
  reports integer NOT NULL,
  meters integer NOT NULL,
  kind text NOT NULL,
  PRIMARY KEY (tenant_id, run_id, cluster_id),
  {RUN}""",
    # posterior: that one of device_ids, which no meter can tell apart, is the topmost open one.
    "device_posteriors": f"""
  run_id uuid NOT NULL,
  eq_class_id text NOT NULL,
  feeder_id text NOT NULL,
  device_ids text[] NOT NULL,
  posterior double precision NOT NULL CHECK (posterior BETWEEN 0 AND 1),
  rank integer NOT NULL,
  meters_predicted integer NOT NULL,
  meters_reported integer NOT NULL,
  PRIMARY KEY (tenant_id, run_id, eq_class_id),
  {RUN}""",
    # A line section that switching or protective devices bound. Grain: zone of a topology version. Unit: miles.
    "fault_zones": """
  zone_id text NOT NULL,
  feeder_id text NOT NULL,
  upstream_device_id text,
  downstream_device_ids text[] NOT NULL,
  miles double precision NOT NULL,
  oh_pct double precision,
  veg_index double precision,
  age_yr double precision,
  customers integer NOT NULL,
  meters integer NOT NULL,
  faults_5y integer NOT NULL DEFAULT 0,
  topology_version_id uuid NOT NULL,
  PRIMARY KEY (tenant_id, topology_version_id, zone_id)""",
    "fault_zone_rankings": f"""
  run_id uuid NOT NULL,
  zone_id text NOT NULL,
  rank integer NOT NULL,
  probability double precision NOT NULL,
  cum_probability double precision NOT NULL,
  meters_out integer NOT NULL,
  critical_customers integer NOT NULL,
  patrol_miles double precision NOT NULL,
  patrol_order integer NOT NULL,
  is_credible boolean NOT NULL,
  evidence jsonb NOT NULL,
  explanation text NOT NULL,
  equivalence_class text,
  alt_zone_ids text[] NOT NULL DEFAULT '{{}}',
  PRIMARY KEY (tenant_id, run_id, zone_id),
  {RUN}""",
    # rank NULL: rejected, and infeasible_reasons says why. groups: which meters return after how many minutes.
    "restoration_options": f"""
  option_id uuid NOT NULL,
  run_id uuid NOT NULL,
  outage_id uuid NOT NULL,
  zone_id text,
  option_type text NOT NULL,
  rank integer,
  score double precision,
  cmr double precision NOT NULL,
  customers_restored integer NOT NULL,
  critical_restored integer NOT NULL,
  kw_restored double precision NOT NULL,
  est_minutes double precision NOT NULL,
  switching_steps jsonb NOT NULL,
  meter_groups jsonb NOT NULL,
  tie_device_id text,
  loading_pct_max double precision,
  v_min_pu double precision,
  clpu_factor double precision,
  risk double precision,
  risk_items jsonb NOT NULL,
  checks jsonb NOT NULL,
  infeasible_reasons text[] NOT NULL,
  narrative text NOT NULL,
  PRIMARY KEY (tenant_id, run_id, option_id),
  {RUN}""",
    "crew_recommendations": f"""
  rec_id uuid NOT NULL,
  run_id uuid NOT NULL,
  crew_id text NOT NULL,
  job_id text NOT NULL,
  zone_id text,
  option_id uuid,
  role text NOT NULL,
  rank integer NOT NULL,
  is_assigned boolean NOT NULL,
  score double precision NOT NULL,
  eta_min double precision NOT NULL,
  travel_km double precision NOT NULL,
  skills_matched text[] NOT NULL,
  skills_missing text[] NOT NULL,
  parts_missing text[] NOT NULL,
  workload integer NOT NULL,
  shift_remaining_min double precision NOT NULL,
  conflicts text[] NOT NULL,
  reasons jsonb NOT NULL,
  explanation text NOT NULL,
  PRIMARY KEY (tenant_id, run_id, rec_id),
  {RUN}""",
    "outage_etrs": f"""
  run_id uuid NOT NULL,
  outage_id uuid NOT NULL,
  given_at timestamptz NOT NULL,
  p50_at timestamptz NOT NULL,
  p90_at timestamptz NOT NULL,
  parts jsonb NOT NULL,
  PRIMARY KEY (tenant_id, run_id),
  {RUN}""",
    "operator_feedback": f"""
  feedback_id uuid NOT NULL,
  run_id uuid NOT NULL,
  rec_type text NOT NULL CHECK (rec_type IN ('zone', 'option', 'crew', 'promotion', 'etr')),
  rec_id text NOT NULL,
  action text NOT NULL CHECK (action IN ('accepted', 'modified', 'rejected', 'ignored')),
  reason_code text,
  note text,
  actor_id text NOT NULL,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (tenant_id, feedback_id),
  {RUN}""",
    # The utility's days for the major event threshold. Grain: local date. Units: customer-minutes, minutes.
    "reliability_days": """
  local_date date NOT NULL,
  cmi double precision NOT NULL,
  customers_interrupted integer NOT NULL,
  customers_served integer NOT NULL CHECK (customers_served > 0),
  source text NOT NULL,
  PRIMARY KEY (tenant_id, local_date)""",
}
CREWS = {
    "crews": """
  crew_id text NOT NULL,
  name text NOT NULL,
  depot text NOT NULL,
  lat double precision NOT NULL,
  lon double precision NOT NULL,
  shift_start time NOT NULL,
  shift_end time NOT NULL,
  vehicle text,
  members integer NOT NULL DEFAULT 2 CHECK (members > 0),
  parts text[] NOT NULL DEFAULT '{}',
  is_active boolean NOT NULL DEFAULT true,
  PRIMARY KEY (tenant_id, crew_id)""",
    "crew_skills": """
  crew_id text NOT NULL,
  skill text NOT NULL CHECK (skill IN ('line_oh', 'line_ug', 'switching', 'bucket', 'tree', 'meter', 'hv')),
  level integer NOT NULL DEFAULT 1,
  PRIMARY KEY (tenant_id, crew_id, skill),
  FOREIGN KEY (tenant_id, crew_id) REFERENCES crews (tenant_id, crew_id)""",
    # What a crew reported; the newest by `ts` holds. Places of crews are personal data.
    "crew_status": """
  crew_id text NOT NULL,
  ts timestamptz NOT NULL,
  status text NOT NULL CHECK (status IN ('available', 'assigned', 'enroute', 'onsite', 'rest', 'off')),
  current_job text,
  lat double precision,
  lon double precision,
  hours_worked double precision NOT NULL DEFAULT 0,
  note text,
  PRIMARY KEY (tenant_id, crew_id, ts),
  FOREIGN KEY (tenant_id, crew_id) REFERENCES crews (tenant_id, crew_id)""",
}
# Advice that waits, and what a signature made of it.
PROVISIONAL = f"""
CREATE TABLE provisional_outages (
  {TENANT},
  prov_outage_id uuid NOT NULL,
  feeder_id text NOT NULL,
  device_id text NOT NULL,
  device_ids text[] NOT NULL,
  eq_class_id text NOT NULL,
  window_start timestamptz NOT NULL,
  window_end timestamptz NOT NULL,
  first_evidence_at timestamptz NOT NULL,
  meters_predicted integer NOT NULL,
  meters_reported integer NOT NULL,
  meter_ids text[] NOT NULL,
  posterior double precision NOT NULL,
  posterior_meters_out double precision NOT NULL,
  evidence jsonb NOT NULL DEFAULT '[]',
  credible jsonb NOT NULL DEFAULT '[]',
  next_pings jsonb NOT NULL DEFAULT '[]',
  status text NOT NULL CHECK (status IN ('CANDIDATE', 'PROBABLE', 'VERIFY', 'PROMOTED', 'REJECTED', 'MERGED', 'EXPIRED',
    'MOMENTARY', 'COMMS')),
  hold_until timestamptz,
  nested_of uuid,
  run_id uuid NOT NULL,
  canon_outage_id uuid,
  decided_by text,
  decided_at timestamptz,
  reason text,
  countersignature_id uuid,
  PRIMARY KEY (tenant_id, prov_outage_id),
  CHECK (status NOT IN ('PROMOTED', 'REJECTED', 'MERGED') OR countersignature_id IS NOT NULL),
  {SIGNED},
  {RUN}
)"""
OUTAGES = f"""
CREATE TABLE outages (
  {TENANT},
  outage_id uuid NOT NULL,
  canon_key text NOT NULL,
  feeder_id text NOT NULL,
  device_id text NOT NULL,
  device_ids text[] NOT NULL,
  cause text,
  status text NOT NULL CHECK (status IN ('OPEN', 'DISPATCHED', 'ARRIVED', 'RESTORED', 'CLOSED')),
  started_at timestamptz NOT NULL,
  detected_at timestamptz,
  confirmed_at timestamptz,
  dispatched_at timestamptz,
  arrived_at timestamptz,
  fault_found_at timestamptz,
  isolated_at timestamptz,
  restored_at timestamptz,
  closed_at timestamptz,
  customers_out_peak integer NOT NULL,
  etr_first timestamptz,
  etr_current timestamptz,
  etr_p90 timestamptz,
  planned boolean NOT NULL DEFAULT false,
  excluded_reason text,
  true_device_id text,
  true_zone_id text,
  run_id uuid NOT NULL,
  countersignature_id uuid NOT NULL,
  PRIMARY KEY (tenant_id, outage_id),
  UNIQUE (tenant_id, canon_key),
  {SIGNED},
  {RUN}
)"""
IMPACTS = f"""
CREATE TABLE outage_impacts (
  {TENANT},
  outage_id uuid NOT NULL,
  meter_id text NOT NULL,
  out_at timestamptz NOT NULL,
  restored_at timestamptz,
  step integer,
  source text NOT NULL,
  critical boolean NOT NULL DEFAULT false,
  PRIMARY KEY (tenant_id, outage_id, meter_id, out_at),
  CHECK (restored_at IS NULL OR restored_at >= out_at),
  {OUTAGE},
  FOREIGN KEY (tenant_id, meter_id) REFERENCES meters (tenant_id, meter_id)
)"""
REPLAYS = f"""
CREATE TABLE outage_replays (
  {TENANT},
  replay_id uuid NOT NULL,
  outage_id uuid NOT NULL,
  generated_at timestamptz NOT NULL,
  as_of timestamptz NOT NULL,
  run_ids uuid[] NOT NULL,
  run_id uuid NOT NULL,
  input_hash text NOT NULL,
  content_hash text NOT NULL,
  summary jsonb NOT NULL,
  report_blob_ref jsonb NOT NULL DEFAULT '{{}}',
  status text NOT NULL DEFAULT 'DRAFT' CHECK (status IN ('DRAFT', 'EXPORTED', 'SIGNED')),
  countersignature_id uuid,
  PRIMARY KEY (tenant_id, replay_id),
  CHECK (status <> 'SIGNED' OR countersignature_id IS NOT NULL),
  {OUTAGE},
  {RUN},
  {SIGNED}
)"""
PROGRESS = (
    "status, cause, dispatched_at, arrived_at, fault_found_at, isolated_at, restored_at, closed_at, customers_out_peak,"
    " etr_first, etr_current, etr_p90, excluded_reason, true_device_id, true_zone_id"
)


def upgrade() -> None:
    op.execute("ALTER TABLE network_edges ADD r_ohm double precision, ADD x_ohm double precision")
    _observed()
    _crews()
    _signed()
    _indexes()


def _observed() -> None:
    for table, columns in OBSERVED.items():
        op.execute(f"CREATE TABLE {table} (\n  {TENANT},{columns}\n)")
        guard_by_tenant(table)
        grant(table, "SELECT", APP, MACHINE, AUDITOR)
        grant(table, "INSERT", APP, MACHINE)
    for table in ("meter_events", "reliability_days"):
        grant(table, "SELECT, INSERT", APP)
    op.execute(f"GRANT UPDATE (prov_outage_id, canon_outage_id) ON meter_events TO {APP}, {MACHINE}")
    grant("reliability_days", "UPDATE", APP, MACHINE)
    for table in ("recommendation_runs", "device_posteriors", "fault_zone_rankings", "operator_feedback"):
        make_append_only(table)


def _crews() -> None:
    for table, columns in CREWS.items():
        op.execute(f"CREATE TABLE {table} (\n  {TENANT},{columns}\n)")
        guard_by_tenant(table)
        grant(table, "SELECT", APP, MACHINE, AUDITOR)
        grant(table, "INSERT, UPDATE, DELETE", APP, MACHINE)


def _signed() -> None:
    for table, made in (
        ("provisional_outages", PROVISIONAL),
        ("outages", OUTAGES),
        ("outage_impacts", IMPACTS),
        ("outage_replays", REPLAYS),
    ):
        op.execute(made)
        guard_by_tenant(table)
        grant(table, "SELECT", APP, MACHINE, AUDITOR)
    grant("provisional_outages", "INSERT, UPDATE", APP, MACHINE)
    # An outage is written in the signing transaction alone; how it goes on is observed.
    grant("outages", "INSERT", APP)
    op.execute(f"GRANT UPDATE ({PROGRESS}) ON outages TO {APP}, {MACHINE}")
    grant("outage_impacts", "INSERT, UPDATE", APP, MACHINE)
    grant("outage_replays", "INSERT", APP, MACHINE)
    op.execute(f"GRANT UPDATE (report_blob_ref, status, countersignature_id) ON outage_replays TO {APP}, {MACHINE}")


def _indexes() -> None:
    op.execute("CREATE INDEX meter_events_arrived ON meter_events (tenant_id, arrived_at, event_seq)")
    op.execute("CREATE INDEX meter_events_at ON meter_events (tenant_id, at)")
    op.execute("CREATE INDEX meter_events_outage ON meter_events (tenant_id, canon_outage_id, at)")
    op.execute("CREATE INDEX recommendation_runs_outage ON recommendation_runs (tenant_id, outage_id, run_at)")
    op.execute("CREATE INDEX outage_replays_outage ON outage_replays (tenant_id, outage_id, generated_at DESC)")
    op.execute("CREATE INDEX provisional_outages_status ON provisional_outages (tenant_id, status, first_evidence_at)")
    op.execute("CREATE INDEX outages_status ON outages (tenant_id, status, started_at)")
    op.execute("CREATE INDEX operator_feedback_run ON operator_feedback (tenant_id, run_id)")


def downgrade() -> None:
    tables = ["outage_replays", "outage_impacts", "outages", "provisional_outages", *reversed(CREWS)]
    for table in [*tables, *(name for name in reversed(OBSERVED) if name != "recommendation_runs")]:
        op.execute(f"DROP TABLE {table}")
    op.execute("DROP TABLE recommendation_runs")
    op.execute("ALTER TABLE network_edges DROP r_ohm, DROP x_ohm")
