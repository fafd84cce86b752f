-- day_key
-- Give a freshly loaded day table what it needs to become a partition: primary key, range check, statistics.
-- The check lets ATTACH skip its own scan. A day sorts in memory and by one process: starting helpers costs more.
-- A duplicate read or one of another day fails here and undoes the load. suffix: '' for the day's own table, '_beside'
-- for one that day_beside opened. Readers do not wait for any of it: nobody but the loader knows the table yet.
CREATE FUNCTION day_key(wanted_tenant text, wanted_day date, wanted_tz text, suffix text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
SET max_parallel_maintenance_workers = 0 SET maintenance_work_mem = '256MB'
AS $$
DECLARE
    day_table text := 'mre_' || left(md5(wanted_tenant), 12) || '_' || to_char(wanted_day, 'YYYYMMDD') || suffix;
    bounds record;
BEGIN
    IF wanted_tenant IS DISTINCT FROM NULLIF(current_setting('app.tenant', true), '') THEN
        RAISE EXCEPTION 'day_key: tenant % is not the session''s', wanted_tenant;
    END IF;
    IF suffix NOT IN ('', '_beside') THEN
        RAISE EXCEPTION 'day_key: no table of a day ends in %', suffix;
    END IF;
    SELECT * INTO bounds FROM day_bounds(wanted_tz, wanted_day);
    EXECUTE format('ALTER TABLE reads.%I ADD PRIMARY KEY (meter_id, read_at, tenant_id)', day_table);
    EXECUTE format(
        'ALTER TABLE reads.%I ADD CONSTRAINT one_day CHECK (tenant_id = %L AND read_at >= %L AND read_at < %L)',
        day_table, wanted_tenant, bounds.from_ts, bounds.to_ts
    );
    -- Whoever asks next shall know that the day is full; autovacuum would say so a minute later.
    EXECUTE format('ANALYZE reads.%I (meter_id, read_at, interval_minutes)', day_table);
END
$$;
