"""Create GridLens: reads by tenant and local day, injected events and what they should do, batches, roll-ups."""

from alembic import op

from migrations.sqltools import APP, AUDITOR, LOADER, MACHINE, grant, guard_by_tenant, run_sql_file

revision = "202611210820"
down_revision = "202611210810"
branch_labels = None
depends_on = None

TENANT = (
    "tenant_id text NOT NULL DEFAULT NULLIF(current_setting('app.tenant', true), '') REFERENCES tenants (tenant_id)"
)

READ_COLUMNS = """
  tenant_id text NOT NULL DEFAULT NULLIF(current_setting('app.tenant', true), ''),
  meter_id text NOT NULL,
  feeder_id text NOT NULL,
  read_at timestamptz NOT NULL,
  kwh double precision NOT NULL,
  voltage double precision,
  quality_flags integer NOT NULL DEFAULT 1,
  interval_minutes smallint NOT NULL,
  source text NOT NULL,
  arrived_at timestamptz NOT NULL,
  updated_at timestamptz"""

# dwh = tenths of a watt-hour, cv = hundredths of a volt: integers add up to the same total in any order.
ROLLUPS = {
    "gl_feeder_interval": """
  feeder_id text NOT NULL,
  read_at timestamptz NOT NULL,
  local_date date NOT NULL,
  interval_minutes smallint NOT NULL,
  reads_expected integer NOT NULL DEFAULT 0,
  reads_received integer NOT NULL DEFAULT 0,
  reads_estimated integer NOT NULL DEFAULT 0,
  metered_dwh bigint NOT NULL DEFAULT 0,
  delivered_dwh bigint,
  weight_expected bigint NOT NULL DEFAULT 0,
  weight_received bigint NOT NULL DEFAULT 0,
  weight_estimated bigint NOT NULL DEFAULT 0,
  metered_estimated_dwh bigint NOT NULL DEFAULT 0,
  voltage_reads integer NOT NULL DEFAULT 0,
  voltage_sum_cv bigint NOT NULL DEFAULT 0,
  voltage_below_a integer NOT NULL DEFAULT 0,
  voltage_below_b integer NOT NULL DEFAULT 0,
  last_arrived_at timestamptz,
  PRIMARY KEY (tenant_id, feeder_id, read_at)""",
    "gl_feeder_day": """
  feeder_id text NOT NULL,
  local_date date NOT NULL,
  intervals_matched integer NOT NULL,
  intervals_seen integer NOT NULL,
  intervals_expected integer NOT NULL,
  reads_expected integer NOT NULL,
  reads_received integer NOT NULL,
  reads_estimated integer NOT NULL,
  delivered_dwh bigint NOT NULL,
  metered_dwh bigint NOT NULL,
  metered_hat_dwh bigint NOT NULL,
  technical_loss_dwh bigint NOT NULL,
  weight_expected bigint NOT NULL,
  weight_received bigint NOT NULL,
  voltage_reads integer NOT NULL,
  voltage_sum_cv bigint NOT NULL,
  voltage_below_a integer NOT NULL,
  voltage_below_b integer NOT NULL,
  peak_dwh bigint NOT NULL,
  data_through timestamptz,
  PRIMARY KEY (tenant_id, feeder_id, local_date)""",
    "gl_feeder_day_voltage": """
  feeder_id text NOT NULL,
  local_date date NOT NULL,
  voltage_bin smallint NOT NULL,
  reads bigint NOT NULL,
  PRIMARY KEY (tenant_id, local_date, feeder_id, voltage_bin)""",
    "gl_meter_day": """
  meter_id text NOT NULL,
  feeder_id text NOT NULL,
  local_date date NOT NULL,
  reads integer NOT NULL,
  reads_estimated integer NOT NULL,
  kwh_dwh bigint NOT NULL,
  zero_reads integer NOT NULL,
  negative_reads integer NOT NULL,
  PRIMARY KEY (tenant_id, meter_id, local_date)""",
}

TABLES = {
    # Energy sent out at the feeder's head, per interval. The emulator writes it beside the reads; SCADA may instead.
    "feeder_delivered": """
  feeder_id text NOT NULL,
  read_at timestamptz NOT NULL,
  interval_minutes smallint NOT NULL,
  kwh double precision NOT NULL,
  source text NOT NULL,
  arrived_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, feeder_id, read_at)""",
    # Every value of a feeder's energy that did not become, or no longer is, the value in feeder_delivered.
    "feeder_delivered_versions": """
  feeder_id text NOT NULL,
  read_at timestamptz NOT NULL,
  kind text NOT NULL CHECK (kind IN ('replaced', 'offered')),
  kwh double precision NOT NULL,
  interval_minutes smallint NOT NULL,
  source text NOT NULL,
  arrived_at timestamptz NOT NULL,
  batch_id uuid NOT NULL,
  recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  UNIQUE (tenant_id, feeder_id, read_at, kind, kwh, interval_minutes)""",
    # One row per load: emulator window or file. The digest of a batch that stands here is not loaded again.
    # made_from: what determines the batch's rows, so that they can be made again and compared.
    "read_batches": """
  batch_id uuid NOT NULL,
  digest text NOT NULL,
  source text NOT NULL,
  write_mode text NOT NULL CHECK (write_mode IN ('safe', 'upsert')),
  window_start timestamptz NOT NULL,
  window_end timestamptz NOT NULL,
  interval_minutes smallint NOT NULL,
  file_name text,
  made_from jsonb NOT NULL DEFAULT '{}',
  counts jsonb NOT NULL,
  published_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, batch_id)""",
    # Every value of a read that did not become, or no longer is, the value in meter_reads_electric.
    "meter_read_versions": """
  meter_id text NOT NULL,
  read_at timestamptz NOT NULL,
  kind text NOT NULL CHECK (kind IN ('replaced', 'offered', 'conflict')),
  kwh double precision NOT NULL,
  voltage double precision,
  quality_flags integer NOT NULL,
  source text NOT NULL,
  arrived_at timestamptz NOT NULL,
  batch_id uuid NOT NULL,
  recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  UNIQUE NULLS NOT DISTINCT (tenant_id, meter_id, read_at, kind, kwh, voltage, quality_flags)""",
    # Where reads in an attached table come from, when it has no column that says so. Grain: one read.
    "gl_read_origin": """
  meter_id text NOT NULL,
  read_at timestamptz NOT NULL,
  source text NOT NULL,
  batch_id uuid NOT NULL,
  PRIMARY KEY (tenant_id, meter_id, read_at)""",
    # What an injected event must do to a KPI, said before it is observed.
    "event_expectations": """
  event_id uuid NOT NULL,
  kpi text NOT NULL,
  feeder_id text NOT NULL,
  expected_delta double precision NOT NULL,
  tolerance double precision NOT NULL,
  unit text NOT NULL,
  formula text NOT NULL,
  inputs jsonb NOT NULL,
  PRIMARY KEY (tenant_id, event_id, kpi, feeder_id)""",
    # What a published interval would be without the event, and what the event must change in it; see rules/twin.py.
    # Sums as in gl_feeder_interval. effect_*: less metered, corrected, delivered, weight, volts.
    "event_twin_intervals": """
  event_id uuid NOT NULL,
  feeder_id text NOT NULL,
  read_at timestamptz NOT NULL,
  interval_minutes smallint NOT NULL,
  delivered_dwh bigint NOT NULL,
  metered_dwh bigint NOT NULL,
  weight_expected bigint NOT NULL,
  weight_received bigint NOT NULL,
  voltage_reads integer NOT NULL,
  voltage_sum_cv bigint NOT NULL,
  effect_dwh bigint NOT NULL,
  effect_hat_dwh bigint NOT NULL,
  effect_delivered_dwh bigint NOT NULL,
  effect_weight bigint NOT NULL,
  effect_voltage_cv bigint NOT NULL,
  batch_id uuid NOT NULL,
  PRIMARY KEY (tenant_id, event_id, feeder_id, read_at)""",
    # The columns that GridLens found and uses, by version; shown at /api/ami/status.
    "schema_map": """
  version integer NOT NULL,
  mapping jsonb NOT NULL,
  coverage_pct double precision NOT NULL,
  hash text NOT NULL,
  detected_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, version)""",
    # Continuous publishing per tenant, as start and stop set it.
    "publish_schedules": """
  is_on boolean NOT NULL,
  interval_minutes smallint NOT NULL,
  changed_at timestamptz NOT NULL,
  changed_by text NOT NULL,
  PRIMARY KEY (tenant_id)""",
    "publish_jobs": """
  job_id uuid NOT NULL,
  kind text NOT NULL,
  status text NOT NULL CHECK (status IN ('queued', 'running', 'done', 'refused', 'failed')),
  started_at timestamptz NOT NULL,
  finished_at timestamptz,
  window_end timestamptz,
  counts jsonb NOT NULL DEFAULT '{}',
  error text,
  PRIMARY KEY (tenant_id, job_id)""",
    "meter_suspicion": """
  local_date date NOT NULL,
  meter_id text NOT NULL,
  feeder_id text NOT NULL,
  transformer_id text,
  scoring_version text NOT NULL,
  score double precision NOT NULL,
  rank integer NOT NULL,
  confidence double precision NOT NULL,
  window_days integer NOT NULL,
  own_drop_pct double precision,
  own_z double precision,
  peer_drop_pct double precision,
  zero_run_hours double precision,
  flatness double precision,
  volt_resid_z double precision,
  loss_attrib double precision,
  tamper_count_30d integer,
  ntl_kwh_est double precision,
  revenue_at_risk double precision,
  suppressors text[] NOT NULL DEFAULT '{}',
  reasons jsonb NOT NULL DEFAULT '[]',
  missing text[] NOT NULL DEFAULT '{}',
  case_status text NOT NULL DEFAULT 'open',
  PRIMARY KEY (tenant_id, local_date, meter_id)""",
}

VIEWS = ("v_gl_feeder_interval", "v_gl_feeder_day", "v_gl_event_outcomes")


def upgrade() -> None:
    _reads()
    _events()
    for table, columns in {**TABLES, **ROLLUPS}.items():
        op.execute(f"CREATE TABLE {table} (\n  {TENANT},{columns}\n)")
        guard_by_tenant(table)
        grant(table, "SELECT", APP, MACHINE, AUDITOR, LOADER)
    for table in ROLLUPS:
        op.execute(f"ALTER TABLE {table} SET (fillfactor = 70)")
        grant(table, "INSERT, UPDATE, DELETE", LOADER)
    for table in (
        "feeder_delivered",
        "feeder_delivered_versions",
        "read_batches",
        "meter_read_versions",
        "gl_read_origin",
    ):
        grant(table, "INSERT, UPDATE", LOADER)
    for table in (
        "event_expectations",
        "publish_schedules",
        "publish_jobs",
        "schema_map",
    ):
        grant(table, "INSERT, UPDATE", APP, MACHINE)
    grant("event_twin_intervals", "INSERT, DELETE", LOADER)
    grant("meter_suspicion", "INSERT, UPDATE, DELETE", MACHINE, APP)
    op.execute("CREATE INDEX read_batches_recent ON read_batches (tenant_id, published_at DESC)")
    op.execute("CREATE UNIQUE INDEX read_batches_digest ON read_batches (tenant_id, digest)")
    op.execute("CREATE INDEX gl_feeder_interval_time ON gl_feeder_interval (tenant_id, read_at DESC)")
    op.execute("CREATE INDEX gl_feeder_day_date ON gl_feeder_day (tenant_id, local_date DESC)")
    op.execute("CREATE INDEX meter_suspicion_rank ON meter_suspicion (tenant_id, local_date DESC, rank)")
    op.execute("CREATE INDEX publish_jobs_recent ON publish_jobs (tenant_id, started_at DESC)")
    for name in ("day_bounds", "day_open", "day_attach", "day_detach", "technical_loss", "feeder_loss_baseline"):
        run_sql_file(f"grid/functions/{name}.sql")
    for view in VIEWS:
        run_sql_file(f"grid/views/{view}.sql")
        grant(view, "SELECT", APP, MACHINE, AUDITOR)
    op.execute(
        "REVOKE ALL ON FUNCTION day_open(text, date), day_attach(text, date, text), day_detach(text, date) FROM PUBLIC"
    )
    op.execute(
        "GRANT EXECUTE ON FUNCTION day_open(text, date), day_attach(text, date, text), day_detach(text, date)"
        f" TO {LOADER}"
    )


def _reads() -> None:
    op.execute("CREATE SCHEMA IF NOT EXISTS reads")
    op.execute("COMMENT ON SCHEMA reads IS 'Partitions of meter_reads_electric: one per tenant and local day'")
    op.execute(f"GRANT USAGE ON SCHEMA reads TO {LOADER}")
    # The tenant stands last in the key: within a partition it is the same in every row, and a sort that compares it
    # first spends half its time on it.
    op.execute(f"""
CREATE TABLE meter_reads_electric ({READ_COLUMNS},
  PRIMARY KEY (meter_id, read_at, tenant_id)
) PARTITION BY LIST (tenant_id)""")
    guard_by_tenant("meter_reads_electric")
    grant("meter_reads_electric", "SELECT", APP, MACHINE, AUDITOR, LOADER)
    grant("meter_reads_electric", "INSERT, UPDATE", LOADER)


def _events() -> None:
    run_sql_file("phase3_ami_events.sql")
    op.execute("""
ALTER TABLE ami_events
  ADD COLUMN IF NOT EXISTS is_active boolean NOT NULL DEFAULT true,
  ADD COLUMN IF NOT EXISTS cancelled_at timestamptz,
  ADD COLUMN IF NOT EXISTS cancelled_by text,
  ADD COLUMN IF NOT EXISTS params jsonb NOT NULL DEFAULT '{}',
  ADD COLUMN IF NOT EXISTS seed bigint NOT NULL DEFAULT 0,
  ADD COLUMN IF NOT EXISTS created_by text""")
    op.execute(
        "ALTER TABLE ami_events ADD CONSTRAINT ami_events_ends_after_start CHECK (ends_at > starts_at) NOT VALID"
    )
    op.execute(
        "CREATE INDEX IF NOT EXISTS idx_ami_events_feeder_active"
        " ON ami_events (tenant_id, feeder_id, is_active, ends_at)"
    )
    guard_by_tenant("ami_events")
    grant("ami_events", "SELECT, INSERT, UPDATE", APP, MACHINE)
    grant("ami_events", "SELECT", LOADER, AUDITOR)
    op.execute("""
CREATE VIEW v_ami_events_compat WITH (security_invoker = true) AS
SELECT id, tenant_id, feeder_id, event_type, severity, starts_at AS start_at, ends_at AS end_at,
  is_active AND clock_timestamp() >= starts_at AND clock_timestamp() < ends_at AS is_active
FROM ami_events""")
    grant("v_ami_events_compat", "SELECT", APP, MACHINE, AUDITOR)


def downgrade() -> None:
    for view in ("overview_daily", "feeder_loss_daily"):
        op.execute(f"DROP VIEW IF EXISTS v_kpi_electric_{view}")
    op.execute("DROP VIEW IF EXISTS v_kpi_suspicious_meters_daily, v_kpi_fieldops_daily")
    for view in reversed(VIEWS):
        op.execute(f"DROP VIEW {view}")
    for function in ("day_detach(text, date)", "day_attach(text, date, text)", "day_open(text, date)"):
        op.execute(f"DROP FUNCTION {function}")
    op.execute("DROP FUNCTION feeder_loss_baseline(text, text, date)")
    op.execute("DROP FUNCTION technical_loss_dwh(bigint, smallint, double precision, double precision)")
    op.execute("DROP FUNCTION day_bounds(text, date)")
    op.execute("DROP VIEW v_ami_events_compat")
    for table in reversed([*TABLES, *ROLLUPS]):
        op.execute(f"DROP TABLE {table}")
    op.execute("DROP TABLE ami_events")
    op.execute("DROP TABLE meter_reads_electric CASCADE")
    op.execute("DROP SCHEMA reads CASCADE")
