-- Meaning: the suggestions for courses under the names of the course platform.
-- Grain: one row a suggestion.
-- Units: instants in UTC; package_version is a whole number.
-- Reader: the course platform's pages and queries.
CREATE OR REPLACE VIEW content_suggestions WITH (security_invoker) AS
SELECT
  tenant_id,
  suggestion_id AS id,
  split_part(context, '@', 1) AS course_id,
  nullif(split_part(context, '@', 2), '')::integer AS package_version,
  scope,
  target_id,
  suggestion_type AS type,
  severity,
  message,
  evidence AS evidence_json,
  status,
  created_at,
  source_signal_id
FROM suggestions
WHERE room = 'courses';
