-- Meaning: what an approved test session rests on could be changed: a trigger that refuses is missing, or is not ENABLE
--   ALWAYS, so that a session with another replication role would pass it.
-- Grain: one table and trigger. Nothing is printed when all is well.
-- Reader: `countersign migrate --apply`, `countersign migrate --verify`.
SELECT
  w.table_name,
  v.trigger_name,
  CASE WHEN t.tgname IS NULL THEN 'missing' ELSE 'not ENABLE ALWAYS' END AS fault
FROM (VALUES
  ('test_sessions'), ('test_instances'), ('evidence_records'), ('faults'), ('instance_evaluations'),
  ('session_bundles'), ('session_submissions'), ('compliance_reports')) AS w (table_name)
CROSS JOIN (VALUES ('refuse_after_approval'), ('refuse_emptying')) AS v (trigger_name)
INNER JOIN pg_class AS c ON w.table_name = c.relname
INNER JOIN pg_namespace AS n ON c.relnamespace = n.oid AND n.nspname = 'public'
LEFT JOIN pg_trigger AS t ON c.oid = t.tgrelid AND v.trigger_name = t.tgname
WHERE t.tgname IS NULL OR t.tgenabled <> 'A'
ORDER BY w.table_name, v.trigger_name
