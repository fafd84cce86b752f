-- day_swap
-- Put the table that day_beside opened in the place of the day's partition, and keep the former partition as it lies as
-- a partition of meter_read_versions: its rows are not written again, they only learn why they are there. Whoever calls
-- it has taken those rows out of the former table that no other value replaces.
-- DETACH waits for readers of the tenant's reads and holds them off until the commit: the last thing of a load, with a
-- short lock_timeout, and the caller tries again.
CREATE FUNCTION day_swap(
    wanted_tenant text, wanted_day date, wanted_tz text, wanted_batch uuid, at timestamptz
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    tenant_table text := 'mre_' || left(md5(wanted_tenant), 12);
    day_table text := tenant_table || '_' || to_char(wanted_day, 'YYYYMMDD');
    piece_name text := left(md5(wanted_tenant), 12) || '_' || to_char(wanted_day, 'YYYYMMDD')
        || '_' || left(md5(wanted_batch || '|' || at), 12);
    former text := 'mrv_' || piece_name;
    bounds record;
BEGIN
    IF wanted_tenant IS DISTINCT FROM NULLIF(current_setting('app.tenant', true), '') THEN
        RAISE EXCEPTION 'day_swap: tenant % is not the session''s', wanted_tenant;
    END IF;
    SELECT * INTO bounds FROM day_bounds(wanted_tz, wanted_day);
    PERFORM set_config('lock_timeout', '1s', true);
    EXECUTE format('ALTER TABLE reads.%I DETACH PARTITION reads.%I', tenant_table, day_table);
    EXECUTE format('REVOKE ALL ON reads.%I, reads.%I FROM countersign_loader', day_table, day_table || '_beside');
    EXECUTE format('ALTER TABLE reads.%I RENAME TO %I', day_table, former);
    EXECUTE format('ALTER TABLE reads.%I RENAME TO %I', day_table || '_beside', day_table);
    EXECUTE format('ALTER TABLE reads.%I ALTER updated_at DROP DEFAULT', day_table);
    EXECUTE format(
        'ALTER TABLE reads.%I ATTACH PARTITION reads.%I FOR VALUES FROM (%L) TO (%L)',
        tenant_table, day_table, bounds.from_ts, bounds.to_ts
    );
    EXECUTE format(
        'ALTER TABLE reads.%I ADD COLUMN kind text NOT NULL DEFAULT ''replaced'', ADD COLUMN batch_id uuid NOT NULL DEFAULT %L,'
        ' ADD COLUMN recorded_at timestamptz NOT NULL DEFAULT %L, ADD COLUMN piece text NOT NULL DEFAULT %L',
        former, wanted_batch, at, piece_name
    );
    EXECUTE format(
        'ALTER TABLE public.meter_read_versions ATTACH PARTITION reads.%I FOR VALUES IN (%L)', former, piece_name
    );
END
$$;
