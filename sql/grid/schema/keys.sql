-- Unique keys that hold for every row at once: no partial, deferred, invalid or computed ones. Grain: key.
-- Reader: store/schema.py.
SELECT
    c.relname AS table_name,
    (
        SELECT array_agg(a.attname::text ORDER BY a.attname)
        FROM unnest(i.indkey) WITH ORDINALITY AS k (attnum, place)
        INNER JOIN pg_attribute AS a ON k.attnum = a.attnum AND a.attrelid = c.oid
        WHERE k.place <= i.indnkeyatts
    ) AS columns
FROM pg_index AS i
INNER JOIN pg_class AS c ON i.indrelid = c.oid
INNER JOIN pg_namespace AS n ON c.relnamespace = n.oid
WHERE
    n.nspname = %(schema)s AND c.relname = any(%(tables)s)
    AND i.indisunique AND i.indisvalid AND i.indimmediate AND i.indpred IS NULL AND i.indexprs IS NULL
ORDER BY c.relname, columns
