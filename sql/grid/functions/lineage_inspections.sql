-- Meaning: what a list of meters to inspect was made from: its proposal leads to the scoring of its day, the scoring
-- to the reads that it measured.
-- Grain: one row a thing that it was made from. Answers (relation, to_type, to_id, label, at, facts).
-- Units: instants in UTC.
-- Reader: lineage_of.
CREATE FUNCTION lineage_inspections(from_type text, from_id text)
RETURNS TABLE (relation text, to_type text, to_id text, label text, at timestamptz, facts jsonb)
LANGUAGE sql STABLE ROWS 1
AS $$
    (
        SELECT 'lists what was scored by', 'run', e.run_id::text, NULL, NULL::timestamptz, NULL::jsonb
        FROM proposals AS p
        INNER JOIN events AS e
            ON e.tenant_id = p.tenant_id AND e.event_type = 'grid.suspicion.scored'
            AND e.entity_id = split_part(p.subject_id, '/', 1) AND e.recorded_at <= p.created_at
        WHERE from_type = 'proposal' AND p.kind = 'grid.inspection' AND e.run_id IS NOT NULL
            AND p.proposal_id = CASE WHEN from_type = 'proposal' THEN from_id::uuid END
        ORDER BY e.seq DESC
        LIMIT 1
    )
    UNION ALL
    (
        SELECT 'measured', 'rows', 'meter_reads_electric/' || e.run_id, 'meter_reads_electric', e.occurred_at,
            jsonb_build_object('until_day', e.entity_id, 'window_days', e.payload -> 'window_days',
                'reads', e.payload -> 'counts' -> 'reads', 'meters', e.payload -> 'counts' -> 'meters')
        FROM events AS e
        WHERE from_type = 'run' AND e.tenant_id = current_setting('app.tenant', true)
            AND e.run_id = CASE WHEN from_type = 'run' THEN from_id::uuid END AND e.event_type = 'grid.suspicion.scored'
        ORDER BY e.seq DESC
        LIMIT 1
    )
$$;
