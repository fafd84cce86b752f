-- Meaning: how far a test session has come, held so until the transaction ends: whoever approves it waits for the
--          change that asked, and a change waits for whoever approves.
-- Grain:   one session; NULL when there is none, or none any more.
-- Reader:  the triggers below, which run with the owner's rights because the machine may not lock a session.
CREATE FUNCTION stairs_session_state(of_tenant text, session uuid) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
DECLARE
  state text;
BEGIN
  SELECT s.status INTO state FROM test_sessions AS s WHERE s.tenant_id = of_tenant AND s.id = session FOR SHARE;
  RETURN state;
END $$;

-- Meaning: says that a change of what a session holds is refused.
-- Grain:   one row of the table.
-- Reader:  the triggers below.
CREATE FUNCTION stairs_refuse(operation text, of_table text, reason text) RETURNS void
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
BEGIN
  RAISE EXCEPTION '% on % is refused: %', operation, of_table, reason
    USING ERRCODE = 'restrict_violation', HINT = 'Correct it by an amendment session that supersedes this one.';
END $$;

-- Meaning: what an approved session rests on cannot be added, changed or removed any more, by anybody; what was handed
--          in for review cannot be removed.
-- Grain:   one row of a table with session_id.
-- Reader:  triggers `refuse_after_approval`; a correction is an amendment session.
CREATE FUNCTION stairs_refuse_after_approval() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
DECLARE
  state text;
BEGIN
  IF tg_op <> 'INSERT' THEN
    state := stairs_session_state(old.tenant_id, old.session_id);
  END IF;
  IF tg_op <> 'DELETE' AND state IS DISTINCT FROM 'approved' THEN
    state := stairs_session_state(new.tenant_id, new.session_id);
  END IF;
  IF state = 'approved' OR (tg_op = 'DELETE' AND state = 'submitted') THEN
    PERFORM stairs_refuse(tg_op, tg_table_name, 'its test session is ' || state);
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
    PERFORM stairs_refuse(tg_op, tg_table_name, 'the test session is ' || old.status);
  END IF;
  RETURN CASE WHEN tg_op = 'DELETE' THEN old ELSE new END;
END $$;

-- Meaning: a fault of an approved session goes on (notified, mended), but what was found stays as it was found, and
--          nothing more is found.
CREATE FUNCTION stairs_refuse_change_of_found_fault() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
DECLARE
  was text;
  becomes text;
  goes_on text[] := ARRAY[
    'status', 'resolved_at', 'resolution', 'resolved_by', 'notified_at', 'notice_artifact_id', 'updated_at'
  ];
BEGIN
  IF tg_op <> 'INSERT' THEN
    was := stairs_session_state(old.tenant_id, old.test_session_id);
  END IF;
  IF tg_op <> 'DELETE' THEN
    becomes := stairs_session_state(new.tenant_id, new.test_session_id);
  END IF;
  IF 'approved' IN (was, becomes) AND (
    tg_op <> 'UPDATE' OR (to_jsonb(old) - goes_on) IS DISTINCT FROM (to_jsonb(new) - goes_on)
  ) THEN
    PERFORM stairs_refuse(tg_op, tg_table_name, 'its test session is approved');
  END IF;
  RETURN CASE WHEN tg_op = 'DELETE' THEN old ELSE new END;
END $$;

-- Meaning: what a phone sent stays as it came. A person resolves a conflict once; after approval what still comes in is
--          kept apart as locked.
CREATE FUNCTION stairs_refuse_change_of_submission() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
DECLARE
  resolved text[] := ARRAY['resolution', 'resolved_by', 'resolved_at', 'resolution_reason'];
BEGIN
  IF tg_op = 'DELETE' THEN
    PERFORM stairs_refuse(tg_op, tg_table_name, 'what a phone sent is kept');
  END IF;
  IF tg_op = 'UPDATE' AND (
    old.resolution IS NOT NULL OR (to_jsonb(old) - resolved) IS DISTINCT FROM (to_jsonb(new) - resolved)
  ) THEN
    PERFORM stairs_refuse(tg_op, tg_table_name, 'what a phone sent is kept, and resolved once');
  END IF;
  IF new.outcome <> 'locked' AND stairs_session_state(new.tenant_id, new.session_id) = 'approved' THEN
    PERFORM stairs_refuse(tg_op, tg_table_name, 'its test session is approved');
  END IF;
  RETURN new;
END $$;

-- Meaning: the content of a report never changes; signed, it stays, and stays signed. Its files may be made again.
CREATE FUNCTION stairs_refuse_change_of_report() RETURNS trigger
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
DECLARE
  made text[] := ARRAY['blob_ref', 'updated_at'];
  signing text[] := made || ARRAY['status', 'countersignature_id'];
BEGIN
  IF old.status = 'SIGNED' AND (
    tg_op = 'DELETE' OR (to_jsonb(old) - made) IS DISTINCT FROM (to_jsonb(new) - made)
  ) THEN
    PERFORM stairs_refuse(tg_op, tg_table_name, 'the report is signed');
  END IF;
  IF tg_op = 'UPDATE' AND (to_jsonb(old) - signing) IS DISTINCT FROM (to_jsonb(new) - signing) THEN
    PERFORM stairs_refuse(tg_op, tg_table_name, 'the content of a report is what its hash says');
  END IF;
  RETURN CASE WHEN tg_op = 'DELETE' THEN old ELSE new END;
END $$;
