-- Meaning: what learners did on some UTC days and 1,800 s after them, each act once, for the time spent and last
--   activity. Views and leavings are the browser's; completions and attempts are the server's own rows, of which the
--   browser's copies never count. A completion that was carried into a newer version happened in the older one.
-- Grain: one act. Kept for the length of the transaction.
-- Units: instants in UTC.
-- Reader: the nightly aggregation.
INSERT INTO learner_timeline (user_id, course_id, package_version, lesson_idx, event_type, at, event_id)
SELECT
  e.user_id,
  e.course_id,
  e.package_version,
  e.lesson_idx,
  e.event_type,
  e.occurred_at AS at,
  e.event_id
FROM analytics_events AS e
WHERE
  e.tenant_id = :tenant AND e.occurred_on BETWEEN cast(:from_day AS date) AND cast(:to_day AS date) + 1
  AND e.occurred_at < cast(:to_day AS date) + 1 + interval '1800 seconds'
  AND e.user_id IS NOT NULL AND e.event_type IN ('course_view', 'lesson_viewed', 'lesson_left')
UNION ALL
SELECT
  n.user_id,
  n.course_id,
  p.package_version,
  p.lesson_idx,
  'lesson_completed',
  p.completed_at,
  md5(p.enrollment_id || '|' || p.package_version || '|' || p.lesson_idx)::uuid
FROM lesson_progress AS p
INNER JOIN enrollments AS n ON p.tenant_id = n.tenant_id AND p.enrollment_id = n.enrollment_id
WHERE
  p.tenant_id = :tenant AND p.completed_at >= cast(:from_day AS date)
  AND p.completed_at < cast(:to_day AS date) + 1 + interval '1800 seconds'
  AND NOT EXISTS (
    SELECT 1
    FROM enrollment_upgrades AS u
    WHERE
      u.tenant_id = p.tenant_id AND u.enrollment_id = p.enrollment_id
      AND u.to_version = p.package_version AND u.at >= p.completed_at
  )
UNION ALL
SELECT
  n.user_id,
  n.course_id,
  a.package_version,
  a.lesson_idx,
  'quiz_attempted',
  a.at,
  a.attempt_id
FROM quiz_attempts AS a
INNER JOIN enrollments AS n ON a.tenant_id = n.tenant_id AND a.enrollment_id = n.enrollment_id
WHERE
  a.tenant_id = :tenant AND a.at >= cast(:from_day AS date)
  AND a.at < cast(:to_day AS date) + 1 + interval '1800 seconds'
