"""Create what machines notice and what comes of it: signals, their evaluations, suggestions, decisions, work items.

A signal is an episode: one open at a time for what it is about. A suggestion never changes but for its status, which a
person's decision moves once. Thresholds are rulesets; another version holds from a countersignature on.

Reversible: the downgrade adds every row to `<table>_archived`.
"""

from alembic import op

from migrations.sqltools import APP, AUDITOR, MACHINE, grant, make_append_only, run_sql_file
from migrations.tables import SIGNED, archive_and_drop, create_guarded, index

revision = "202611211900"
down_revision = "202611211850"
branch_labels = None
depends_on = None

HASH = "~ '^[0-9a-f]{64}$'"
NOW = "timestamptz NOT NULL DEFAULT clock_timestamp()"
ROOM = "room text NOT NULL CHECK (room IN ('grid', 'stairs', 'courses'))"
SEVERITY = "severity text NOT NULL CHECK (severity IN ('LOW', 'MEDIUM', 'HIGH'))"
# What a signal is about. context: what bounds the subject; of courses `<course>@<version>`, else empty.
ABOUT = f"""
  {ROOM},
  signal_type text NOT NULL CHECK (signal_type ~ '^[A-Z][A-Z0-9_]{{2,59}}$'),
  subject_type text NOT NULL,
  subject_id text NOT NULL,
  context text NOT NULL DEFAULT ''"""
# number: 1 for the first episode about this, rising. opened_on and last_evaluated_on: days that the evaluations are of.
SIGNALS = f"""
  signal_id uuid NOT NULL,{ABOUT},
  number integer NOT NULL CHECK (number >= 1),
  state text NOT NULL DEFAULT 'OPEN' CHECK (state IN ('OPEN', 'CLOSED', 'ARCHIVED')),
  {SEVERITY},
  ruleset text NOT NULL,
  opened_on date NOT NULL,
  opened_at {NOW},
  closed_on date,
  closed_at timestamptz,
  last_evaluated_on date NOT NULL,
  PRIMARY KEY (tenant_id, signal_id),
  UNIQUE (tenant_id, room, signal_type, subject_type, subject_id, context, number),
  CHECK ((state = 'OPEN') = (closed_at IS NULL)),
  CHECK ((closed_at IS NULL) = (closed_on IS NULL)),
  CHECK (last_evaluated_on >= opened_on)"""
# What was seen on a day, with the numbers that it was judged by. The same inputs are the same row.
EVALUATIONS = f"""
  evaluation_id uuid NOT NULL,{ABOUT},
  signal_id uuid,
  evaluated_on date NOT NULL,
  inputs_hash text NOT NULL CHECK (inputs_hash {HASH}),
  verdict text NOT NULL CHECK (verdict IN ('OPENS', 'STAYS', 'CLOSES')),
  change text NOT NULL CHECK (change IN ('OPENED', 'KEPT', 'CLOSED', 'NONE')),
  severity text CHECK (severity IN ('LOW', 'MEDIUM', 'HIGH')),
  value double precision,
  k bigint CHECK (k >= 0),
  n bigint CHECK (n >= 0),
  low double precision,
  high double precision,
  period jsonb NOT NULL,
  ruleset text NOT NULL,
  thresholds jsonb NOT NULL,
  evidence jsonb NOT NULL,
  evaluated_at {NOW},
  PRIMARY KEY (tenant_id, evaluation_id),
  UNIQUE (tenant_id, inputs_hash),
  CHECK ((verdict = 'OPENS') = (severity IS NOT NULL)),
  CHECK ((change = 'NONE') = (signal_id IS NULL)),
  FOREIGN KEY (tenant_id, signal_id) REFERENCES signals (tenant_id, signal_id)"""
# opens: what is to be opened when a person accepts it; nothing for a course, whose jobs are asked for one by one.
SUGGESTIONS = f"""
  suggestion_id uuid NOT NULL,
  {ROOM},
  source_signal_id uuid NOT NULL,
  evaluation_id uuid NOT NULL,
  scope text NOT NULL,
  suggestion_type text NOT NULL CHECK (suggestion_type ~ '^[A-Z][A-Z0-9_]{{2,59}}$'),
  target_id text NOT NULL,
  context text NOT NULL DEFAULT '',
  {SEVERITY},
  message text NOT NULL CHECK (btrim(message) <> ''),
  reasons text[] NOT NULL DEFAULT '{{}}',
  ruleset text NOT NULL,
  evidence jsonb NOT NULL,
  content_hash text NOT NULL CHECK (content_hash {HASH}),
  opens text CHECK (opens IN ('inspection_case', 'work_item')),
  status text NOT NULL DEFAULT 'OPEN' CHECK (status IN ('OPEN', 'ACCEPTED', 'DISMISSED')),
  created_at {NOW},
  PRIMARY KEY (tenant_id, suggestion_id),
  UNIQUE (tenant_id, source_signal_id, suggestion_type, target_id),
  FOREIGN KEY (tenant_id, source_signal_id) REFERENCES signals (tenant_id, signal_id),
  FOREIGN KEY (tenant_id, evaluation_id) REFERENCES signal_evaluations (tenant_id, evaluation_id)"""
DECISIONS = f"""
  suggestion_id uuid NOT NULL,
  decision text NOT NULL CHECK (decision IN ('ACCEPTED', 'DISMISSED')),
  reason text,
  decided_by uuid NOT NULL REFERENCES users (id),
  decided_at {NOW},
  countersignature_id uuid NOT NULL,
  PRIMARY KEY (tenant_id, suggestion_id),
  UNIQUE (tenant_id, countersignature_id),
  FOREIGN KEY (tenant_id, suggestion_id) REFERENCES suggestions (tenant_id, suggestion_id),
  {SIGNED}"""
# What somebody is to look at because a suggestion was accepted, and what was found there.
WORK_ITEMS = f"""
  work_item_id uuid NOT NULL,
  suggestion_id uuid NOT NULL,
  {ROOM},
  kind text NOT NULL CHECK (kind IN ('inspection_case', 'work_item')),
  title text NOT NULL CHECK (btrim(title) <> ''),
  target_id text NOT NULL,
  signal_type text NOT NULL,
  reasons text[] NOT NULL DEFAULT '{{}}',
  ruleset text NOT NULL,
  status text NOT NULL DEFAULT 'OPEN' CHECK (status IN ('OPEN', 'CLOSED')),
  outcome text CHECK (outcome IN ('confirmed', 'fixed', 'meter_fault', 'vacant', 'clean', 'not_found')),
  note text,
  opened_by uuid NOT NULL REFERENCES users (id),
  opened_at {NOW},
  closed_by uuid REFERENCES users (id),
  closed_at timestamptz,
  countersignature_id uuid NOT NULL,
  PRIMARY KEY (tenant_id, work_item_id),
  UNIQUE (tenant_id, suggestion_id),
  CHECK ((status = 'CLOSED') = (outcome IS NOT NULL)),
  CHECK ((status = 'CLOSED') = (closed_at IS NOT NULL)),
  CHECK ((status = 'CLOSED') = (closed_by IS NOT NULL)),
  FOREIGN KEY (tenant_id, suggestion_id) REFERENCES suggestions (tenant_id, suggestion_id),
  {SIGNED}"""
# Thresholds and weights that a person put in force; the newest of a room holds. Without one the shipped version does.
RULESETS = f"""
  {ROOM},
  version text NOT NULL CHECK (version ~ '^[0-9A-Za-z][0-9A-Za-z._-]{{0,39}}$'),
  content jsonb NOT NULL,
  content_hash text NOT NULL CHECK (content_hash {HASH}),
  adopted_by uuid NOT NULL REFERENCES users (id),
  adopted_at {NOW},
  countersignature_id uuid NOT NULL,
  PRIMARY KEY (tenant_id, room, version),
  UNIQUE (tenant_id, countersignature_id),
  {SIGNED}"""
TABLES = {
    "signals": SIGNALS,
    "signal_evaluations": EVALUATIONS,
    "suggestions": SUGGESTIONS,
    "suggestion_decisions": DECISIONS,
    "work_items": WORK_ITEMS,
    "advice_rulesets": RULESETS,
}
MOVES = {
    "signals": ("state, severity, closed_on, closed_at, last_evaluated_on", (MACHINE,)),
    "suggestions": ("status", (APP,)),
    "work_items": ("status, outcome, note, closed_by, closed_at", (APP,)),
}


def upgrade() -> None:
    for table, columns in TABLES.items():
        create_guarded(table, columns)
    # A machine says what it notices and suggests; what a decision writes stands with a signature alone.
    for table in ("signals", "signal_evaluations", "suggestions"):
        grant(table, "INSERT", MACHINE)
    for table in ("suggestion_decisions", "work_items", "advice_rulesets"):
        grant(table, "INSERT", APP)
    for table, (columns, roles) in MOVES.items():
        op.execute(f"GRANT UPDATE ({columns}) ON {table} TO {', '.join(roles)}")
    for table in ("signal_evaluations", "suggestion_decisions", "advice_rulesets"):
        make_append_only(table)
    run_sql_file("kernel/functions/advice_moves.sql")
    _indexes()
    for view in ("analytics_signals", "content_suggestions", "v_advice_precision"):
        run_sql_file(f"kernel/{view}.sql")
        grant(view, "SELECT", APP, MACHINE, AUDITOR)


def _indexes() -> None:
    about = "tenant_id, room, signal_type, subject_type, subject_id, context"
    op.execute(f"CREATE UNIQUE INDEX signals_one_open ON signals ({about}) WHERE state = 'OPEN'")
    index("signals_state", "signals", "tenant_id, room, state, opened_at")
    index("signal_evaluations_about", "signal_evaluations", f"{about}, evaluated_on")
    index("signal_evaluations_of_signal", "signal_evaluations", "tenant_id, signal_id")
    index("suggestions_status", "suggestions", "tenant_id, status, created_at")
    index("suggestions_context", "suggestions", "tenant_id, room, context")
    index("work_items_status", "work_items", "tenant_id, status, opened_at")


def downgrade() -> None:
    for view in ("v_advice_precision", "content_suggestions", "analytics_signals"):
        op.execute(f"DROP VIEW {view}")
    archive_and_drop(*reversed(TABLES))
    op.execute("DROP FUNCTION advice_moves(), advice_is_decided()")
