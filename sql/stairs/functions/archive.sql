-- Meaning: adds every row of a table to its archive before a downgrade drops it; what an earlier downgrade put there
--          stays, and columns that the archive does not know yet are added to it.
-- Grain:   one call for a table; `kept` limits it to some columns, NULL is all.
-- Units:   archived_at is an instant; downgrade_run_id is the same for all rows of one call.
-- Reader:  downgrades of FireMode's revisions. The archive is guarded as the table was, and granted to nobody.
CREATE FUNCTION stairs_archive(of_table text, archive text, kept text[]) RETURNS bigint
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
DECLARE
  run uuid := gen_random_uuid();
  listed text;
  one record;
  moved bigint;
  bound_to text := 'NULLIF(current_setting(''app.tenant'', true), '''')';
BEGIN
  EXECUTE format(
    'CREATE TABLE IF NOT EXISTS %I (archived_at timestamptz NOT NULL DEFAULT clock_timestamp(),'
    ' downgrade_run_id uuid NOT NULL, tenant_id text NOT NULL)', archive
  );
  IF NOT (SELECT c.relforcerowsecurity FROM pg_class AS c WHERE c.oid = to_regclass(quote_ident(archive))) THEN
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', archive);
    EXECUTE format(
      'CREATE POLICY tenant_isolation ON %I USING (tenant_id = %s) WITH CHECK (tenant_id = %s)',
      archive, bound_to, bound_to
    );
    EXECUTE format('CREATE POLICY owner_sees_all ON %I TO CURRENT_USER USING (true) WITH CHECK (true)', archive);
  END IF;
  FOR one IN
    SELECT
      a.attname,
      format_type(a.atttypid, a.atttypmod) AS type
    FROM pg_attribute AS a
    WHERE
      a.attrelid = to_regclass(quote_ident(of_table)) AND a.attnum > 0 AND NOT a.attisdropped
      AND (kept IS NULL OR a.attname = ANY(kept))
    ORDER BY a.attnum
  LOOP
    EXECUTE format('ALTER TABLE %I ADD COLUMN IF NOT EXISTS %I %s', archive, one.attname, one.type);
    listed := concat_ws(', ', listed, quote_ident(one.attname));
  END LOOP;
  EXECUTE format(
    'INSERT INTO %I (%s, downgrade_run_id) SELECT %s, %L FROM %I', archive, listed, listed, run, of_table
  );
  GET DIAGNOSTICS moved = ROW_COUNT;
  RETURN moved;
END $$;
