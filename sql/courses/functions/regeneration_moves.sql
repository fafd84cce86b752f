-- Meaning: a regeneration job begins PENDING, out of an accepted suggestion or a retry intent of a failed job; it moves
--          forward only, and each move writes its own columns once: PENDING to TRIGGERED where a person's trigger
--          stands, to RUNNING with a claim, to COMPLETED with its output, or to FAILED with its error. A retry intent
--          moves once, to CONSUMED or REJECTED, where the act behind it stands. A lease is renewed by its holder.
-- Grain: one row a change.
-- Units: instants in UTC.
-- Reader: nobody; it guards regeneration_jobs, retry_intents and regeneration_job_leases.
CREATE FUNCTION regeneration_job_moves() RETURNS trigger
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
DECLARE
  moving text[];
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.status <> 'PENDING' THEN
      RAISE EXCEPTION 'a regeneration job begins PENDING, not %', NEW.status USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.suggestion_id IS NOT NULL AND NOT EXISTS (
      SELECT 1 FROM suggestions AS s
      WHERE s.tenant_id = NEW.tenant_id AND s.suggestion_id = NEW.suggestion_id AND s.status = 'ACCEPTED'
    ) THEN
      RAISE EXCEPTION 'a regeneration job is asked for by an accepted suggestion' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.retry_of_job_id IS NOT NULL AND NOT EXISTS (
      SELECT 1 FROM retry_intents AS i
      INNER JOIN regeneration_jobs AS j ON j.tenant_id = i.tenant_id AND j.job_id = i.source_job_id
      WHERE i.tenant_id = NEW.tenant_id AND i.intent_id = NEW.retry_intent_id
        AND i.source_job_id = NEW.retry_of_job_id AND i.status = 'PENDING' AND j.status = 'FAILED'
    ) THEN
      RAISE EXCEPTION 'a retry is of a failed job, by a pending intent' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
  END IF;
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION '% on regeneration_jobs is refused', TG_OP USING ERRCODE = '55006';
  END IF;
  moving := CASE OLD.status || '>' || NEW.status
    WHEN 'PENDING>TRIGGERED' THEN ARRAY['status']
    WHEN 'TRIGGERED>RUNNING' THEN ARRAY['status', 'locked_at', 'claim_token']
    WHEN 'RUNNING>COMPLETED' THEN ARRAY['status', 'output_ref', 'completed_at']
    WHEN 'RUNNING>FAILED' THEN ARRAY['status', 'error', 'completed_at']
  END;
  IF moving IS NULL THEN
    RAISE EXCEPTION 'a regeneration job does not move from % to %', OLD.status, NEW.status USING ERRCODE = '55006';
  END IF;
  -- What is generated from the instruction's text is not there yet when a trigger looks.
  IF to_jsonb(NEW) - moving - 'instruction' <> to_jsonb(OLD) - moving - 'instruction' THEN
    RAISE EXCEPTION 'from % to % of a regeneration job % change and nothing else', OLD.status, NEW.status,
      array_to_string(moving, ', ') USING ERRCODE = '55006';
  END IF;
  IF NEW.status = 'TRIGGERED' AND NOT EXISTS (
    SELECT 1 FROM regeneration_job_triggers AS t WHERE t.tenant_id = NEW.tenant_id AND t.job_id = NEW.job_id
  ) THEN
    RAISE EXCEPTION 'nobody has triggered job %', NEW.job_id USING ERRCODE = 'check_violation';
  END IF;
  IF NEW.status = 'COMPLETED' AND NOT EXISTS (
    SELECT 1 FROM regeneration_outputs AS o
    WHERE o.tenant_id = NEW.tenant_id AND o.job_id = NEW.job_id AND o.ref = NEW.output_ref
  ) THEN
    RAISE EXCEPTION 'job % has no such output', NEW.job_id USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER regeneration_job_begins AFTER INSERT ON regeneration_jobs
FOR EACH ROW EXECUTE FUNCTION regeneration_job_moves();
CREATE TRIGGER regeneration_job_moves BEFORE UPDATE OR DELETE ON regeneration_jobs
FOR EACH ROW EXECUTE FUNCTION regeneration_job_moves();
CREATE TRIGGER regeneration_job_stays BEFORE TRUNCATE ON regeneration_jobs
FOR EACH STATEMENT EXECUTE FUNCTION regeneration_job_moves();
ALTER TABLE regeneration_jobs ENABLE ALWAYS TRIGGER regeneration_job_begins;
ALTER TABLE regeneration_jobs ENABLE ALWAYS TRIGGER regeneration_job_moves;
ALTER TABLE regeneration_jobs ENABLE ALWAYS TRIGGER regeneration_job_stays;

CREATE FUNCTION retry_intent_moves() RETURNS trigger
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
DECLARE
  moving text[] := ARRAY['status', 'approved_by', 'approved_at'];
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.status <> 'PENDING' OR NOT EXISTS (
      SELECT 1 FROM regeneration_jobs AS j
      WHERE j.tenant_id = NEW.tenant_id AND j.job_id = NEW.source_job_id AND j.status = 'FAILED'
    ) THEN
      RAISE EXCEPTION 'a retry intent begins PENDING, for a failed job' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
  END IF;
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION '% on retry_intents is refused', TG_OP USING ERRCODE = '55006';
  END IF;
  IF OLD.status <> 'PENDING' OR NEW.status = 'PENDING' THEN
    RAISE EXCEPTION 'a retry intent does not move from % to %', OLD.status, NEW.status USING ERRCODE = '55006';
  END IF;
  IF to_jsonb(NEW) - moving <> to_jsonb(OLD) - moving THEN
    RAISE EXCEPTION '% of a retry intent change and nothing else', array_to_string(moving, ', ')
      USING ERRCODE = '55006';
  END IF;
  IF NEW.status = 'CONSUMED' AND NOT EXISTS (
    SELECT 1 FROM retry_intent_executions AS e WHERE e.tenant_id = NEW.tenant_id AND e.intent_id = NEW.intent_id
  ) OR NEW.status = 'REJECTED' AND NOT EXISTS (
    SELECT 1 FROM retry_intent_rejections AS r WHERE r.tenant_id = NEW.tenant_id AND r.intent_id = NEW.intent_id
  ) THEN
    RAISE EXCEPTION 'no act stands behind % of intent %', NEW.status, NEW.intent_id USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER retry_intent_begins AFTER INSERT ON retry_intents
FOR EACH ROW EXECUTE FUNCTION retry_intent_moves();
CREATE TRIGGER retry_intent_moves BEFORE UPDATE OR DELETE ON retry_intents
FOR EACH ROW EXECUTE FUNCTION retry_intent_moves();
CREATE TRIGGER retry_intent_stays BEFORE TRUNCATE ON retry_intents
FOR EACH STATEMENT EXECUTE FUNCTION retry_intent_moves();
ALTER TABLE retry_intents ENABLE ALWAYS TRIGGER retry_intent_begins;
ALTER TABLE retry_intents ENABLE ALWAYS TRIGGER retry_intent_moves;
ALTER TABLE retry_intents ENABLE ALWAYS TRIGGER retry_intent_stays;

CREATE FUNCTION regeneration_lease_moves() RETURNS trigger
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION '% on regeneration_job_leases is refused', TG_OP USING ERRCODE = '55006';
  END IF;
  IF (NEW.tenant_id, NEW.job_id, NEW.claim_token) IS DISTINCT FROM (OLD.tenant_id, OLD.job_id, OLD.claim_token) THEN
    RAISE EXCEPTION 'a lease is renewed, never given to another' USING ERRCODE = '55006';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER regeneration_lease_moves BEFORE UPDATE OR DELETE ON regeneration_job_leases
FOR EACH ROW EXECUTE FUNCTION regeneration_lease_moves();
CREATE TRIGGER regeneration_lease_stays BEFORE TRUNCATE ON regeneration_job_leases
FOR EACH STATEMENT EXECUTE FUNCTION regeneration_lease_moves();
ALTER TABLE regeneration_job_leases ENABLE ALWAYS TRIGGER regeneration_lease_moves;
ALTER TABLE regeneration_job_leases ENABLE ALWAYS TRIGGER regeneration_lease_stays;
