-- Meaning: functions that run with their owner's rights and would look names up where the caller says.
-- Grain: one function. Nothing is printed when all is well.
-- Reader: `countersign migrate --apply`, `countersign migrate --verify`.
SELECT
  p.proname AS function_name,
  'SECURITY DEFINER without a search_path of its own' AS fault
FROM pg_proc AS p
INNER JOIN pg_namespace AS n ON p.pronamespace = n.oid
WHERE n.nspname = 'public' AND p.prosecdef
  AND NOT EXISTS (
    SELECT 1 FROM unnest(coalesce(p.proconfig, '{}')) AS s (setting)
    WHERE s.setting LIKE 'search_path=%'
  )
UNION ALL
SELECT
  p.proname,
  'SECURITY DEFINER, and everybody may call it'
FROM pg_proc AS p
INNER JOIN pg_namespace AS n ON p.pronamespace = n.oid
WHERE n.nspname = 'public' AND p.prosecdef
  AND EXISTS (
    SELECT 1 FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) AS x
    WHERE x.grantee = 0
  )
ORDER BY function_name, fault
