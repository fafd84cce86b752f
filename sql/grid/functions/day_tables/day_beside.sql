-- day_beside
-- Open a table beside the one of a local day that stands, for a load that brings the whole day anew. Answers its name.
-- What stands is read by everybody as before; the loader may take rows out of it until day_swap, for what is not
-- replaced must not be kept as replaced. at: when the reads were updated, the same for every row that is written.
CREATE FUNCTION day_beside(wanted_tenant text, wanted_day date, at timestamptz) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    day_table text := 'mre_' || left(md5(wanted_tenant), 12) || '_' || to_char(wanted_day, 'YYYYMMDD');
BEGIN
    IF wanted_tenant IS DISTINCT FROM NULLIF(current_setting('app.tenant', true), '') THEN
        RAISE EXCEPTION 'day_beside: tenant % is not the session''s', wanted_tenant;
    END IF;
    EXECUTE format('CREATE TABLE reads.%I (LIKE public.meter_reads_electric INCLUDING DEFAULTS)', day_table || '_beside');
    EXECUTE format('ALTER TABLE reads.%I ALTER updated_at SET DEFAULT %L', day_table || '_beside', at);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE ON reads.%I TO countersign_loader', day_table || '_beside');
    EXECUTE format('GRANT DELETE ON reads.%I TO countersign_loader', day_table);
    RETURN 'reads.' || day_table || '_beside';
END
$$;
