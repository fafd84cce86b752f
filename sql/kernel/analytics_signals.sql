-- Meaning: the signals of courses under the names of the course platform; the table is the platform's own.
-- Grain: one row an episode.
-- Units: instants in UTC; package_version is a whole number.
-- Reader: the course platform's pages and queries.
CREATE OR REPLACE VIEW analytics_signals WITH (security_invoker) AS
SELECT
  s.tenant_id,
  s.signal_id AS id,
  s.signal_type AS type,
  split_part(s.context, '@', 1) AS course_id,
  nullif(split_part(s.context, '@', 2), '')::integer AS package_version,
  upper(s.subject_type) AS scope,
  s.subject_type || ':' || s.subject_id AS target_id,
  s.severity,
  s.state,
  s.ruleset,
  s.opened_at AS created_at,
  s.opened_on,
  s.closed_on,
  s.closed_at,
  s.last_evaluated_on,
  e.value,
  e.k,
  e.n,
  e.low,
  e.high
FROM signals AS s
LEFT JOIN LATERAL (
  SELECT
    v.value,
    v.k,
    v.n,
    v.low,
    v.high
  FROM signal_evaluations AS v
  WHERE v.tenant_id = s.tenant_id AND v.signal_id = s.signal_id
  ORDER BY v.evaluated_on DESC, v.evaluated_at DESC, v.evaluation_id DESC
  LIMIT 1
) AS e ON true
WHERE s.room = 'courses';
