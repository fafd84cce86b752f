-- Take one tenant's day out of meter_reads_electric and drop it, so that the day can be loaded anew in the same
-- transaction. The caller has kept every value that will differ in meter_read_versions.
CREATE FUNCTION day_detach(wanted_tenant text, wanted_day date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    tenant_table text := 'mre_' || left(md5(wanted_tenant), 12);
    day_table text := tenant_table || '_' || to_char(wanted_day, 'YYYYMMDD');
BEGIN
    IF wanted_tenant IS DISTINCT FROM NULLIF(current_setting('app.tenant', true), '') THEN
        RAISE EXCEPTION 'day_detach: tenant % is not the session''s', wanted_tenant;
    END IF;
    PERFORM set_config('lock_timeout', '4s', true);
    EXECUTE format('ALTER TABLE reads.%I DETACH PARTITION reads.%I', tenant_table, day_table);
    EXECUTE format('DROP TABLE reads.%I', day_table);
END
$$;
