-- Meaning: approvals, over all tenants, that a machine is to carry out and has not; those that failed `most` times are
-- told as failed jobs instead, and no longer wait.
-- Grain: one row a metric, in the shape of health_figures.
-- Units: a count; seconds.
-- Reader: /metrics and the page /admin/health.
CREATE FUNCTION unfulfilled_figures(kinds text[], most integer)
RETURNS TABLE (metric text, label text, figure double precision)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
    WITH waits AS (
        SELECT c.signed_at
        FROM countersignatures AS c
        LEFT JOIN fulfilments AS f ON c.countersignature_id = f.countersignature_id
        WHERE
            c.decision = 'APPROVED' AND c.kind = ANY(kinds)
            AND (f.countersignature_id IS NULL OR (f.status <> 'DONE' AND f.attempts < most))
            AND NOT EXISTS (
                SELECT 1 FROM countersignatures AS w
                WHERE
                    w.tenant_id = c.tenant_id AND (
                        w.withdraws = c.countersignature_id
                        OR (w.supersedes = c.countersignature_id AND w.decision = 'APPROVED')
                    )
            )
    )

    SELECT 'signatures_waiting', '', count(*)::float8 FROM waits
    UNION ALL
    SELECT
        'signature_waiting_oldest_seconds', '',
        GREATEST(0, COALESCE(extract(EPOCH FROM clock_timestamp() - min(signed_at)), 0))::float8
    FROM waits
$$;
