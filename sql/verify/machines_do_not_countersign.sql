-- Meaning: rights by which something that is no person could sign, lend authority, or rewrite the record.
-- Grain: one role, table and right. Nothing is printed when all is well.
-- Reader: `countersign migrate --apply`, `countersign migrate --verify`.
WITH refused AS (
  SELECT
    r.role_name,
    t.table_name,
    p.privilege
  FROM (VALUES ('countersign_machine'), ('countersign_loader'), ('countersign_auditor'), ('countersign_dagster'))
    AS r (role_name)
  CROSS JOIN (VALUES ('countersignatures'), ('standing_orders'), ('delegations')) AS t (table_name)
  CROSS JOIN (VALUES ('INSERT'), ('UPDATE'), ('DELETE'), ('TRUNCATE')) AS p (privilege)
  UNION ALL
  SELECT
    r.role_name,
    t.table_name,
    p.privilege
  FROM (VALUES ('countersign_app'), ('countersign_machine'), ('countersign_loader'), ('countersign_auditor'))
    AS r (role_name)
  CROSS JOIN (VALUES ('events'), ('countersignatures'), ('proposals'), ('artifacts'), ('signing_keys'))
    AS t (table_name)
  CROSS JOIN (VALUES ('UPDATE'), ('DELETE'), ('TRUNCATE')) AS p (privilege)
)

SELECT DISTINCT
  f.role_name,
  f.table_name,
  f.privilege
FROM refused AS f
INNER JOIN pg_roles AS r ON f.role_name = r.rolname
INNER JOIN pg_class AS c ON f.table_name = c.relname
INNER JOIN pg_namespace AS n ON c.relnamespace = n.oid AND n.nspname = 'public'
WHERE has_table_privilege(r.oid, c.oid, f.privilege)
ORDER BY f.role_name, f.table_name, f.privilege
