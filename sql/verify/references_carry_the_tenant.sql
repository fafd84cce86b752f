-- Meaning: references between tables of tenants that do not carry the tenant: foreign keys do not see row-level
--   security, so such a row could point into another tenant. A reference may carry the owner's tenant instead, in a
--   column named <owner>_tenant_id, where the trigger owner_has_licensed asks for that owner's countersigned licence.
-- Grain: one foreign key. Nothing is printed when all is well.
-- Reader: `countersign migrate --apply`, `countersign migrate --verify`.
SELECT
  c.relname AS table_name,
  k.conname AS reference_name,
  f.relname AS leads_to
FROM pg_constraint AS k
INNER JOIN pg_class AS c ON k.conrelid = c.oid
INNER JOIN pg_class AS f ON k.confrelid = f.oid
INNER JOIN pg_namespace AS n ON c.relnamespace = n.oid
INNER JOIN pg_attribute AS mine ON c.oid = mine.attrelid AND mine.attname = 'tenant_id' AND NOT mine.attisdropped
INNER JOIN pg_attribute AS theirs
  ON f.oid = theirs.attrelid AND theirs.attname = 'tenant_id' AND NOT theirs.attisdropped
WHERE k.contype = 'f' AND n.nspname = 'public' AND NOT c.relispartition AND f.relname <> 'tenants'
  AND NOT mine.attnum = ANY(k.conkey)
  AND NOT (
    EXISTS (
      SELECT 1
      FROM pg_trigger AS t
      WHERE t.tgrelid = c.oid AND t.tgname = 'owner_has_licensed' AND t.tgenabled = 'A'
    )
    AND EXISTS (
      SELECT 1
      FROM pg_attribute AS owner
      WHERE owner.attrelid = c.oid AND owner.attname ~ '_tenant_id$'
        AND k.confkey[ARRAY_POSITION(k.conkey, owner.attnum)] = theirs.attnum
    )
  )
ORDER BY table_name, reference_name
