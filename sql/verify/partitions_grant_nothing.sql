-- Meaning: partitions that somebody other than their owner may touch directly, past the policy of the table above them;
--   and rights given to everybody.
-- Grain: one table, role and right. Nothing is printed when all is well.
-- Reader: `countersign migrate --apply`, `countersign migrate --verify`.
SELECT
  c.relname AS table_name,
  COALESCE(r.rolname, 'everybody') AS role_name,
  x.privilege_type
FROM pg_class AS c
INNER JOIN pg_namespace AS n ON c.relnamespace = n.oid
CROSS JOIN LATERAL ACLEXPLODE(c.relacl) AS x
LEFT JOIN pg_roles AS r ON x.grantee = r.oid
WHERE x.grantee <> c.relowner
  AND ((n.nspname IN ('public', 'reads', 'learning') AND c.relispartition)
    OR (n.nspname IN ('public', 'reads', 'learning') AND x.grantee = 0 AND c.relkind IN ('r', 'p', 'v', 'S')))
ORDER BY table_name, role_name, x.privilege_type
