-- Meaning: what a thing of the kernel is, in words.
-- Grain: one row, or none where the tenant has no such thing.
-- Units: instants in UTC.
-- Reader: lineage_of.
CREATE FUNCTION lineage_kernel_described(thing_type text, thing_id text)
RETURNS TABLE (label text, at timestamptz, facts jsonb)
LANGUAGE sql STABLE ROWS 1
AS $$
    SELECT a.kind, a.created_at, jsonb_build_object('sha256', a.sha256, 'size_bytes', a.size_bytes,
        'media_type', a.media_type, 'made_from', a.made_from)
    FROM artifacts AS a
    WHERE thing_type = 'artifact' AND a.artifact_id = CASE WHEN thing_type = 'artifact' THEN thing_id::uuid END
    UNION ALL
    SELECT c.decision || ': ' || c.kind, c.signed_at, jsonb_build_object('signer', u.name, 'signer_role', c.signer_role,
        'subject', c.subject_type || '/' || c.subject_id, 'content_hash', c.content_hash, 'reason', c.reason)
    FROM countersignatures AS c
    LEFT JOIN users AS u ON u.id = c.signer_id
    WHERE thing_type = 'countersignature'
        AND c.countersignature_id = CASE WHEN thing_type = 'countersignature' THEN thing_id::uuid END
    UNION ALL
    SELECT p.summary, p.created_at, jsonb_build_object('kind', p.kind, 'proposed_by', p.proposed_by,
        'subject', p.subject_type || '/' || p.subject_id, 'content_hash', p.content_hash)
    FROM proposals AS p
    WHERE thing_type = 'proposal' AND p.proposal_id = CASE WHEN thing_type = 'proposal' THEN thing_id::uuid END
    UNION ALL
    SELECT e.event_type, e.occurred_at, jsonb_build_object('actor_role', e.actor_role, 'status', e.status)
    FROM events AS e
    WHERE thing_type = 'event' AND e.event_id = CASE WHEN thing_type = 'event' THEN thing_id::uuid END
    UNION ALL
    (
        SELECT COALESCE(replace(e.entity_type, '_', ' '), e.event_type), e.occurred_at, jsonb_build_object('by', e.actor_role)
        FROM events AS e
        WHERE thing_type = 'run' AND e.tenant_id = current_setting('app.tenant', true)
        AND e.run_id = CASE WHEN thing_type = 'run' THEN thing_id::uuid END
        ORDER BY e.seq
        LIMIT 1
    )
$$;
