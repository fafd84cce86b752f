-- day_close
-- End what day_open began, as the last thing of a load: nobody may touch the day's table under its own name any more,
-- and a fresh one becomes part of meter_reads_electric. ATTACH holds a lock on the tenant's table until the commit that
-- another load's ATTACH waits for; after everything else that is a moment.
CREATE FUNCTION day_close(wanted_tenant text, wanted_day date, wanted_tz text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    tenant_table text := 'mre_' || left(md5(wanted_tenant), 12);
    day_table text := tenant_table || '_' || to_char(wanted_day, 'YYYYMMDD');
    bounds record;
BEGIN
    IF wanted_tenant IS DISTINCT FROM NULLIF(current_setting('app.tenant', true), '') THEN
        RAISE EXCEPTION 'day_close: tenant % is not the session''s', wanted_tenant;
    END IF;
    EXECUTE format('REVOKE ALL ON reads.%I FROM countersign_loader', day_table);
    IF (SELECT c.relispartition FROM pg_class AS c WHERE c.oid = to_regclass('reads.' || day_table)) THEN
        RETURN;
    END IF;
    SELECT * INTO bounds FROM day_bounds(wanted_tz, wanted_day);
    PERFORM set_config('lock_timeout', '4s', true);
    EXECUTE format(
        'ALTER TABLE reads.%I ATTACH PARTITION reads.%I FOR VALUES FROM (%L) TO (%L)',
        tenant_table, day_table, bounds.from_ts, bounds.to_ts
    );
END
$$;
