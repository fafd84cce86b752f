-- Take one tenant's local day of reads out of meter_reads_electric for good, once its archive stands.
-- Answers the number of rows that were dropped. Refuses unless a disposal of exactly so many rows, with an archive and
-- a countersignature, was written by this very transaction.
-- Runs as the owner, since partition work needs ownership; refuses another tenant than the session's.
CREATE FUNCTION day_dispose(wanted_tenant text, wanted_day date) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    day_table text := 'mre_' || left(md5(wanted_tenant), 12) || '_' || to_char(wanted_day, 'YYYYMMDD');
    counted bigint;
BEGIN
    IF wanted_tenant IS DISTINCT FROM NULLIF(current_setting('app.tenant', true), '') THEN
        RAISE EXCEPTION 'day_dispose: tenant % is not the session''s', wanted_tenant;
    END IF;
    PERFORM set_config('lock_timeout', '4s', true);
    EXECUTE format('LOCK TABLE reads.%I IN ACCESS EXCLUSIVE MODE', day_table);
    EXECUTE format('SELECT count(*) FROM reads.%I', day_table) INTO counted;
    IF NOT EXISTS (
        SELECT 1 FROM retention_disposals AS d
        WHERE d.tenant_id = wanted_tenant AND d.subject = 'meter_reads' AND d.piece = wanted_day::text
            AND d.rows = counted AND d.artifact_id IS NOT NULL AND d.xact_id = pg_current_xact_id()
    ) THEN
        RAISE EXCEPTION 'day_dispose: no countersigned disposal of the % reads of % stands', counted, wanted_day
            USING ERRCODE = 'restrict_violation';
    END IF;
    PERFORM day_detach(wanted_tenant, wanted_day);
    RETURN counted;
END
$$;
