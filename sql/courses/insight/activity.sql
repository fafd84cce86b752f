-- Meaning: when each learner was last active in each version, kept up with what some UTC days brought.
-- Grain: learner and version. Units: instants in UTC.
-- Reader: the nightly aggregation.
INSERT INTO learner_activity AS a (user_id, course_id, package_version, last_at)
SELECT
  t.user_id,
  t.course_id,
  t.package_version,
  max(t.at)
FROM learner_timeline AS t
WHERE t.at < cast(:to_day AS date) + 1
GROUP BY t.user_id, t.course_id, t.package_version
ON CONFLICT (tenant_id, course_id, package_version, user_id) DO UPDATE SET last_at = excluded.last_at
WHERE a.last_at < excluded.last_at
