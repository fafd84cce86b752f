-- Meters to which two candidate joins give different feeders. Grain: one row: how many, and the first by id.
-- one_ref, other_ref: the meters' columns; one_feeder, other_feeder: the feeders'. Reader: store/schema.py.
SELECT
    count(DISTINCT m.{meter_id}::text),
    min(m.{meter_id}::text COLLATE "C")
FROM {meters} AS m
INNER JOIN {feeders} AS one ON m.{one_ref}::text = one.{one_feeder}::text AND {one_of_tenant}
INNER JOIN {feeders} AS other ON m.{other_ref}::text = other.{other_feeder}::text AND {other_of_tenant}
WHERE {meters_of_tenant} AND one::text <> other::text
