-- day_drop_beside
-- Take back what day_beside did, for a load that turned out to change little.
CREATE FUNCTION day_drop_beside(wanted_tenant text, wanted_day date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    day_table text := 'mre_' || left(md5(wanted_tenant), 12) || '_' || to_char(wanted_day, 'YYYYMMDD');
BEGIN
    IF wanted_tenant IS DISTINCT FROM NULLIF(current_setting('app.tenant', true), '') THEN
        RAISE EXCEPTION 'day_drop_beside: tenant % is not the session''s', wanted_tenant;
    END IF;
    EXECUTE format('REVOKE DELETE ON reads.%I FROM countersign_loader', day_table);
    EXECUTE format('DROP TABLE reads.%I', day_table || '_beside');
END
$$;
