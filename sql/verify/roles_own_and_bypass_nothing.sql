-- Meaning: database roles of the running product that hold more than they were granted: they bypass row-level security,
--   are superusers, make roles or databases, or own a table, view or function of ours.
-- Grain: one role and fault. Nothing is printed when all is well.
-- Reader: `countersign migrate --apply`, `countersign migrate --verify`.
WITH ours AS (
  SELECT
    r.oid,
    r.rolname,
    r.rolsuper,
    r.rolbypassrls,
    r.rolcreaterole,
    r.rolcreatedb
  FROM pg_roles AS r
  WHERE r.rolname IN
    ('countersign_app', 'countersign_delivery', 'countersign_loader', 'countersign_machine', 'countersign_auditor',
      'countersign_dagster')
)

SELECT
  o.rolname AS role_name,
  f.fault
FROM ours AS o
CROSS JOIN LATERAL (
  VALUES
    (o.rolsuper, 'is a superuser'),
    (o.rolbypassrls, 'bypasses row-level security'),
    (o.rolcreaterole, 'may make roles'),
    (o.rolcreatedb, 'may make databases')
) AS f (is_so, fault)
WHERE f.is_so
UNION ALL
SELECT
  o.rolname,
  'owns ' || c.relname
FROM ours AS o
INNER JOIN pg_class AS c ON o.oid = c.relowner
INNER JOIN pg_namespace AS n ON c.relnamespace = n.oid
WHERE n.nspname IN ('public', 'reads')
UNION ALL
SELECT
  o.rolname,
  'owns function ' || p.proname
FROM ours AS o
INNER JOIN pg_proc AS p ON o.oid = p.proowner
INNER JOIN pg_namespace AS n ON p.pronamespace = n.oid
WHERE n.nspname IN ('public', 'reads')
UNION ALL
SELECT
  o.rolname,
  'is a member of ' || r.rolname
FROM ours AS o
INNER JOIN pg_auth_members AS m ON o.oid = m.member
INNER JOIN pg_roles AS r ON m.roleid = r.oid
WHERE r.rolsuper OR r.rolbypassrls OR r.rolname = CURRENT_USER
ORDER BY role_name, fault
