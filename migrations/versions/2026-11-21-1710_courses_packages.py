"""Create published courses: packages that never change, numbered without gaps, and their retirement.

Reversible: the downgrade adds every row to `<table>_archived`.
"""

from alembic import op

from migrations.sqltools import APP, AUDITOR, MACHINE, grant, make_append_only, run_sql_file
from migrations.tables import SIGNED, archive_and_drop, create_guarded, index

revision = "202611211710"
down_revision = "202611211700"
branch_labels = None
depends_on = None

# The same content is published once; only a restored version repeats an earlier one, and says which.
PACKAGES = f"""
  package_id uuid NOT NULL,
  syllabus_id text NOT NULL,
  version integer NOT NULL CHECK (version >= 1),
  syllabus_revision integer NOT NULL,
  title text NOT NULL,
  language text NOT NULL,
  level text NOT NULL,
  lessons integer NOT NULL CHECK (lessons >= 1),
  minutes integer NOT NULL,
  content_text text NOT NULL,
  content_hash text NOT NULL CHECK (content_hash = encode(sha256(convert_to(content_text, 'UTF8')), 'hex')),
  size_bytes integer NOT NULL CHECK (size_bytes = octet_length(convert_to(content_text, 'UTF8'))),
  restored_from integer,
  note text,
  published_by uuid NOT NULL REFERENCES users (id),
  published_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  countersignature_id uuid NOT NULL,
  PRIMARY KEY (tenant_id, package_id),
  UNIQUE (tenant_id, syllabus_id, version),
  CHECK (size_bytes < 5000000),
  CHECK (restored_from < version),
  FOREIGN KEY (tenant_id, syllabus_id) REFERENCES content_items (tenant_id, item_id),
  FOREIGN KEY (tenant_id, syllabus_id, restored_from)
    REFERENCES course_packages (tenant_id, syllabus_id, version),
  {SIGNED}"""
RETIREMENTS = f"""
  package_id uuid NOT NULL,
  reason text NOT NULL CHECK (btrim(reason) <> ''),
  actor uuid NOT NULL REFERENCES users (id),
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  countersignature_id uuid NOT NULL,
  PRIMARY KEY (tenant_id, package_id),
  FOREIGN KEY (tenant_id, package_id) REFERENCES course_packages (tenant_id, package_id),
  {SIGNED}"""


def upgrade() -> None:
    create_guarded("course_packages", PACKAGES)
    create_guarded("course_package_retirements", RETIREMENTS)
    for table in ("course_packages", "course_package_retirements"):
        make_append_only(table)
        grant(table, "INSERT", APP)
    op.execute(
        "CREATE UNIQUE INDEX course_packages_same_content ON course_packages (tenant_id, syllabus_id, content_hash)"
        " WHERE restored_from IS NULL"
    )
    index("course_packages_syllabus", "course_packages", "tenant_id, syllabus_id")
    run_sql_file("courses/v_course_packages.sql")
    grant("v_course_packages", "SELECT", APP, MACHINE, AUDITOR)


def downgrade() -> None:
    op.execute("DROP VIEW v_course_packages")
    archive_and_drop("course_package_retirements", "course_packages")
