-- Meaning: aggregates of days that are sealed stay as they are: their raw events may be gone, and computing them anew
--          would write zeros over good numbers.
-- Grain: one row of a day.
-- Units: UTC days.
-- Reader: nobody; it guards analytics_daily_aggregates.
CREATE FUNCTION refuse_sealed() RETURNS trigger
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
DECLARE
  of_day date := CASE WHEN TG_OP = 'INSERT' THEN NEW.day ELSE OLD.day END;
  of_tenant text := CASE WHEN TG_OP = 'INSERT' THEN NEW.tenant_id ELSE OLD.tenant_id END;
BEGIN
  IF EXISTS (
    SELECT 1 FROM analytics_seals AS s
    WHERE s.tenant_id = of_tenant
      AND s.sealed_before > CASE WHEN TG_OP = 'UPDATE' THEN least(of_day, NEW.day) ELSE of_day END
  ) THEN
    RAISE EXCEPTION '% of % is refused: the day is sealed', TG_OP, of_day
      USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Sealed days keep their aggregates for ever.';
  END IF;
  RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER refuse_sealed BEFORE INSERT OR UPDATE OR DELETE ON analytics_daily_aggregates
FOR EACH ROW EXECUTE FUNCTION refuse_sealed();
ALTER TABLE analytics_daily_aggregates ENABLE ALWAYS TRIGGER refuse_sealed;
CREATE TRIGGER refuse_emptying BEFORE TRUNCATE ON analytics_daily_aggregates
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE analytics_daily_aggregates ENABLE ALWAYS TRIGGER refuse_emptying;
