-- Meaning: a tenant delivers and sells its own courses, and those of another that has licensed them to it and whose
--          licence is in force; else the row is refused. References do not see row-level security: this does.
-- Grain: one row that names a course and its owner.
-- Units: instants in UTC.
-- Reader: nobody; it guards products and enrollments.
CREATE FUNCTION owner_has_licensed() RETURNS trigger
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
BEGIN
  IF NEW.course_tenant_id <> NEW.tenant_id
    AND NOT course_licence_holds(NEW.course_tenant_id, NEW.course_id, NEW.tenant_id) THEN
    RAISE EXCEPTION 'course % of % is not licensed to %', NEW.course_id, NEW.course_tenant_id, NEW.tenant_id
      USING ERRCODE = 'foreign_key_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER owner_has_licensed BEFORE INSERT ON products
FOR EACH ROW EXECUTE FUNCTION owner_has_licensed();
CREATE TRIGGER owner_has_licensed BEFORE INSERT ON enrollments
FOR EACH ROW EXECUTE FUNCTION owner_has_licensed();
ALTER TABLE products ENABLE ALWAYS TRIGGER owner_has_licensed;
ALTER TABLE enrollments ENABLE ALWAYS TRIGGER owner_has_licensed;
