-- day_open
-- Open a table for one tenant's local day of reads, for the loader alone and until day_close.
-- Answers (table name, is_fresh): fresh means the day has no partition yet; load into the named table, then call
-- day_key. Not fresh: the day's partition stands, and rows are added to it under its own name.
-- Runs as the owner, since partition work needs ownership; refuses another tenant than the session's.
CREATE OR REPLACE FUNCTION day_open(
    wanted_tenant text, wanted_day date, OUT table_name text, OUT is_fresh boolean
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    tenant_table text := 'mre_' || left(md5(wanted_tenant), 12);
    day_table text := tenant_table || '_' || to_char(wanted_day, 'YYYYMMDD');
BEGIN
    IF wanted_tenant IS DISTINCT FROM NULLIF(current_setting('app.tenant', true), '') THEN
        RAISE EXCEPTION 'day_open: tenant % is not the session''s', wanted_tenant;
    END IF;
    table_name := 'reads.' || day_table;
    is_fresh := to_regclass(table_name) IS NULL;
    IF is_fresh AND to_regclass('reads.' || tenant_table) IS NULL THEN
        EXECUTE format(
            'CREATE TABLE reads.%I PARTITION OF public.meter_reads_electric FOR VALUES IN (%L) PARTITION BY RANGE (read_at)',
            tenant_table, wanted_tenant
        );
        EXECUTE format('COMMENT ON TABLE reads.%I IS %L', tenant_table, 'Reads of tenant ' || wanted_tenant);
    END IF;
    IF is_fresh THEN
        EXECUTE format('CREATE TABLE reads.%I (LIKE public.meter_reads_electric INCLUDING DEFAULTS)', day_table);
    END IF;
    EXECUTE format('GRANT SELECT, INSERT, UPDATE ON reads.%I TO countersign_loader', day_table);
END
$$;
