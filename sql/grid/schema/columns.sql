-- The columns of the tables and views that GridLens knows by name, in one schema. Grain: column, in its table's order.
-- must_be_given: NOT NULL without default or identity. is_computed: the database alone fills it.
-- pg_catalog instead of information_schema: it also shows what the asking role may not read. Reader: store/schema.py.
SELECT
    c.relname AS table_name,
    a.attname AS column_name,
    format_type(a.atttypid, a.atttypmod) AS column_type,
    a.attnotnull AND NOT a.atthasdef AND a.attidentity = '' AS must_be_given,
    a.attgenerated <> '' OR a.attidentity = 'a' AS is_computed
FROM pg_class AS c
INNER JOIN pg_namespace AS n ON c.relnamespace = n.oid
INNER JOIN pg_attribute AS a ON c.oid = a.attrelid AND a.attnum > 0 AND NOT a.attisdropped
WHERE n.nspname = %(schema)s AND c.relname = any(%(tables)s) AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
ORDER BY c.relname, a.attnum
