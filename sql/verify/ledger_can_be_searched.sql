-- Meaning: indexes of the ledger that the specifications name and that are missing or not usable.
-- Grain: one index. Nothing is printed when all is well.
-- Reader: `countersign migrate --apply`, `countersign migrate --verify`.
SELECT w.columns AS missing_index
FROM (
  VALUES
    ('(tenant_id, canon_outage_id, occurred_at)'),
    ('(tenant_id, prov_outage_id)')
) AS w (columns)
WHERE NOT EXISTS (
  SELECT 1
  FROM pg_index AS i
  INNER JOIN pg_class AS c ON i.indrelid = c.oid AND c.relname = 'events'
  INNER JOIN pg_namespace AS n ON c.relnamespace = n.oid AND n.nspname = 'public'
  WHERE i.indisvalid AND pg_get_indexdef(i.indexrelid) LIKE '%' || w.columns
)
ORDER BY missing_index
