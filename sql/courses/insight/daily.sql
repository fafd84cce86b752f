-- Meaning: the daily aggregates of one course for some UTC days, from what is known now. A learner counts from the day
--   on which both the enrolment and the act are there until the day of a revocation, which is not counted any more; so
--   what stood at a day's end is a running sum of beginnings and ends.
-- Grain: version, lesson (NULL: the course) and UTC day. Units: learners, seconds, attempts.
-- Reader: the nightly aggregation. domain/courses/insight/rules/daily.py says the same of the same facts.
WITH learners AS MATERIALIZED (
  SELECT
    e.enrollment_id,
    e.user_id,
    e.package_version,
    e.created_at,
    e.created_at::date AS enrolled_day,
    CASE WHEN e.completed_at IS NOT NULL THEN greatest(e.completed_at, e.created_at)::date END AS completed_day,
    coalesce(e.revoked_at::date, 'infinity') AS revoked_day
  FROM v_enrollments AS e
  WHERE
    e.tenant_id = :tenant AND e.course_id = :course
    AND NOT EXISTS (
      SELECT 1
      FROM role_assignments AS r
      WHERE r.tenant_id = e.tenant_id AND r.user_id = e.user_id AND r.role <> 'LEARNER'
    )
),

pinned AS (
  SELECT
    e.course_tenant_id,
    e.package_version,
    e.created_at
  FROM enrollments AS e
  WHERE e.tenant_id = :tenant AND e.course_id = :course
  UNION ALL
  SELECT
    e.course_tenant_id,
    u.from_version,
    e.created_at
  FROM enrollment_upgrades AS u
  INNER JOIN enrollments AS e ON u.tenant_id = e.tenant_id AND u.enrollment_id = e.enrollment_id
  WHERE u.tenant_id = :tenant AND e.course_id = :course
),

versions AS MATERIALIZED (
  SELECT
    n.package_version,
    c.lessons,
    min(n.created_at)::date AS since_day
  FROM pinned AS n
  INNER JOIN course_packages AS c
    ON n.course_tenant_id = c.tenant_id AND c.syllabus_id = :course AND n.package_version = c.version
  GROUP BY n.package_version, c.lessons
),

opened AS MATERIALIZED (
  SELECT
    l.package_version,
    l.user_id,
    l.revoked_day,
    s.lesson_idx,
    greatest(least(s.first_viewed_at, s.completed_at), l.created_at)::date AS opened_day,
    CASE WHEN s.completed_at IS NOT NULL THEN greatest(s.completed_at, l.created_at)::date END AS completed_day,
    greatest(
      min(least(s.first_viewed_at, s.completed_at))
        OVER (PARTITION BY l.package_version, l.user_id ORDER BY s.lesson_idx DESC),
      l.created_at
    )::date AS reached_day,
    lag(s.lesson_idx, 1, -1) OVER (PARTITION BY l.package_version, l.user_id ORDER BY s.lesson_idx) + 1 AS reached_from
  FROM learners AS l
  INNER JOIN versions AS v ON l.package_version = v.package_version
  INNER JOIN learner_lesson_state AS s
    ON
      s.tenant_id = :tenant AND s.course_id = :course AND l.package_version = s.package_version
      AND l.user_id = s.user_id AND v.lessons > s.lesson_idx
  WHERE coalesce(s.first_viewed_at, s.completed_at) IS NOT NULL
),

spans AS (
  SELECT
package_version,
-1 AS lesson,
'enrolled' AS what,
enrolled_day AS from_day,
revoked_day
FROM learners
  UNION ALL
  SELECT
package_version,
-1,
'completed',
completed_day,
revoked_day
FROM learners
  UNION ALL
  SELECT
package_version,
-1,
'viewer',
min(opened_day),
revoked_day
  FROM opened
  GROUP BY package_version, user_id, revoked_day
  UNION ALL
  SELECT
package_version,
lesson_idx,
'viewer',
opened_day,
revoked_day
FROM opened
  UNION ALL
  SELECT
package_version,
lesson_idx,
'completer',
completed_day,
revoked_day
FROM opened
  UNION ALL
  SELECT
o.package_version,
k.lesson,
'reached',
o.reached_day,
o.revoked_day
  FROM opened AS o
  CROSS JOIN LATERAL generate_series(o.reached_from, o.lesson_idx) AS k (lesson)
),

steps AS (
  SELECT
    s.package_version,
    s.lesson,
    greatest(e.day, cast(:from_day AS date) - 1) AS day,
    sum(e.step) FILTER (WHERE s.what = 'enrolled') AS enrolled,
    sum(e.step) FILTER (WHERE s.what = 'completed') AS completed,
    sum(e.step) FILTER (WHERE s.what = 'viewer') AS viewers,
    sum(e.step) FILTER (WHERE s.what = 'completer') AS completers,
    sum(e.step) FILTER (WHERE s.what = 'reached') AS reached,
    count(*) FILTER (WHERE s.what = 'viewer' AND e.step = 1) AS viewers_new,
    count(*) FILTER (WHERE s.what IN ('completer', 'completed') AND e.step = 1) AS completers_new
  FROM spans AS s
  CROSS JOIN LATERAL (VALUES (s.from_day, 1), (s.revoked_day, -1)) AS e (day, step)
  WHERE s.from_day < s.revoked_day AND e.day <= cast(:to_day AS date)
  GROUP BY s.package_version, s.lesson, greatest(e.day, cast(:from_day AS date) - 1)
),

grid AS (
  SELECT
    v.package_version,
    k.lesson,
    d.day::date AS day,
    v.since_day
  FROM versions AS v
  CROSS JOIN LATERAL generate_series(-1, v.lessons - 1) AS k (lesson)
  CROSS JOIN generate_series(cast(:from_day AS date) - 1, cast(:to_day AS date), interval '1 day') AS d (day)
),

standing AS (
  SELECT
    g.package_version,
    g.lesson,
    g.day,
    g.since_day,
    coalesce(s.viewers_new, 0) AS viewers_new,
    coalesce(s.completers_new, 0) AS completers_new,
    coalesce(sum(s.enrolled) OVER so_far, 0) AS enrolled,
    coalesce(sum(s.completed) OVER so_far, 0) AS completed,
    coalesce(sum(s.viewers) OVER so_far, 0) AS viewers,
    coalesce(sum(s.completers) OVER so_far, 0) AS completers,
    coalesce(sum(s.reached) OVER so_far, 0) AS reached
  FROM grid AS g
  LEFT JOIN steps AS s ON g.package_version = s.package_version AND g.lesson = s.lesson AND g.day = s.day
  WINDOW so_far AS (PARTITION BY g.package_version, g.lesson ORDER BY g.day)
),

spent AS (
  SELECT
    d.package_version,
    coalesce(d.lesson_idx, -1) AS lesson,
    d.day,
    sum(d.seconds) AS seconds,
    count(DISTINCT d.user_id) AS learners
  FROM learner_lesson_days AS d
  INNER JOIN learners AS l ON d.user_id = l.user_id AND d.package_version = l.package_version
  INNER JOIN versions AS v ON d.package_version = v.package_version AND d.lesson_idx < v.lessons
  WHERE
    d.tenant_id = :tenant AND d.course_id = :course
    AND d.day BETWEEN cast(:from_day AS date) AND cast(:to_day AS date)
    AND d.day >= l.enrolled_day AND d.day < l.revoked_day
  GROUP BY GROUPING SETS ((d.package_version, d.lesson_idx, d.day), (d.package_version, d.day))
),

tried AS (
  SELECT
    a.package_version,
    coalesce(a.lesson_idx, -1) AS lesson,
    a.at::date AS day,
    count(*) AS attempts,
    count(*) FILTER (WHERE a.passed) AS passes
  FROM quiz_attempts AS a
  INNER JOIN learners AS l ON a.enrollment_id = l.enrollment_id AND a.package_version = l.package_version
  INNER JOIN versions AS v ON a.package_version = v.package_version AND a.lesson_idx < v.lessons
  WHERE
    a.tenant_id = :tenant AND a.at >= cast(:from_day AS date) AND a.at < cast(:to_day AS date) + 1
    AND a.at::date >= l.enrolled_day AND a.at::date < l.revoked_day
  GROUP BY GROUPING SETS ((a.package_version, a.lesson_idx, a.at::date), (a.package_version, a.at::date))
),

received AS (
  SELECT
    e.package_version,
    e.occurred_on AS day,
    max(e.received_at) AS watermark
  FROM analytics_events AS e
  WHERE
    e.tenant_id = :tenant AND e.occurred_on BETWEEN cast(:from_day AS date) AND cast(:to_day AS date)
    AND e.course_id = :course
  GROUP BY e.package_version, e.occurred_on
)

INSERT INTO analytics_daily_aggregates AS a (
  course_id, package_version, lesson_idx, day, viewers_new, completers_new, seconds, seconds_users, attempts, passes,
  enrolled_to_date, viewers_to_date, completers_to_date, reached_to_date, completed_to_date, ruleset, input_watermark
)
SELECT
  :course,
  s.package_version,
  nullif(s.lesson, -1),
  s.day,
  s.viewers_new,
  s.completers_new,
  coalesce(t.seconds, 0),
  coalesce(t.learners, 0),
  coalesce(q.attempts, 0),
  coalesce(q.passes, 0),
  c.enrolled,
  s.viewers,
  CASE WHEN s.lesson = -1 THEN c.completed ELSE s.completers END,
  CASE WHEN s.lesson = -1 THEN s.viewers ELSE s.reached END,
  c.completed,
  :ruleset,
  r.watermark
FROM standing AS s
INNER JOIN standing AS c ON s.package_version = c.package_version AND s.day = c.day AND c.lesson = -1
LEFT JOIN spent AS t ON s.package_version = t.package_version AND s.lesson = t.lesson AND s.day = t.day
LEFT JOIN tried AS q ON s.package_version = q.package_version AND s.lesson = q.lesson AND s.day = q.day
LEFT JOIN received AS r ON s.package_version = r.package_version AND s.day = r.day
WHERE s.day >= cast(:from_day AS date) AND s.day >= s.since_day
ON CONFLICT (tenant_id, course_id, package_version, lesson_idx, day) DO UPDATE SET
  viewers_new = excluded.viewers_new,
  completers_new = excluded.completers_new,
  seconds = excluded.seconds,
  seconds_users = excluded.seconds_users,
  attempts = excluded.attempts,
  passes = excluded.passes,
  enrolled_to_date = excluded.enrolled_to_date,
  viewers_to_date = excluded.viewers_to_date,
  completers_to_date = excluded.completers_to_date,
  reached_to_date = excluded.reached_to_date,
  completed_to_date = excluded.completed_to_date,
  computed_at = clock_timestamp(),
  ruleset = excluded.ruleset,
  input_watermark = excluded.input_watermark
WHERE
  (
    a.viewers_new, a.completers_new, a.seconds, a.seconds_users, a.attempts, a.passes, a.enrolled_to_date,
    a.viewers_to_date, a.completers_to_date, a.reached_to_date, a.completed_to_date, a.ruleset, a.input_watermark
  ) IS DISTINCT FROM (
    excluded.viewers_new, excluded.completers_new, excluded.seconds, excluded.seconds_users, excluded.attempts,
    excluded.passes, excluded.enrolled_to_date, excluded.viewers_to_date, excluded.completers_to_date,
    excluded.reached_to_date, excluded.completed_to_date, excluded.ruleset, excluded.input_watermark
  )
