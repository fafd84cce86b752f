-- Meaning: published courses with how each version stands; the text itself is left out.
-- Grain: one row a version.
-- Units: size in bytes, minutes as planned; status PUBLISHED or ARCHIVED.
-- Reader: course lists, the store, learners' pages, auditors.
CREATE OR REPLACE VIEW v_course_packages WITH (security_invoker) AS
SELECT
  p.tenant_id,
  p.package_id,
  p.syllabus_id,
  p.version,
  p.syllabus_revision,
  p.title,
  p.language,
  p.level,
  p.lessons,
  p.minutes,
  p.content_hash,
  p.size_bytes,
  p.restored_from,
  p.note,
  p.published_by,
  p.published_at,
  p.countersignature_id,
  CASE WHEN gone.package_id IS NULL THEN 'PUBLISHED' ELSE 'ARCHIVED' END AS status,
  gone.at AS retired_at,
  gone.reason AS retired_reason
FROM course_packages AS p
LEFT JOIN course_package_retirements AS gone
  ON p.tenant_id = gone.tenant_id AND p.package_id = gone.package_id;
