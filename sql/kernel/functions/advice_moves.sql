-- Meaning: of a signal, a suggestion and a work item only the named columns move, and forward alone: a signal from OPEN
--          to CLOSED to ARCHIVED, a suggestion from OPEN to ACCEPTED or DISMISSED, a work item from OPEN to CLOSED.
-- Grain: one row a change.
-- Units: none.
-- Reader: nobody; it guards signals, suggestions and work_items.
CREATE FUNCTION advice_moves() RETURNS trigger
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
DECLARE
  moving text[] := TG_ARGV[0]::text[];
  state text := TG_ARGV[1];
  legal text[] := TG_ARGV[2]::text[];
  before text;
  after text;
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION '% on % is refused', TG_OP, TG_TABLE_NAME USING ERRCODE = '55006';
  END IF;
  IF to_jsonb(NEW) - moving <> to_jsonb(OLD) - moving THEN
    RAISE EXCEPTION '% change in % and nothing else', array_to_string(moving, ', '), TG_TABLE_NAME
      USING ERRCODE = '55006';
  END IF;
  before := to_jsonb(OLD) ->> state;
  after := to_jsonb(NEW) ->> state;
  IF NOT (before || '>' || after) = ANY(legal) THEN
    RAISE EXCEPTION '% does not move from % to %', TG_TABLE_NAME, before, after USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER advice_moves BEFORE UPDATE OR DELETE ON signals FOR EACH ROW EXECUTE FUNCTION advice_moves(
  '{state, severity, closed_on, closed_at, last_evaluated_on}', 'state', '{OPEN>OPEN, OPEN>CLOSED, CLOSED>ARCHIVED}'
);
CREATE TRIGGER advice_moves BEFORE UPDATE OR DELETE ON suggestions FOR EACH ROW EXECUTE FUNCTION advice_moves(
  '{status}', 'status', '{OPEN>ACCEPTED, OPEN>DISMISSED}'
);
CREATE TRIGGER advice_moves BEFORE UPDATE OR DELETE ON work_items FOR EACH ROW EXECUTE FUNCTION advice_moves(
  '{status, outcome, note, closed_by, closed_at}', 'status', '{OPEN>CLOSED}'
);
CREATE TRIGGER advice_stays BEFORE TRUNCATE ON signals FOR EACH STATEMENT EXECUTE FUNCTION advice_moves();
CREATE TRIGGER advice_stays BEFORE TRUNCATE ON suggestions FOR EACH STATEMENT EXECUTE FUNCTION advice_moves();
CREATE TRIGGER advice_stays BEFORE TRUNCATE ON work_items FOR EACH STATEMENT EXECUTE FUNCTION advice_moves();
ALTER TABLE signals ENABLE ALWAYS TRIGGER advice_moves;
ALTER TABLE signals ENABLE ALWAYS TRIGGER advice_stays;
ALTER TABLE suggestions ENABLE ALWAYS TRIGGER advice_moves;
ALTER TABLE suggestions ENABLE ALWAYS TRIGGER advice_stays;
ALTER TABLE work_items ENABLE ALWAYS TRIGGER advice_moves;
ALTER TABLE work_items ENABLE ALWAYS TRIGGER advice_stays;
-- What a person decided stands first: a suggestion's status follows the decision and its countersignature.
CREATE FUNCTION advice_is_decided() RETURNS trigger
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
BEGIN
  IF NOT EXISTS (
    SELECT 1 FROM suggestion_decisions AS d
    WHERE d.tenant_id = NEW.tenant_id AND d.suggestion_id = NEW.suggestion_id AND d.decision = NEW.status
  ) THEN
    RAISE EXCEPTION 'no decision stands for suggestion %', NEW.suggestion_id USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER advice_moves_by_decision BEFORE UPDATE ON suggestions FOR EACH ROW EXECUTE FUNCTION advice_is_decided();
ALTER TABLE suggestions ENABLE ALWAYS TRIGGER advice_moves_by_decision;
