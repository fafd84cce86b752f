-- Meaning: how the loop from signals to retries stands, over all tenants: counts alone, without any name or id.
-- Grain: one row a metric and its two labels; a label that a metric lacks is empty.
-- Units: counts.
-- Reader: /metrics.
CREATE OR REPLACE FUNCTION loop_counts()
RETURNS TABLE (metric text, label text, other text, n bigint)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
    SELECT 'signals_open', signal_type, severity, count(*) FROM signals WHERE state = 'OPEN'
    GROUP BY signal_type, severity
    UNION ALL
    SELECT 'suggestions_open', '', '', count(*) FROM suggestions WHERE status = 'OPEN'
    UNION ALL
    SELECT 'regen_jobs', status, '', count(*) FROM regeneration_jobs GROUP BY status
    ORDER BY 1, 2, 3
$$;
