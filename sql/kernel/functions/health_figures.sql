-- Meaning: what an operator is alerted by, over all tenants: figures alone, without any name or id.
-- Grain: one row a metric and its label; a metric without a label has an empty one.
-- Units: counts; names that end in _seconds are seconds.
-- Reader: /metrics and the page /admin/health.
CREATE OR REPLACE FUNCTION health_figures()
RETURNS TABLE (metric text, label text, figure double precision)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
    WITH behind AS (
        SELECT
            s.interval_minutes,
            GREATEST(s.changed_at, (
                SELECT max(b.window_end) FROM read_batches AS b
                WHERE b.tenant_id = s.tenant_id AND b.source NOT LIKE 'file:%delivered'
            )) AS since
        FROM publish_schedules AS s
        WHERE s.is_on
    ),

    sealed AS (
        SELECT DISTINCT ON (tenant_id) tenant_id, complete_through FROM seals
        ORDER BY tenant_id ASC, seal_number DESC
    ),

    unsealed AS (
        SELECT e.recorded_at AS since FROM events AS e
        LEFT JOIN sealed AS s ON e.tenant_id = s.tenant_id
        WHERE
            e.recorded_at > COALESCE(s.complete_through, '-infinity')
            AND NOT EXISTS (SELECT 1 FROM seal_leaves AS l WHERE l.event_id = e.event_id)
        UNION ALL
        SELECT c.signed_at FROM countersignatures AS c
        LEFT JOIN sealed AS s ON c.tenant_id = s.tenant_id
        WHERE
            c.signed_at > COALESCE(s.complete_through, '-infinity')
            AND NOT EXISTS (SELECT 1 FROM seal_leaves AS l WHERE l.event_id = c.countersignature_id)
    ),

    gaps AS (
        SELECT g.noted_at FROM audit_gaps AS g
        WHERE NOT EXISTS (SELECT 1 FROM events AS e WHERE e.event_id = g.event_id)
    ),

    failed (kind, failures) AS (
        SELECT 'publish', count(*) FROM publish_jobs
        WHERE started_at > clock_timestamp() - INTERVAL '1 day' AND status = 'failed'
        UNION ALL
        SELECT 'fulfilment', count(*) FROM fulfilments
        WHERE started_at > clock_timestamp() - INTERVAL '1 day' AND status = 'FAILED'
        UNION ALL
        SELECT 'generation', count(*) FROM generation_jobs
        WHERE created_at > clock_timestamp() - INTERVAL '1 day' AND status = 'FAILED'
        UNION ALL
        SELECT 'regeneration', count(*) FROM regeneration_jobs
        WHERE completed_at > clock_timestamp() - INTERVAL '1 day' AND status = 'FAILED'
    )

    SELECT
        'reads_behind_tenants', '',
        (count(*) FILTER (WHERE clock_timestamp() - since > 2 * interval_minutes * INTERVAL '1 minute'))::float8
    FROM behind
    UNION ALL
    SELECT
        'reads_age_seconds', '',
        GREATEST(0, COALESCE(max(extract(EPOCH FROM clock_timestamp() - since)), 0))::float8
    FROM behind
    UNION ALL
    SELECT 'jobs_failed', kind, failures::float8 FROM failed
    UNION ALL
    SELECT 'audit_gaps_open', '', count(*)::float8 FROM gaps
    UNION ALL
    SELECT
        'audit_gap_oldest_seconds', '',
        GREATEST(0, COALESCE(extract(EPOCH FROM clock_timestamp() - min(noted_at)), 0))::float8
    FROM gaps
    UNION ALL
    SELECT 'ledger_unsealed_rows', '', count(*)::float8 FROM unsealed
    UNION ALL
    SELECT
        'ledger_unsealed_oldest_seconds', '',
        GREATEST(0, COALESCE(extract(EPOCH FROM clock_timestamp() - min(since)), 0))::float8
    FROM unsealed
    ORDER BY 1, 2
$$;
