"""Create what the insight of courses stands on: raw events, what lasts of them, and the daily aggregates.

Raw events lie in a partition of their tenant and UTC day, which only a function of the owner opens and disposes of.
What rates need when they are gone is kept for itself: who opened which lesson when, credited time by day, last
activity, and views of course pages. Days before a seal never change again.

Reversible: the downgrade adds every row to `<table>_archived`.
"""

from alembic import op

from migrations.sqltools import APP, AUDITOR, MACHINE, grant, guard_by_tenant, make_append_only, run_sql_file
from migrations.tables import archive_and_drop, create_guarded, index

revision = "202611211910"
down_revision = "202611211900"
branch_labels = None
depends_on = None

MINE = "text NOT NULL DEFAULT NULLIF(current_setting('app.tenant', true), '')"
VERSION = """
  course_id text NOT NULL,
  package_version integer NOT NULL CHECK (package_version >= 1)"""
TYPES = "'course_view', 'lesson_viewed', 'lesson_left', 'lesson_completed', 'quiz_attempted', 'quiz_passed'"
# No references here, nor in analytics_event_keys: thousands of events a second are inserted, the policy holds them to
# the session's tenant, and who and which course were looked up at the door. No key either: an event is inserted only
# together with its id's row in analytics_event_keys, and whoever reads events reads a whole day.
EVENTS = f"""CREATE TABLE analytics_events (
  tenant_id {MINE},
  event_id uuid NOT NULL,
  occurred_on date NOT NULL,
  event_type text NOT NULL CHECK (event_type IN ({TYPES})),
  source text NOT NULL CHECK (source IN ('client', 'server')),
  user_id uuid,
  anon_id text CHECK (length(anon_id) <= 64),{VERSION},
  lesson_idx integer CHECK (lesson_idx >= 0),
  occurred_at timestamptz NOT NULL,
  received_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  metadata jsonb NOT NULL DEFAULT '{{}}',
  CHECK (occurred_on = (occurred_at AT TIME ZONE interval '0')::date),
  CHECK (user_id IS NOT NULL OR event_type = 'course_view')
) PARTITION BY LIST (tenant_id)"""
# An id is given once, whatever day the second sending names.
KEYS = f"""CREATE TABLE analytics_event_keys (
  tenant_id {MINE},
  event_id uuid NOT NULL,
  PRIMARY KEY (tenant_id, event_id)
)"""
# Grain: learner, version and lesson. seconds_total: credited by the session-gap rule over all days.
STATE = f"""
  user_id uuid NOT NULL,{VERSION},
  lesson_idx integer NOT NULL CHECK (lesson_idx >= 0),
  first_viewed_at timestamptz,
  completed_at timestamptz,
  seconds_total numeric(20, 6) NOT NULL DEFAULT 0 CHECK (seconds_total >= 0),
  PRIMARY KEY (tenant_id, course_id, package_version, user_id, lesson_idx)"""
LESSON_DAYS = f"""
  user_id uuid NOT NULL,{VERSION},
  lesson_idx integer NOT NULL CHECK (lesson_idx >= 0),
  day date NOT NULL,
  seconds numeric(20, 6) NOT NULL CHECK (seconds > 0 AND seconds <= 14400),
  PRIMARY KEY (tenant_id, user_id, course_id, package_version, lesson_idx, day)"""
ACTIVITY = f"""
  user_id uuid NOT NULL,{VERSION},
  last_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, course_id, package_version, user_id)"""
# Views of a course's page by learner and day; user_id NULL counts the views of nobody known.
VIEWS = f"""
  user_id uuid,{VERSION},
  day date NOT NULL,
  first_at timestamptz NOT NULL,
  views integer NOT NULL CHECK (views >= 1),
  UNIQUE NULLS NOT DISTINCT (tenant_id, course_id, package_version, day, user_id)"""
COUNTS = (
    "viewers_new",
    "completers_new",
    "seconds_users",
    "attempts",
    "passes",
    "enrolled_to_date",
    "viewers_to_date",
    "completers_to_date",
    "reached_to_date",
    "completed_to_date",
)
_COUNTED = ",".join(f"\n  {name} integer NOT NULL CHECK ({name} >= 0)" for name in COUNTS)
# lesson_idx NULL: the row of the course. seconds: credited to enrolled learners on that day.
AGGREGATES = f"""{VERSION},
  lesson_idx integer CHECK (lesson_idx >= 0),
  day date NOT NULL,
  seconds numeric(20, 6) NOT NULL CHECK (seconds >= 0),{_COUNTED},
  computed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  ruleset text NOT NULL,
  input_watermark timestamptz,
  UNIQUE NULLS NOT DISTINCT (tenant_id, course_id, package_version, lesson_idx, day),
  CHECK (passes <= attempts),
  CHECK (viewers_to_date <= enrolled_to_date AND completers_to_date <= enrolled_to_date)"""
# Days before sealed_before never change; the newest row holds.
SEALS = """
  sealed_before date NOT NULL,
  sealed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (tenant_id, sealed_before)"""
JOB_RUNS = """
  run_id uuid NOT NULL,
  job text NOT NULL CHECK (job ~ '^[a-z][a-z_]{2,39}$'),
  as_of_day date NOT NULL,
  status text NOT NULL CHECK (status IN ('SUCCESS', 'FAILED', 'SKIPPED')),
  duration_ms bigint NOT NULL CHECK (duration_ms >= 0),
  counts jsonb NOT NULL,
  errors jsonb NOT NULL,
  finished_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (tenant_id, run_id)"""
TABLES = {
    "learner_lesson_state": STATE,
    "learner_lesson_days": LESSON_DAYS,
    "learner_activity": ACTIVITY,
    "course_view_days": VIEWS,
    "analytics_daily_aggregates": AGGREGATES,
    "analytics_seals": SEALS,
    "analytics_job_runs": JOB_RUNS,
}
KEPT_UP = (
    "learner_lesson_state",
    "learner_lesson_days",
    "learner_activity",
    "course_view_days",
    "analytics_daily_aggregates",
)
OPEN, DISPOSE = "learner_day_open(text, date)", "learner_day_dispose(text, date)"
# What a night reads of delivery's tables: a day, or a course.
OF_DELIVERY = {
    "lesson_progress_day": ("lesson_progress", "tenant_id, completed_at"),
    "quiz_attempts_day": ("quiz_attempts", "tenant_id, at"),
}


def upgrade() -> None:
    _events()
    for table, columns in TABLES.items():
        create_guarded(table, columns)
    for table in KEPT_UP:
        grant(table, "INSERT, UPDATE", MACHINE)
    for table in ("learner_lesson_days", "course_view_days"):
        grant(table, "DELETE", MACHINE)
    for table in ("analytics_seals", "analytics_job_runs"):
        grant(table, "INSERT", MACHINE)
        make_append_only(table)
    run_sql_file("courses/functions/refuse_sealed.sql")
    run_sql_file("courses/functions/learner_day_open.sql")
    run_sql_file("courses/functions/learner_day_dispose.sql")
    op.execute(f"REVOKE ALL ON FUNCTION {OPEN}, {DISPOSE} FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION {OPEN} TO {APP}")
    op.execute(f"GRANT EXECUTE ON FUNCTION {DISPOSE} TO {MACHINE}")
    index("learner_lesson_days_day", "learner_lesson_days", "tenant_id, day, course_id")
    index("analytics_job_runs_newest", "analytics_job_runs", "tenant_id, job, finished_at")
    for name, (table, columns) in OF_DELIVERY.items():
        index(name, table, columns)


def _events() -> None:
    op.execute("CREATE SCHEMA IF NOT EXISTS learning")
    op.execute("COMMENT ON SCHEMA learning IS 'Partitions of analytics_events: one per tenant and UTC day'")
    for table, columns in {"analytics_events": EVENTS, "analytics_event_keys": KEYS}.items():
        op.execute(columns)
        guard_by_tenant(table)
        grant(table, "SELECT", APP, MACHINE, AUDITOR)
        grant(table, "INSERT", APP)


def downgrade() -> None:
    for name in OF_DELIVERY:
        op.execute(f"DROP INDEX {name}")
    op.execute(f"DROP FUNCTION {OPEN}")
    op.execute(f"DROP FUNCTION {DISPOSE}")
    archive_and_drop(*reversed(TABLES), "analytics_event_keys", "analytics_events")
    op.execute("DROP FUNCTION refuse_sealed()")
    op.execute("DROP SCHEMA learning CASCADE")
