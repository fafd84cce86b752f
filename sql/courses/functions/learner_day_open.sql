-- Open the partition of one tenant's UTC day of learner events, where it is not there yet.
-- Runs as the owner, since partition work needs ownership; refuses another tenant than the session's. The partition is
-- reached through analytics_events alone, whose policies hold: nobody is granted anything on it. ATTACH takes no lock
-- that a reader or an insert of another day waits for.
CREATE FUNCTION learner_day_open(wanted_tenant text, wanted_day date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    tenant_table text := 'lev_' || left(md5(wanted_tenant), 12);
    day_table text := tenant_table || '_' || to_char(wanted_day, 'YYYYMMDD');
BEGIN
    IF wanted_tenant IS DISTINCT FROM NULLIF(current_setting('app.tenant', true), '') THEN
        RAISE EXCEPTION 'learner_day_open: tenant % is not the session''s', wanted_tenant;
    END IF;
    IF to_regclass('learning.' || day_table) IS NOT NULL THEN
        RETURN;
    END IF;
    IF EXISTS (SELECT 1 FROM analytics_seals AS s WHERE s.tenant_id = wanted_tenant AND s.sealed_before > wanted_day) THEN
        RAISE EXCEPTION 'learner_day_open: % is sealed', wanted_day USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('learner_day|' || tenant_table, 0));
    IF to_regclass('learning.' || tenant_table) IS NULL THEN
        EXECUTE format(
            'CREATE TABLE learning.%I (LIKE public.analytics_events INCLUDING DEFAULTS INCLUDING CONSTRAINTS)'
            ' PARTITION BY RANGE (occurred_on)', tenant_table
        );
        EXECUTE format('COMMENT ON TABLE learning.%I IS %L', tenant_table, 'Learner events of tenant ' || wanted_tenant);
        EXECUTE format(
            'ALTER TABLE public.analytics_events ATTACH PARTITION learning.%I FOR VALUES IN (%L)',
            tenant_table, wanted_tenant
        );
    END IF;
    IF to_regclass('learning.' || day_table) IS NULL THEN
        EXECUTE format(
            'CREATE TABLE learning.%I (LIKE public.analytics_events INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', day_table
        );
        EXECUTE format(
            'ALTER TABLE learning.%I ATTACH PARTITION learning.%I FOR VALUES FROM (%L) TO (%L)',
            tenant_table, day_table, wanted_day, wanted_day + 1
        );
    END IF;
END
$$;
