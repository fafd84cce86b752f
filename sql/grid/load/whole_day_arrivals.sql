-- A read whose value is the same arrived when it first did: what was staged of its interval says the latest arrival of
-- the batch. Grain: feeder and interval end. The few intervals' reads are looked up meter by meter; a read that still
-- has the feeder of former days stood before, and the roll-up knows when it arrived.
UPDATE moved_intervals AS m
SET last_arrived_at = a.latest
FROM (
    SELECT
        p.feeder_id,
        p.read_at,
        max(n.arrived_at) AS latest
    FROM (
        SELECT DISTINCT
            feeder_id,
            read_at
        FROM beside_exceptions
        WHERE is_same
    ) AS p
    INNER JOIN registry AS g ON p.feeder_id = g.feeder_id
    INNER JOIN {beside} AS n ON g.meter_id = n.meter_id AND p.read_at = n.read_at AND p.feeder_id = n.feeder_id
    GROUP BY p.feeder_id, p.read_at
) AS a
WHERE m.feeder_id = a.feeder_id AND m.read_at = a.read_at AND m.reads + m.estimated > 0
