-- Meaning: tables with a tenant whose rows another tenant could reach: row-level security is not on, not forced, or one
--   of its two policies is missing or lets more pass than it says.
-- Grain: one table and fault. Nothing is printed when all is well.
-- Reader: `countersign migrate --apply`, `countersign migrate --verify`.
WITH tenant_tables AS (
  SELECT
    c.oid,
    c.relname,
    c.relrowsecurity,
    c.relforcerowsecurity
  FROM pg_class AS c
  INNER JOIN pg_namespace AS n ON c.relnamespace = n.oid
  INNER JOIN pg_attribute AS a ON c.oid = a.attrelid AND a.attname = 'tenant_id' AND NOT a.attisdropped
  WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition
),

policies AS (
  SELECT
    p.polrelid,
    p.polname,
    p.polpermissive,
    pg_get_expr(p.polqual, p.polrelid) AS reads,
    pg_get_expr(p.polwithcheck, p.polrelid) AS writes
  FROM pg_policy AS p
)

SELECT
  t.relname AS table_name,
  f.fault
FROM tenant_tables AS t
CROSS JOIN LATERAL (
  VALUES
    (NOT t.relrowsecurity, 'row-level security is off'),
    (NOT t.relforcerowsecurity, 'row-level security is not forced'),
    (NOT EXISTS (
      SELECT 1 FROM policies AS p
      WHERE p.polrelid = t.oid AND p.polname = 'tenant_isolation' AND p.polpermissive
        AND p.reads LIKE '%tenant_id = NULLIF(current_setting(''app.tenant''::text, true), ''''::text)%'
        AND p.writes = p.reads
    ), 'the policy tenant_isolation is missing or another'),
    (NOT EXISTS (
      SELECT 1 FROM policies AS p
      WHERE p.polrelid = t.oid AND p.polname = 'owner_sees_all'
    ), 'the policy owner_sees_all is missing')
) AS f (is_so, fault)
WHERE f.is_so
UNION ALL
SELECT
  t.relname,
  'owner_sees_all is open to ' || coalesce(r.rolname, 'everybody')
FROM tenant_tables AS t
INNER JOIN pg_policy AS p ON t.oid = p.polrelid AND p.polname = 'owner_sees_all'
CROSS JOIN LATERAL unnest(p.polroles) AS o (role_id)
LEFT JOIN pg_roles AS r ON o.role_id = r.oid
WHERE o.role_id = 0 OR r.rolname IN
  ('countersign_app', 'countersign_delivery', 'countersign_loader', 'countersign_machine', 'countersign_auditor',
    'countersign_dagster')
ORDER BY table_name, fault
