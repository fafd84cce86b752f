-- Take out of the former day what no other value replaces: what stays is what is kept as replaced. Grain: one read.
DELETE FROM {day_table} AS r
USING beside_exceptions AS e
WHERE NOT e.is_new AND r.ctid = e.old_ctid
