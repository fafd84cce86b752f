"""Create what learners do and what tenants sell: products, purchases, refunds, enrolments, progress, attempts, exports.

An enrolment pins a version; what a learner did is inserted and never changed; a tenant sells another's course under a
countersigned licence, which opens that course's packages to it.

What learners read and do is read and written as `countersign_delivery`, into which the API steps for such a
transaction: it holds nothing on drafts, reviews or their makers.

Reversible: the downgrade adds every row to `<table>_archived`; the role stays, since it belongs to the whole server.
"""

from alembic import op

from migrations.sqltools import APP, AUDITOR, DELIVERY, MACHINE, grant, make_append_only, run_sql_file
from migrations.tables import SIGNED, archive_and_drop, create_guarded, index

revision = "202611211800"
down_revision = "202611211710"
branch_labels = None
depends_on = None

AT = "at timestamptz NOT NULL DEFAULT clock_timestamp()"
MINE = "NULLIF(current_setting('app.tenant', true), '')"
OF_ENROLLMENT = "FOREIGN KEY (tenant_id, enrollment_id) REFERENCES enrollments (tenant_id, enrollment_id)"
OF_PURCHASE = "FOREIGN KEY (tenant_id, purchase_id) REFERENCES purchases (tenant_id, purchase_id)"
# tenant_id is the owner of the course, who lets `licensee_tenant_id` deliver and sell it. Of several rows for the same
# course and licensee the last (seq) holds; one that `ends` ends it.
LICENCES = f"""
  licence_id uuid NOT NULL,
  syllabus_id text NOT NULL,
  licensee_tenant_id text NOT NULL REFERENCES tenants (tenant_id),
  seq integer NOT NULL CHECK (seq >= 1),
  ends boolean NOT NULL DEFAULT false,
  reason text,
  valid_from timestamptz NOT NULL DEFAULT clock_timestamp(),
  valid_to timestamptz,
  countersignature_id uuid NOT NULL,
  PRIMARY KEY (tenant_id, licence_id),
  UNIQUE (tenant_id, syllabus_id, licensee_tenant_id, seq),
  CHECK (licensee_tenant_id <> tenant_id),
  CHECK (valid_to > valid_from),
  CHECK (NOT ends OR seq > 1),
  FOREIGN KEY (tenant_id, syllabus_id) REFERENCES content_items (tenant_id, item_id),
  {SIGNED}"""
# course_tenant_id owns the course; course_id is its syllabus. What is sold and its currency are fixed.
PRODUCTS = f"""
  product_id uuid NOT NULL,
  course_tenant_id text NOT NULL REFERENCES tenants (tenant_id),
  course_id text NOT NULL,
  price_cents integer NOT NULL CHECK (price_cents >= 0),
  currency text NOT NULL CHECK (currency ~ '^[A-Z]{{3}}$'),
  active boolean NOT NULL DEFAULT true,
  created_by uuid NOT NULL REFERENCES users (id),
  created_{AT},
  updated_{AT},
  PRIMARY KEY (tenant_id, product_id),
  FOREIGN KEY (course_tenant_id, course_id) REFERENCES content_items (tenant_id, item_id)"""
# ordinal: 1 and one more for each earlier purchase of the same product by the same person that was refunded, so that
# two at once cannot both stand. No money moves here: a purchase is recorded.
PURCHASES = f"""
  purchase_id uuid NOT NULL,
  user_id uuid NOT NULL REFERENCES users (id),
  product_id uuid NOT NULL,
  ordinal integer NOT NULL DEFAULT 1 CHECK (ordinal >= 1),
  price_cents integer NOT NULL CHECK (price_cents >= 0),
  currency text NOT NULL,
  status text NOT NULL DEFAULT 'RECORDED' CHECK (status = 'RECORDED'),
  idempotency_key text,
  created_{AT},
  PRIMARY KEY (tenant_id, purchase_id),
  UNIQUE (tenant_id, user_id, product_id, ordinal),
  FOREIGN KEY (tenant_id, product_id) REFERENCES products (tenant_id, product_id)"""
REFUNDS = f"""
  purchase_id uuid NOT NULL,
  amount_cents integer NOT NULL CHECK (amount_cents >= 1),
  reason text NOT NULL CHECK (btrim(reason) <> ''),
  actor uuid NOT NULL REFERENCES users (id),
  {AT},
  PRIMARY KEY (tenant_id, purchase_id),
  {OF_PURCHASE}"""
ENROLLMENTS = f"""
  enrollment_id uuid NOT NULL,
  user_id uuid NOT NULL REFERENCES users (id),
  course_tenant_id text NOT NULL REFERENCES tenants (tenant_id),
  course_id text NOT NULL,
  package_version integer NOT NULL,
  created_{AT},
  completed_at timestamptz,
  PRIMARY KEY (tenant_id, enrollment_id),
  UNIQUE (tenant_id, user_id, course_id),
  FOREIGN KEY (course_tenant_id, course_id, package_version)
    REFERENCES course_packages (tenant_id, syllabus_id, version)"""
UPGRADES = f"""
  enrollment_id uuid NOT NULL,
  seq integer NOT NULL CHECK (seq >= 1),
  from_version integer NOT NULL,
  to_version integer NOT NULL,
  kept integer NOT NULL CHECK (kept >= 0),
  dropped integer NOT NULL CHECK (dropped >= 0),
  actor uuid NOT NULL REFERENCES users (id),
  {AT},
  PRIMARY KEY (tenant_id, enrollment_id, seq),
  CHECK (to_version > from_version),
  {OF_ENROLLMENT}"""
# Access that ended, and access that a later purchase gave back.
REVOCATIONS = f"""
  revocation_id uuid NOT NULL,
  enrollment_id uuid NOT NULL,
  purchase_id uuid,
  reason text NOT NULL CHECK (btrim(reason) <> ''),
  actor uuid NOT NULL REFERENCES users (id),
  {AT},
  PRIMARY KEY (tenant_id, revocation_id),
  {OF_ENROLLMENT},
  {OF_PURCHASE}"""
REINSTATEMENTS = f"""
  revocation_id uuid NOT NULL,
  purchase_id uuid,
  {AT},
  PRIMARY KEY (tenant_id, revocation_id),
  FOREIGN KEY (tenant_id, revocation_id) REFERENCES enrollment_revocations (tenant_id, revocation_id),
  {OF_PURCHASE}"""
# A lesson that was completed stays so: there is no row that says otherwise. lesson_idx: 0-based in the package's order.
PROGRESS = f"""
  enrollment_id uuid NOT NULL,
  package_version integer NOT NULL,
  lesson_idx integer NOT NULL CHECK (lesson_idx >= 0),
  lesson_id text NOT NULL,
  completed boolean NOT NULL DEFAULT true CHECK (completed),
  completed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (tenant_id, enrollment_id, package_version, lesson_idx),
  UNIQUE (tenant_id, enrollment_id, package_version, lesson_id),
  {OF_ENROLLMENT}"""
ATTEMPTS = f"""
  attempt_id uuid NOT NULL,
  enrollment_id uuid NOT NULL,
  package_version integer NOT NULL,
  lesson_idx integer NOT NULL CHECK (lesson_idx >= 0),
  quiz_id text NOT NULL,
  attempt integer NOT NULL CHECK (attempt >= 1),
  answers integer[] NOT NULL,
  correct integer NOT NULL CHECK (correct >= 0),
  questions integer NOT NULL CHECK (questions >= 1),
  score_pct integer NOT NULL CHECK (score_pct BETWEEN 0 AND 100),
  passed boolean NOT NULL,
  {AT},
  PRIMARY KEY (tenant_id, attempt_id),
  UNIQUE (tenant_id, enrollment_id, package_version, quiz_id, attempt),
  CHECK (correct <= questions AND cardinality(answers) = questions),
  {OF_ENROLLMENT}"""
# What was given out, so that three within ten minutes are three on any number of copies of the API.
EXPORTS = f"""
  export_id uuid NOT NULL,
  user_id uuid NOT NULL REFERENCES users (id),
  course_id text NOT NULL,
  package_version integer NOT NULL,
  format text NOT NULL CHECK (format IN ('pdf', 'scorm12', 'scorm2004', 'web')),
  content_hash text NOT NULL,
  {AT},
  PRIMARY KEY (tenant_id, export_id)"""
FACTS = {
    "purchases": PURCHASES,
    "refunds": REFUNDS,
    "enrollment_upgrades": UPGRADES,
    "enrollment_revocations": REVOCATIONS,
    "enrollment_reinstatements": REINSTATEMENTS,
    "lesson_progress": PROGRESS,
    "quiz_attempts": ATTEMPTS,
    "course_exports": EXPORTS,
}
ROLE = f"""
DO $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = '{DELIVERY}') THEN
    CREATE ROLE {DELIVERY} NOLOGIN;
    GRANT {DELIVERY} TO CURRENT_USER;
  END IF;
  IF NOT pg_has_role('{APP}', '{DELIVERY}', 'MEMBER') THEN
    IF current_setting('server_version_num')::integer >= 160000 THEN
      EXECUTE 'GRANT {DELIVERY} TO {APP} WITH INHERIT FALSE, SET TRUE';
    ELSE
      GRANT {DELIVERY} TO {APP};
    END IF;
  END IF;
END $$
"""
# What a learner's transaction may read, and the facts that it may add. Nothing on content_items, content_revisions,
# content_decisions, proposals, countersignatures or users.
READ = ("tenants", "course_packages", "course_package_retirements", "v_course_packages", "course_licences", "products")
VIEWS = ("v_enrollments", "v_purchases", "v_course_licences")
GIVEN_BY_OTHERS = ("refunds", "enrollment_revocations")
ADDED = ("enrollments", *(table for table in FACTS if table not in GIVEN_BY_OTHERS))
TOLD = ("events", "audit_gaps")


def upgrade() -> None:
    create_guarded("course_licences", LICENCES)
    grant("course_licences", "INSERT", APP)
    make_append_only("course_licences")
    create_guarded("products", PRODUCTS)
    grant("products", "INSERT", APP)
    op.execute(f"GRANT UPDATE (price_cents, active, updated_at) ON products TO {APP}")
    create_guarded("enrollments", ENROLLMENTS)
    grant("enrollments", "INSERT", APP)
    op.execute(f"GRANT UPDATE (package_version, completed_at) ON enrollments TO {APP}")
    for table, columns in FACTS.items():
        create_guarded(table, columns)
        grant(table, "INSERT", APP)
        make_append_only(table)
    run_sql_file("courses/functions/course_licence_holds.sql")
    run_sql_file("courses/functions/owner_has_licensed.sql")
    run_sql_file("courses/functions/is_product_of_another_tenant.sql")
    op.execute("REVOKE ALL ON FUNCTION is_product_of_another_tenant(uuid) FROM PUBLIC")
    _licensees()
    for view in VIEWS:
        run_sql_file(f"courses/{view}.sql")
        grant(view, "SELECT", APP, MACHINE, AUDITOR)
    _delivery()
    index("course_licences_licensee", "course_licences", "licensee_tenant_id, syllabus_id")
    index("products_course", "products", "tenant_id, course_id")
    index("purchases_user", "purchases", "tenant_id, user_id")
    index("enrollments_course", "enrollments", "tenant_id, course_id, package_version")
    index("enrollment_revocations_enrollment", "enrollment_revocations", "tenant_id, enrollment_id")
    index("course_exports_recent", "course_exports", "tenant_id, user_id, course_id, at")


def _licensees() -> None:
    """Whoever holds a licence in force sees it and the packages of that course; nothing else of the owner."""
    op.execute(f"CREATE POLICY licensee_reads ON course_licences FOR SELECT USING (licensee_tenant_id = {MINE})")
    op.execute(
        "CREATE POLICY licensee_reads ON course_packages FOR SELECT"
        f" USING (course_licence_holds(tenant_id, syllabus_id, {MINE}))"
    )
    op.execute(
        "CREATE POLICY licensee_reads ON course_package_retirements FOR SELECT USING (EXISTS (SELECT 1"
        " FROM course_packages AS p WHERE p.tenant_id = course_package_retirements.tenant_id"
        " AND p.package_id = course_package_retirements.package_id))"
    )


def _delivery() -> None:
    """The role of learners' transactions: published content, their own facts, the ledger to tell of them."""
    op.execute(ROLE)
    op.execute(f"GRANT USAGE ON SCHEMA public TO {DELIVERY}")
    for table in (*READ, *GIVEN_BY_OTHERS, *VIEWS):
        grant(table, "SELECT", DELIVERY)
    for table in ADDED:
        grant(table, "SELECT, INSERT", DELIVERY)
    op.execute(f"GRANT UPDATE (package_version, completed_at) ON enrollments TO {DELIVERY}")
    for table in TOLD:
        grant(table, "INSERT", DELIVERY)
    op.execute(f"GRANT EXECUTE ON FUNCTION is_product_of_another_tenant(uuid) TO {APP}, {DELIVERY}")


def downgrade() -> None:
    for view in reversed(VIEWS):
        op.execute(f"DROP VIEW {view}")
    for table in (*READ[:4], *TOLD):
        op.execute(f"REVOKE ALL ON {table} FROM {DELIVERY}")
    for table in ("course_packages", "course_package_retirements"):
        op.execute(f"DROP POLICY licensee_reads ON {table}")
    archive_and_drop(*reversed(FACTS), "enrollments", "products", "course_licences")
    op.execute("DROP FUNCTION owner_has_licensed()")
    op.execute("DROP FUNCTION course_licence_holds(text, text, text)")
    op.execute("DROP FUNCTION is_product_of_another_tenant(uuid)")
