-- Meaning: whether the owner of a course lets the other tenant deliver and sell it now: the last row for the three
--          holds, within its time, unless it ends the licence. It sees what the caller sees: licences given and held.
-- Grain: one owner, course and licensee.
-- Units: instants in UTC.
-- Reader: the policies of course_packages, and what guards products and enrollments.
CREATE FUNCTION course_licence_holds(owner_tenant text, course text, licensee text) RETURNS boolean
LANGUAGE sql STABLE
SET search_path FROM CURRENT
AS $$
  SELECT COALESCE(
    (
      SELECT
        NOT l.ends AND l.valid_from <= clock_timestamp()
        AND (l.valid_to IS NULL OR l.valid_to > clock_timestamp())
      FROM course_licences AS l
      WHERE l.tenant_id = owner_tenant AND l.syllabus_id = course AND l.licensee_tenant_id = licensee
      ORDER BY l.seq DESC
      LIMIT 1
    ), false
  )
$$;
