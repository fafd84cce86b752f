-- Meaning: what the role of learners' transactions may read or write beyond published courses and learners' own facts:
--   no draft, review, signature or person is among them.
-- Grain: one table or view and privilege. Nothing is printed when all is well.
-- Reader: `countersign migrate --apply`, `countersign migrate --verify`.
SELECT
  c.relname AS table_name,
  p.privilege
FROM pg_roles AS r
CROSS JOIN pg_class AS c
INNER JOIN pg_namespace AS n ON c.relnamespace = n.oid
CROSS JOIN (VALUES ('SELECT'), ('INSERT'), ('UPDATE'), ('DELETE'), ('TRUNCATE')) AS p (privilege)
WHERE r.rolname = 'countersign_delivery' AND n.nspname IN ('public', 'reads', 'learning')
  AND c.relkind IN ('r', 'p', 'v', 'm')
  AND CASE
    WHEN p.privilege IN ('DELETE', 'TRUNCATE') THEN has_table_privilege(r.oid, c.oid, p.privilege)
    ELSE has_any_column_privilege(r.oid, c.oid, p.privilege)
  END
  AND NOT EXISTS (
    SELECT 1 FROM pg_depend AS d
    WHERE d.objid = c.oid AND d.deptype = 'e'
  )
  AND (c.relname, p.privilege) NOT IN (
    ('tenants', 'SELECT'), ('course_packages', 'SELECT'), ('course_package_retirements', 'SELECT'),
    ('v_course_packages', 'SELECT'), ('course_licences', 'SELECT'), ('v_course_licences', 'SELECT'),
    ('products', 'SELECT'), ('refunds', 'SELECT'), ('v_purchases', 'SELECT'), ('v_enrollments', 'SELECT'),
    ('purchases', 'SELECT'), ('purchases', 'INSERT'),
    ('enrollments', 'SELECT'), ('enrollments', 'INSERT'), ('enrollments', 'UPDATE'),
    ('enrollment_upgrades', 'SELECT'), ('enrollment_upgrades', 'INSERT'),
    ('enrollment_revocations', 'SELECT'), ('enrollment_reinstatements', 'SELECT'),
    ('enrollment_reinstatements', 'INSERT'),
    ('lesson_progress', 'SELECT'), ('lesson_progress', 'INSERT'),
    ('quiz_attempts', 'SELECT'), ('quiz_attempts', 'INSERT'),
    ('course_exports', 'SELECT'), ('course_exports', 'INSERT'),
    ('events', 'INSERT'), ('audit_gaps', 'INSERT')
  )
ORDER BY table_name, privilege
