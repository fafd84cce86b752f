-- Meaning: credited time by the session-gap rule, from learner_timeline: of two acts of a learner in a row the first
--   one's lesson gets what lies between, where that is at most 1,800 s and the first was no leaving.
-- Grain: learner, version, lesson and UTC day. Units: seconds; at most 14,400.
-- Reader: the nightly aggregation.
WITH pairs AS (
  SELECT
    t.*,
    lead(t.at) OVER (PARTITION BY t.user_id ORDER BY t.at, t.event_id) AS next_at
  FROM learner_timeline AS t
)

INSERT INTO learner_lesson_days (user_id, course_id, package_version, lesson_idx, day, seconds)
SELECT
  p.user_id,
  p.course_id,
  p.package_version,
  p.lesson_idx,
  p.at::date,
  least(sum(extract(EPOCH FROM p.next_at - p.at)), 14400)
FROM pairs AS p
WHERE
  p.lesson_idx IS NOT NULL AND p.event_type <> 'lesson_left'
  AND p.next_at > p.at AND p.next_at - p.at <= interval '1800 seconds'
  AND p.at < cast(:to_day AS date) + 1
GROUP BY p.user_id, p.course_id, p.package_version, p.lesson_idx, p.at::date
