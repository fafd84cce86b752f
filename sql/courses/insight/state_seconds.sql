-- Meaning: the credited time of every lesson of those learners who did something on some UTC days, summed anew.
-- Grain: learner, version and lesson. Units: seconds.
-- Reader: the nightly aggregation.
WITH totals AS (
  SELECT
    s.course_id,
    s.package_version,
    s.user_id,
    s.lesson_idx,
    coalesce(sum(d.seconds), 0) AS seconds
  FROM (SELECT DISTINCT t.user_id FROM learner_timeline AS t) AS active
  INNER JOIN learner_lesson_state AS s ON active.user_id = s.user_id AND s.tenant_id = :tenant
  LEFT JOIN learner_lesson_days AS d
    ON
      s.tenant_id = d.tenant_id AND s.user_id = d.user_id AND s.course_id = d.course_id
      AND s.package_version = d.package_version AND s.lesson_idx = d.lesson_idx
  GROUP BY s.course_id, s.package_version, s.user_id, s.lesson_idx
)

UPDATE learner_lesson_state AS s
SET seconds_total = t.seconds
FROM totals AS t
WHERE
  s.tenant_id = :tenant AND s.course_id = t.course_id AND s.package_version = t.package_version
  AND s.user_id = t.user_id AND s.lesson_idx = t.lesson_idx AND s.seconds_total <> t.seconds
