-- What the customers of a tenant felt who went out between two instants, as IEEE 1366 counts it and as
-- domain/grid/outages/rules/reliability.py tells it of one outage: stretches that overlap or touch are one, which
-- belongs to the outage that began it and to the day that it began on; what is open lasts until `known_at`; outages
-- that somebody excluded do not count. Customer-minutes, customers (once an outage), and customers of momentary events.
CREATE FUNCTION interruptions_of_day(
    wanted_tenant text, from_ts timestamptz, to_ts timestamptz, known_at timestamptz,
    OUT cmi double precision, OUT customers_interrupted integer, OUT momentary_customers integer
)
LANGUAGE sql STABLE SET plan_cache_mode = force_generic_plan
AS $$
    WITH RECURSIVE impacts AS MATERIALIZED (
        -- Of each customer who went out in the day also what ended on the day before or later, so that what had begun
        -- before is not taken for a begin.
        -- Here and below sets are asked by arrays and by `IS TRUE`, which no join is made of: in a storm the planner
        -- knows nothing yet of today's rows, and would go through all of them for each.
        SELECT outage_id, meter_id COLLATE "C" AS meter_id, out_at, restored_at
        FROM outage_impacts
        WHERE
            tenant_id = wanted_tenant AND out_at <= known_at
            AND (restored_at IS NULL OR restored_at >= from_ts - interval '1 day')
            AND meter_id = ANY(ARRAY(
                SELECT DISTINCT n.meter_id FROM outage_impacts AS n
                WHERE n.tenant_id = wanted_tenant AND n.out_at >= from_ts AND n.out_at < to_ts
            ))
            AND outage_id <> ALL(ARRAY(
                SELECT o.outage_id FROM outages AS o
                WHERE o.tenant_id = wanted_tenant AND o.excluded_reason IS NOT NULL
            ))
    ),

    customer AS MATERIALIZED (
        SELECT
            meter_id, count(*) AS impacts, min(out_at) AS out_at, (array_agg(outage_id))[1] AS outage_id,
            max(coalesce(restored_at, 'infinity'::timestamptz)) AS ended_at
        FROM impacts
        GROUP BY meter_id
    ),

    -- Whoever went out once needs no look at what overlaps; the others in one pass over sorted rows.
    sorted AS (
        SELECT
            meter_id, out_at, restored_at, outage_id,
            coalesce(out_at > max(coalesce(restored_at, 'infinity'::timestamptz)) OVER (
                PARTITION BY meter_id ORDER BY out_at, restored_at, outage_id
                ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
            ), true) AS begins
        FROM impacts
        WHERE (meter_id IN (SELECT meter_id FROM customer WHERE impacts > 1)) IS TRUE
    ),

    numbered AS (
        SELECT
            meter_id, out_at, restored_at, outage_id,
            sum(begins::integer) OVER (
                PARTITION BY meter_id ORDER BY out_at, restored_at, outage_id ROWS UNBOUNDED PRECEDING
            ) AS stretch
        FROM sorted
    ),

    stretches AS MATERIALIZED (
        SELECT
            s.meter_id, s.out_at, s.outage_id,
            s.ended_at <= known_at AS is_over, least(s.ended_at, known_at) - s.out_at AS lasted
        FROM (
            SELECT meter_id, out_at, ended_at, outage_id FROM customer WHERE impacts = 1
            UNION ALL
            SELECT
                meter_id, min(out_at), max(coalesce(restored_at, 'infinity'::timestamptz)),
                (array_agg(outage_id ORDER BY out_at, restored_at, outage_id))[1]
            FROM numbered
            GROUP BY meter_id, stretch
        ) AS s
    ),

    sustained AS (
        SELECT meter_id, lasted, outage_id
        FROM stretches
        WHERE out_at >= from_ts AND out_at < to_ts AND lasted > interval '5 minutes'
    ),

    customers AS (
        SELECT
            meter_id, array_agg(out_at ORDER BY out_at) AS begins,
            array_agg(is_over AND lasted <= interval '5 minutes' ORDER BY out_at) AS brief
        FROM stretches
        WHERE (meter_id IN (
            SELECT meter_id FROM stretches
            WHERE is_over AND lasted <= interval '5 minutes' AND out_at >= from_ts AND out_at < to_ts
        )) IS TRUE
        GROUP BY meter_id
    ),

    -- One event: a first interruption, and what follows within five minutes of it.
    events AS (
        SELECT meter_id, begins, brief, begins[1] AS began FROM customers
        UNION ALL
        SELECT e.meter_id, e.begins, e.brief, n.began
        FROM events AS e
        CROSS JOIN LATERAL (
            SELECT min(b) AS began FROM unnest(e.begins) AS b WHERE b > e.began + interval '5 minutes'
        ) AS n
        WHERE n.began IS NOT NULL
    )

    SELECT
        coalesce((SELECT sum(extract(EPOCH FROM lasted)) FROM sustained)::double precision / 60.0, 0.0),
        (SELECT count(*) FROM (SELECT DISTINCT outage_id, meter_id FROM sustained) AS once)::integer,
        (
            SELECT count(*) FROM events AS e
            WHERE
                e.began >= from_ts AND e.began < to_ts
                AND (
                    SELECT bool_and(e.brief[n]) FROM generate_subscripts(e.begins, 1) AS n
                    WHERE e.begins[n] >= e.began AND e.begins[n] <= e.began + interval '5 minutes'
                )
        )::integer
$$;
