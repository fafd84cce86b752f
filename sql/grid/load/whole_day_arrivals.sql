-- A read whose value is the same arrived when it first did: what was staged of its interval says the latest arrival of
-- the batch. Grain: feeder and interval end.
UPDATE moved_intervals AS m
SET last_arrived_at = a.latest
FROM (
    SELECT
        n.feeder_id,
        n.read_at,
        max(n.arrived_at) AS latest
    FROM {beside} AS n
    WHERE (n.feeder_id, n.read_at) IN (SELECT e.feeder_id, e.read_at FROM beside_exceptions AS e WHERE e.is_same)
    GROUP BY n.feeder_id, n.read_at
) AS a
WHERE m.feeder_id = a.feeder_id AND m.read_at = a.read_at AND m.reads + m.estimated > 0
