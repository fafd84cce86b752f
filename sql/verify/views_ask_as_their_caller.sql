-- Meaning: views that read as their owner, who sees every tenant's rows, instead of as whoever asks.
-- Grain: one view. Nothing is printed when all is well.
-- Reader: `countersign migrate --apply`, `countersign migrate --verify`.
SELECT
  c.relname AS view_name,
  'not security_invoker' AS fault
FROM pg_class AS c
INNER JOIN pg_namespace AS n ON c.relnamespace = n.oid
WHERE n.nspname = 'public' AND c.relkind = 'v'
  AND NOT COALESCE(c.reloptions && ARRAY['security_invoker=true', 'security_invoker=on'], false)
  AND NOT EXISTS (
    SELECT 1 FROM pg_depend AS d
    WHERE d.objid = c.oid AND d.deptype = 'e'
  )
UNION ALL
SELECT
  c.relname,
  'a materialized view knows no tenant'
FROM pg_class AS c
INNER JOIN pg_namespace AS n ON c.relnamespace = n.oid
WHERE n.nspname = 'public' AND c.relkind = 'm'
ORDER BY view_name
