"""Create the network as it is built: topology versions, substations, feeders, devices, transformers, meters."""

from alembic import op

from migrations.sqltools import APP, AUDITOR, LOADER, MACHINE, grant, guard_by_tenant

revision = "202611210810"
down_revision = "202611210800"
branch_labels = None
depends_on = None

TENANT = (
    "tenant_id text NOT NULL DEFAULT NULLIF(current_setting('app.tenant', true), '') REFERENCES tenants (tenant_id)"
)

TABLES = {
    # One row per import: what came in, what was skipped and why.
    "topology_versions": """
  topology_version_id uuid NOT NULL,
  source text NOT NULL,
  source_sha256 text NOT NULL,
  imported_at timestamptz NOT NULL,
  counts jsonb NOT NULL,
  findings jsonb NOT NULL,
  PRIMARY KEY (tenant_id, topology_version_id)""",
    "substations": """
  substation_id text NOT NULL,
  name text NOT NULL,
  latitude double precision,
  longitude double precision,
  topology_version_id uuid NOT NULL,
  PRIMARY KEY (tenant_id, substation_id)""",
    # loss_noload_kw and loss_copper_per_kw: the technical loss model P0 + k C^2 of grid.md 2.3, in kW and 1/kW.
    "feeders": """
  feeder_id text NOT NULL,
  code text NOT NULL,
  name text NOT NULL,
  substation_id text,
  base_kv double precision,
  rated_a double precision,
  tech_loss_pct double precision NOT NULL,
  loss_noload_kw double precision NOT NULL DEFAULT 0,
  loss_copper_per_kw double precision NOT NULL DEFAULT 0,
  topology_version_id uuid NOT NULL,
  PRIMARY KEY (tenant_id, feeder_id)""",
    "network_nodes": """
  node_id text NOT NULL,
  feeder_id text,
  base_kv double precision,
  latitude double precision,
  longitude double precision,
  depth integer,
  is_substation boolean NOT NULL DEFAULT false,
  topology_version_id uuid NOT NULL,
  PRIMARY KEY (tenant_id, node_id)""",
    # kind: line | cable | switch | transformer | reactor. An edge that a device guards names it.
    "network_edges": """
  edge_id text NOT NULL,
  from_node text NOT NULL,
  to_node text NOT NULL,
  kind text NOT NULL,
  feeder_id text,
  length_m double precision,
  phases text,
  rated_a double precision,
  is_open boolean NOT NULL DEFAULT false,
  topology_version_id uuid NOT NULL,
  PRIMARY KEY (tenant_id, edge_id)""",
    # type: breaker | recloser | sectionalizer | fuse | switch | tie | xfmr_fuse
    "devices": """
  device_id text NOT NULL,
  feeder_id text,
  type text NOT NULL CHECK (type IN ('breaker', 'recloser', 'sectionalizer', 'fuse', 'switch', 'tie', 'xfmr_fuse')),
  edge_id text,
  node_id text,
  parent_device_id text,
  normally_open boolean NOT NULL DEFAULT false,
  phases text,
  rated_a double precision,
  remote_ctl boolean NOT NULL DEFAULT false,
  assumed boolean NOT NULL DEFAULT false,
  topology_version_id uuid NOT NULL,
  PRIMARY KEY (tenant_id, device_id)""",
    "transformers": """
  transformer_id text NOT NULL,
  feeder_id text,
  node_id text,
  device_id text,
  kva double precision,
  phases text,
  topology_version_id uuid NOT NULL,
  PRIMARY KEY (tenant_id, transformer_id)""",
    # external_ref: the load's name in the source. A meter that a newer version no longer has stays, inactive.
    "meters": """
  meter_id text NOT NULL,
  external_ref text NOT NULL DEFAULT '',
  feeder_id text NOT NULL,
  transformer_id text,
  node_id text,
  device_id text,
  phase text,
  class text NOT NULL DEFAULT 'res' CHECK (class IN ('res', 'sml_com', 'ci', 'ag')),
  base_kwh_day double precision NOT NULL CHECK (base_kwh_day >= 0),
  service_v double precision NOT NULL DEFAULT 120,
  has_pv boolean NOT NULL DEFAULT false,
  pv_kw double precision NOT NULL DEFAULT 0,
  critical_flag boolean NOT NULL DEFAULT false,
  ami_type text NOT NULL DEFAULT 'rf_mesh' CHECK (ami_type IN ('rf_mesh', 'cellular', 'plc')),
  load_profile text,
  pv_profile text,
  electrical_depth double precision,
  latitude double precision,
  longitude double precision,
  is_active boolean NOT NULL DEFAULT true,
  topology_version_id uuid NOT NULL,
  PRIMARY KEY (tenant_id, meter_id),
  FOREIGN KEY (tenant_id, feeder_id) REFERENCES feeders (tenant_id, feeder_id)""",
    # A leap year of relative shapes on a local quarter-hour grid: 366 days x 96 values as
    # float32, little-endian, in one piece so that they are read without parsing. Load has mean 1, PV has peak 1.
    "load_profiles": """
  profile_id text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('load', 'pv')),
  source text NOT NULL,
  shape bytea NOT NULL CHECK (length(shape) = 4 * 35136),
  PRIMARY KEY (tenant_id, profile_id)""",
    # The as-switched state as it was observed; nothing in the platform commands it.
    "switch_state": """
  device_id text NOT NULL,
  state text NOT NULL CHECK (state IN ('open', 'closed', 'unknown')),
  from_ts timestamptz NOT NULL,
  to_ts timestamptz,
  PRIMARY KEY (tenant_id, device_id, from_ts)""",
}


def upgrade() -> None:
    for table, columns in TABLES.items():
        op.execute(f"CREATE TABLE {table} (\n  {TENANT},{columns}\n)")
        guard_by_tenant(table)
        grant(table, "SELECT", APP, MACHINE, AUDITOR)
        grant(table, "INSERT, UPDATE, DELETE", MACHINE, APP)
    grant("meters", "SELECT", LOADER)
    grant("feeders", "SELECT", LOADER)
    op.execute("REVOKE INSERT, UPDATE, DELETE ON switch_state FROM countersign_app")
    op.execute("CREATE INDEX meters_by_feeder ON meters (tenant_id, feeder_id)")
    op.execute("CREATE INDEX meters_by_transformer ON meters (tenant_id, transformer_id)")
    op.execute("CREATE INDEX devices_by_feeder ON devices (tenant_id, feeder_id)")
    op.execute("CREATE INDEX network_edges_by_feeder ON network_edges (tenant_id, feeder_id)")


def downgrade() -> None:
    for table in reversed(TABLES):
        op.execute(f"DROP TABLE {table}")
