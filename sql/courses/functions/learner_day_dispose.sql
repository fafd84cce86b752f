-- Take one tenant's UTC day of learner events out for good, once its archive stands and its aggregates are sealed.
-- Answers the number of events that went. Refuses unless a disposal of exactly so many rows, with an archive and a
-- countersignature, was written by this very transaction.
-- Runs as the owner, since partition work needs ownership; refuses another tenant than the session's.
CREATE FUNCTION learner_day_dispose(wanted_tenant text, wanted_day date) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    tenant_table text := 'lev_' || left(md5(wanted_tenant), 12);
    day_table text := tenant_table || '_' || to_char(wanted_day, 'YYYYMMDD');
    counted bigint;
BEGIN
    IF wanted_tenant IS DISTINCT FROM NULLIF(current_setting('app.tenant', true), '') THEN
        RAISE EXCEPTION 'learner_day_dispose: tenant % is not the session''s', wanted_tenant;
    END IF;
    PERFORM set_config('lock_timeout', '4s', true);
    EXECUTE format('LOCK TABLE learning.%I IN ACCESS EXCLUSIVE MODE', day_table);
    EXECUTE format('SELECT count(*) FROM learning.%I', day_table) INTO counted;
    IF NOT EXISTS (
        SELECT 1 FROM retention_disposals AS d
        WHERE d.tenant_id = wanted_tenant AND d.subject = 'learner_events' AND d.piece = wanted_day::text
            AND d.rows = counted AND d.artifact_id IS NOT NULL AND d.xact_id = pg_current_xact_id()
    ) THEN
        RAISE EXCEPTION 'learner_day_dispose: no countersigned disposal of the % events of % stands', counted, wanted_day
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF NOT EXISTS (SELECT 1 FROM analytics_seals AS s WHERE s.tenant_id = wanted_tenant AND s.sealed_before > wanted_day) THEN
        RAISE EXCEPTION 'learner_day_dispose: % is not sealed', wanted_day USING ERRCODE = 'restrict_violation';
    END IF;
    EXECUTE format(
        'DELETE FROM public.analytics_event_keys AS k USING learning.%I AS e'
        ' WHERE k.tenant_id = %L AND k.event_id = e.event_id', day_table, wanted_tenant
    );
    EXECUTE format('ALTER TABLE learning.%I DETACH PARTITION learning.%I', tenant_table, day_table);
    EXECUTE format('DROP TABLE learning.%I', day_table);
    RETURN counted;
END
$$;
