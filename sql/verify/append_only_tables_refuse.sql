-- Meaning: records that could be changed after the fact: a trigger that refuses is missing, or is not ENABLE ALWAYS, so
--   that a session with another replication role would pass it.
-- Grain: one table and trigger. Nothing is printed when all is well.
-- Reader: `countersign migrate --apply`, `countersign migrate --verify`.
WITH guarded AS (
  SELECT DISTINCT t.tgrelid AS oid
  FROM pg_trigger AS t
  INNER JOIN pg_class AS c ON t.tgrelid = c.oid
  INNER JOIN pg_namespace AS n ON c.relnamespace = n.oid
  WHERE n.nspname = 'public' AND t.tgname IN ('refuse_change', 'refuse_truncate')
  UNION
  SELECT c.oid
  FROM pg_class AS c
  INNER JOIN pg_namespace AS n ON c.relnamespace = n.oid
  WHERE n.nspname = 'public' AND c.relname IN (
    'events', 'proposals', 'countersignatures', 'artifacts', 'standing_orders', 'standing_order_uses', 'delegations',
    'fulfilments', 'signing_keys'
  )
)

SELECT
  c.relname AS table_name,
  w.trigger_name,
  CASE WHEN t.tgname IS NULL THEN 'missing' ELSE 'not ENABLE ALWAYS' END AS fault
FROM guarded AS g
INNER JOIN pg_class AS c ON g.oid = c.oid
CROSS JOIN (VALUES ('refuse_change'), ('refuse_truncate')) AS w (trigger_name)
LEFT JOIN pg_trigger AS t ON g.oid = t.tgrelid AND w.trigger_name = t.tgname
WHERE t.tgname IS NULL OR t.tgenabled <> 'A'
ORDER BY table_name, w.trigger_name
