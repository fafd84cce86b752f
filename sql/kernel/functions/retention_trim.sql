-- Working rows of a tenant that nobody needs any more: how many there are before an instant, and their removal.
-- They are no records, so they are not archived; the ledger says what was removed, and on whose signature.
-- Runs as the owner, since neither role may delete them; refuses without a disposal that names a countersignature.
CREATE FUNCTION retention_trim(what text, before timestamptz, removes boolean) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    own text := NULLIF(current_setting('app.tenant', true), '');
    condition text := CASE what
        WHEN 'login_sessions' THEN 'tenant_id = $1 AND LEAST(expires_at, COALESCE(ended_at, expires_at)) < $2'
        WHEN 'lineage_outbox' THEN 'tenant_id = $1 AND sent_at < $2'
        WHEN 'rate_limits' THEN 'split_part(bucket, ''|'', 2) = $1 AND window_start < $2'
    END;
    counted bigint;
BEGIN
    IF own IS NULL OR condition IS NULL OR before > clock_timestamp() - interval '1 day' THEN
        RAISE EXCEPTION 'retention_trim: no tenant is bound, % cannot be trimmed, or its rows are too young', what;
    END IF;
    EXECUTE format('SELECT count(*) FROM %I WHERE %s', what, condition) INTO counted USING own, before;
    IF NOT removes THEN
        RETURN counted;
    END IF;
    IF NOT EXISTS (
        SELECT 1 FROM retention_disposals AS d
        WHERE d.tenant_id = own AND d.subject = what AND d.rows = counted
            AND d.xact_id = pg_current_xact_id()
    ) THEN
        RAISE EXCEPTION 'retention_trim: no countersigned disposal of these % rows of % stands', counted, what
            USING ERRCODE = 'restrict_violation';
    END IF;
    EXECUTE format('DELETE FROM %I WHERE %s', what, condition) USING own, before;
    RETURN counted;
END
$$;
