-- The reads of a day that the batch does not bring, as what the new day gains beside the batch. Grain: one read.
-- Columns as in delta.sql, and those of beside_exceptions that nobody asks for.
CREATE TEMPORARY TABLE delta_reads ON COMMIT DROP AS
SELECT
    1::smallint AS sign,
    e.*
FROM beside_exceptions AS e
WHERE e.is_gone
