-- How many of a tenant's meters find exactly one feeder by one candidate join. Grain: one row.
-- meter_id, meter_ref: columns of the meters; feeder_ref: column of the feeders. Compared as text, so that a number
-- finds its number whatever its width. A meter that stands twice with different feeders finds none.
-- Reader: store/schema.py.
WITH meter AS (
    SELECT
        m.{meter_id}::text AS meter_id,
        min(m.{meter_ref}::text) AS ref,
        count(DISTINCT m.{meter_ref}::text) AS refs
    FROM {meters} AS m
    WHERE {meters_of_tenant}
    GROUP BY m.{meter_id}::text
),

feeder AS (
    SELECT {feeder_ref}::text AS ref
    FROM {feeders}
    WHERE {feeders_of_tenant}
    GROUP BY {feeder_ref}::text
    HAVING count(*) = 1
)

SELECT
    count(*),
    count(feeder.ref) FILTER (WHERE meter.refs = 1)
FROM meter
LEFT JOIN feeder ON meter.ref = feeder.ref
