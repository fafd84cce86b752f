-- Meaning: what an approved session rests on cannot be added, changed or removed any more, by anybody; what was handed
--          in for review cannot be removed.
-- Grain:   one row of a table with session_id.
-- Reader:  triggers `refuse_after_approval`; a correction is an amendment session.
CREATE FUNCTION stairs_refuse_after_approval() RETURNS trigger
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
DECLARE
  state text;
BEGIN
  IF tg_op <> 'INSERT' THEN
    SELECT s.status INTO state FROM test_sessions AS s WHERE s.tenant_id = old.tenant_id AND s.id = old.session_id;
  END IF;
  IF tg_op <> 'DELETE' AND state IS DISTINCT FROM 'approved' THEN
    SELECT s.status INTO state FROM test_sessions AS s WHERE s.tenant_id = new.tenant_id AND s.id = new.session_id;
  END IF;
  IF state = 'approved' OR (tg_op = 'DELETE' AND state = 'submitted') THEN
    RAISE EXCEPTION '% on % is refused: its test session is %', tg_op, tg_table_name, state
      USING ERRCODE = 'restrict_violation', HINT = 'Correct it by an amendment session that supersedes this one.';
  END IF;
  RETURN CASE WHEN tg_op = 'DELETE' THEN old ELSE new END;
END $$;

-- Meaning: the same for the session itself: approved, it is as it was signed; handed in, it is not removed.
CREATE FUNCTION stairs_refuse_change_of_approved_session() RETURNS trigger
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
BEGIN
  IF tg_op <> 'INSERT' AND (old.status = 'approved' OR (tg_op = 'DELETE' AND old.status = 'submitted')) THEN
    RAISE EXCEPTION '% on % is refused: the test session is %', tg_op, tg_table_name, old.status
      USING ERRCODE = 'restrict_violation', HINT = 'Correct it by an amendment session that supersedes this one.';
  END IF;
  RETURN CASE WHEN tg_op = 'DELETE' THEN old ELSE new END;
END $$;

-- Meaning: a fault of an approved session goes on (notified, mended), but what was found stays as it was found.
CREATE FUNCTION stairs_refuse_change_of_found_fault() RETURNS trigger
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
DECLARE
  state text;
  goes_on text[] := ARRAY[
    'status', 'resolved_at', 'resolution', 'resolved_by', 'notified_at', 'notice_artifact_id', 'updated_at'
  ];
BEGIN
  SELECT s.status INTO state FROM test_sessions AS s
  WHERE
    s.tenant_id = coalesce(old.tenant_id, new.tenant_id)
    AND s.id = coalesce(old.test_session_id, new.test_session_id);
  IF state = 'approved' AND (
    tg_op <> 'UPDATE' OR (to_jsonb(old) - goes_on) IS DISTINCT FROM (to_jsonb(new) - goes_on)
  ) THEN
    RAISE EXCEPTION '% on % is refused: its test session is %', tg_op, tg_table_name, state
      USING ERRCODE = 'restrict_violation', HINT = 'Correct it by an amendment session that supersedes this one.';
  END IF;
  RETURN CASE WHEN tg_op = 'DELETE' THEN old ELSE new END;
END $$;
