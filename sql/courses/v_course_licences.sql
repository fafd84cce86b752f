-- Meaning: licences with which of them holds now; a later row for the same course and licensee replaces an earlier one.
-- Grain: one row a countersigned licence, or the end of one.
-- Units: instants in UTC.
-- Reader: the owner's and the licensee's administrators, auditors.
CREATE OR REPLACE VIEW v_course_licences WITH (security_invoker) AS
SELECT
  l.tenant_id,
  l.licence_id,
  l.syllabus_id,
  l.licensee_tenant_id,
  l.seq,
  l.ends,
  l.reason,
  l.valid_from,
  l.valid_to,
  l.countersignature_id,
  l.seq = max(l.seq) OVER (PARTITION BY l.tenant_id, l.syllabus_id, l.licensee_tenant_id)
  AND course_licence_holds(l.tenant_id, l.syllabus_id, l.licensee_tenant_id) AS in_force
FROM course_licences AS l;
