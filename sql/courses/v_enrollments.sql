-- Meaning: enrolments with whether access has ended: a revocation that no later purchase has reinstated.
-- Grain: one row an enrolment.
-- Units: instants in UTC.
-- Reader: access checks, learners' pages, the metrics of courses, auditors.
CREATE OR REPLACE VIEW v_enrollments WITH (security_invoker) AS
SELECT
  e.tenant_id,
  e.enrollment_id,
  e.user_id,
  e.course_tenant_id,
  e.course_id,
  e.package_version,
  e.created_at,
  e.completed_at,
  gone.revocation_id,
  gone.at AS revoked_at
FROM enrollments AS e
LEFT JOIN LATERAL (
  SELECT
    r.revocation_id,
    r.at
  FROM enrollment_revocations AS r
  WHERE
    r.tenant_id = e.tenant_id AND r.enrollment_id = e.enrollment_id
    AND NOT EXISTS (
      SELECT 1
      FROM enrollment_reinstatements AS back
      WHERE back.tenant_id = r.tenant_id AND back.revocation_id = r.revocation_id
    )
  ORDER BY r.at DESC, r.revocation_id DESC
  LIMIT 1
) AS gone ON true;
