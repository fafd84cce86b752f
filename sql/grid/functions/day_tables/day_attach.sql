-- day_attach
-- day_key and day_close in one, for who has nothing to do between them.
CREATE OR REPLACE FUNCTION day_attach(wanted_tenant text, wanted_day date, wanted_tz text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
BEGIN
    PERFORM day_key(wanted_tenant, wanted_day, wanted_tz, '');
    PERFORM day_close(wanted_tenant, wanted_day, wanted_tz);
END
$$;
