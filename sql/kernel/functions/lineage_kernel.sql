-- Meaning: what one thing of the kernel was made from: one step back.
-- Grain: one row a thing that it was made from. Answers (relation, to_type, to_id, label, at, facts).
-- Units: instants in UTC.
-- Reader: lineage_of, which asks it step by step.
CREATE FUNCTION lineage_kernel(from_type text, from_id text)
RETURNS TABLE (relation text, to_type text, to_id text, label text, at timestamptz, facts jsonb)
LANGUAGE sql STABLE ROWS 5
AS $$
    SELECT 'carries out', 'countersignature', a.countersignature_id::text, NULL, NULL::timestamptz, NULL::jsonb
    FROM artifacts AS a
    WHERE from_type = 'artifact'
        AND a.artifact_id = CASE WHEN from_type = 'artifact' THEN from_id::uuid END
        AND a.countersignature_id IS NOT NULL
    UNION ALL
    SELECT 'made by fulfilling', 'countersignature', f.countersignature_id::text, NULL, NULL, NULL
    FROM fulfilments AS f
    INNER JOIN artifacts AS a ON a.artifact_id = CASE WHEN from_type = 'artifact' THEN from_id::uuid END
    WHERE from_type = 'artifact' AND f.artifact_ids @> ARRAY[a.artifact_id]
        AND f.countersignature_id IS DISTINCT FROM a.countersignature_id
    UNION ALL
    SELECT 'made by', 'run', a.made_from ->> 'run_id', NULL, NULL, NULL
    FROM artifacts AS a
    WHERE from_type = 'artifact'
        AND a.artifact_id = CASE WHEN from_type = 'artifact' THEN from_id::uuid END AND a.made_from ? 'run_id'
    UNION ALL
    SELECT 'made from', 'run', source.run_id, NULL, NULL, NULL
    FROM artifacts AS a
    CROSS JOIN LATERAL jsonb_array_elements_text(
        CASE jsonb_typeof(a.made_from -> 'run_ids') WHEN 'array' THEN a.made_from -> 'run_ids' ELSE '[]' END
    ) AS source (run_id)
    WHERE from_type = 'artifact' AND a.artifact_id = CASE WHEN from_type = 'artifact' THEN from_id::uuid END
    UNION ALL
    SELECT 'made from', 'artifact', source.artifact_id, NULL, NULL, NULL
    FROM artifacts AS a
    CROSS JOIN LATERAL jsonb_array_elements_text(
        CASE jsonb_typeof(a.made_from -> 'artifact_ids') WHEN 'array' THEN a.made_from -> 'artifact_ids' ELSE '[]' END
    ) AS source (artifact_id)
    WHERE from_type = 'artifact' AND a.artifact_id = CASE WHEN from_type = 'artifact' THEN from_id::uuid END
    UNION ALL
    SELECT 'decides on', 'proposal', c.proposal_id::text, NULL, NULL, NULL
    FROM countersignatures AS c
    WHERE from_type = 'countersignature'
        AND c.countersignature_id = CASE WHEN from_type = 'countersignature' THEN from_id::uuid END
    UNION ALL
    SELECT 'corrects', 'countersignature', c.supersedes::text, NULL, NULL, NULL
    FROM countersignatures AS c
    WHERE from_type = 'countersignature'
        AND c.countersignature_id = CASE WHEN from_type = 'countersignature' THEN from_id::uuid END
        AND c.supersedes IS NOT NULL
    UNION ALL
    SELECT 'suggested by', 'run', p.run_id::text, NULL, NULL, NULL
    FROM proposals AS p
    WHERE from_type = 'proposal'
        AND p.proposal_id = CASE WHEN from_type = 'proposal' THEN from_id::uuid END AND p.run_id IS NOT NULL
    UNION ALL
    SELECT 'shows', 'artifact', source.artifact_id, NULL, NULL, NULL
    FROM proposals AS p
    CROSS JOIN LATERAL jsonb_array_elements_text(
        CASE jsonb_typeof(p.evidence -> 'artifact_ids') WHEN 'array' THEN p.evidence -> 'artifact_ids' ELSE '[]' END
    ) AS source (artifact_id)
    WHERE from_type = 'proposal' AND p.proposal_id = CASE WHEN from_type = 'proposal' THEN from_id::uuid END
    UNION ALL
    (
        SELECT 'on record as', 'event', e.event_id::text, NULL, NULL, NULL
        FROM events AS e
        WHERE from_type = 'run' AND e.tenant_id = current_setting('app.tenant', true)
        AND e.run_id = CASE WHEN from_type = 'run' THEN from_id::uuid END
        ORDER BY e.seq
        LIMIT 50
    )
$$;
