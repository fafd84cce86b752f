-- Meaning: a generation job moves forward only, QUEUED to RUNNING to COMPLETED or FAILED; what was asked for never
--          changes, and what came of it is written once, with the last move.
-- Grain: one row a change.
-- Units: instants in UTC.
-- Reader: nobody; it guards generation_jobs.
CREATE FUNCTION generation_job_moves() RETURNS trigger
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
DECLARE
  moving text[] := ARRAY['status', 'claim_token', 'claimed_at', 'lease_until', 'finished_at', 'made', 'error'];
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION '% on generation_jobs is refused', TG_OP USING ERRCODE = 'restrict_violation';
  END IF;
  IF to_jsonb(NEW) - moving <> to_jsonb(OLD) - moving THEN
    RAISE EXCEPTION 'what a generation job was asked for does not change' USING ERRCODE = 'check_violation';
  END IF;
  IF NOT (
    (OLD.status, NEW.status) IN (('QUEUED', 'RUNNING'), ('RUNNING', 'COMPLETED'), ('RUNNING', 'FAILED'))
    OR (
      OLD.status = 'RUNNING' AND NEW.status = 'RUNNING'
      AND (NEW.claim_token, NEW.claimed_at) IS NOT DISTINCT FROM (OLD.claim_token, OLD.claimed_at)
    )
  ) THEN
    RAISE EXCEPTION 'a generation job does not move from % to %', OLD.status, NEW.status
      USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER generation_job_moves BEFORE UPDATE OR DELETE ON generation_jobs
FOR EACH ROW EXECUTE FUNCTION generation_job_moves();
CREATE TRIGGER generation_job_stays BEFORE TRUNCATE ON generation_jobs
FOR EACH STATEMENT EXECUTE FUNCTION generation_job_moves();
ALTER TABLE generation_jobs ENABLE ALWAYS TRIGGER generation_job_moves;
ALTER TABLE generation_jobs ENABLE ALWAYS TRIGGER generation_job_stays;
