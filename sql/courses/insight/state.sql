-- Meaning: when each learner first viewed and completed each lesson, kept up with what some UTC days brought. A
--   completion that was carried into a newer version comes with the day of the upgrade.
-- Grain: learner, version and lesson. Units: instants in UTC; seconds.
-- Reader: the nightly aggregation.
WITH viewed AS (
  SELECT
    t.user_id,
    t.course_id,
    t.package_version,
    t.lesson_idx,
    min(t.at) FILTER (WHERE t.event_type = 'lesson_viewed') AS first_viewed_at
  FROM learner_timeline AS t
  WHERE t.lesson_idx IS NOT NULL AND t.at < cast(:to_day AS date) + 1
  GROUP BY t.user_id, t.course_id, t.package_version, t.lesson_idx
),

completed AS (
  SELECT
    n.user_id,
    n.course_id,
    p.package_version,
    p.lesson_idx,
    p.completed_at
  FROM lesson_progress AS p
  INNER JOIN enrollments AS n ON p.tenant_id = n.tenant_id AND p.enrollment_id = n.enrollment_id
  WHERE
    p.tenant_id = :tenant AND p.completed_at >= cast(:from_day AS date)
    AND p.completed_at < cast(:to_day AS date) + 1
  UNION
  SELECT
    n.user_id,
    n.course_id,
    p.package_version,
    p.lesson_idx,
    p.completed_at
  FROM enrollment_upgrades AS u
  INNER JOIN lesson_progress AS p
    ON u.tenant_id = p.tenant_id AND u.enrollment_id = p.enrollment_id AND u.to_version = p.package_version
  INNER JOIN enrollments AS n ON p.tenant_id = n.tenant_id AND p.enrollment_id = n.enrollment_id
  WHERE
    u.tenant_id = :tenant AND u.at >= cast(:from_day AS date) AND u.at < cast(:to_day AS date) + 1
    AND p.completed_at <= u.at
)

INSERT INTO learner_lesson_state AS s (
  user_id, course_id, package_version, lesson_idx, first_viewed_at, completed_at
)
SELECT
  user_id,
  course_id,
  package_version,
  lesson_idx,
  v.first_viewed_at,
  c.completed_at
FROM viewed AS v
FULL OUTER JOIN completed AS c USING (user_id, course_id, package_version, lesson_idx)
ON CONFLICT (tenant_id, course_id, package_version, user_id, lesson_idx) DO UPDATE SET
  first_viewed_at = least(s.first_viewed_at, excluded.first_viewed_at),
  completed_at = least(s.completed_at, excluded.completed_at)
WHERE
  (s.first_viewed_at, s.completed_at) IS DISTINCT FROM
  (least(s.first_viewed_at, excluded.first_viewed_at), least(s.completed_at, excluded.completed_at))
