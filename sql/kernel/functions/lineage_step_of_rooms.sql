-- Meaning: one step back from any thing, over all rooms, outages, inspections and FireMode among them.
-- Grain: one row a thing that it was made from, described.
-- Units: instants in UTC.
-- Reader: sql/kernel/lineage.sql.
CREATE OR REPLACE FUNCTION lineage_step(from_type text, from_id text)
RETURNS TABLE (relation text, to_type text, to_id text, label text, at timestamptz, facts jsonb)
LANGUAGE sql STABLE ROWS 5
AS $$
    SELECT step.relation, step.to_type, step.to_id,
        COALESCE(step.label, outage.label, stairs.label, own.label, advice.label, course.label),
        COALESCE(step.at, outage.at, stairs.at, own.at, advice.at, course.at),
        COALESCE(step.facts, outage.facts, stairs.facts, own.facts, advice.facts, course.facts, '{}')
    FROM (
        SELECT * FROM lineage_kernel(from_type, from_id)
        UNION ALL
        SELECT * FROM lineage_grid(from_type, from_id)
        UNION ALL
        SELECT * FROM lineage_advice(from_type, from_id)
        UNION ALL
        SELECT * FROM lineage_courses(from_type, from_id)
        UNION ALL
        SELECT * FROM lineage_outages(from_type, from_id)
        UNION ALL
        SELECT * FROM lineage_inspections(from_type, from_id)
        UNION ALL
        SELECT * FROM lineage_stairs(from_type, from_id)
    ) AS step
    LEFT JOIN LATERAL lineage_kernel_described(step.to_type, step.to_id) AS own ON true
    LEFT JOIN LATERAL lineage_advice_described(step.to_type, step.to_id) AS advice ON true
    LEFT JOIN LATERAL lineage_courses_described(step.to_type, step.to_id) AS course ON true
    LEFT JOIN LATERAL lineage_outages_described(step.to_type, step.to_id) AS outage ON true
    LEFT JOIN LATERAL lineage_stairs_described(step.to_type, step.to_id) AS stairs ON true
$$;
