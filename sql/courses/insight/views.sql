-- Meaning: views of courses' pages by learner and UTC day; those of nobody known are counted together.
-- Grain: version, day and learner. Units: instants in UTC.
-- Reader: the nightly aggregation.
INSERT INTO course_view_days (user_id, course_id, package_version, day, first_at, views)
SELECT
  e.user_id,
  e.course_id,
  e.package_version,
  e.occurred_on,
  min(e.occurred_at),
  count(*)
FROM analytics_events AS e
WHERE
  e.tenant_id = :tenant AND e.occurred_on BETWEEN cast(:from_day AS date) AND cast(:to_day AS date)
  AND e.event_type = 'course_view'
GROUP BY e.user_id, e.course_id, e.package_version, e.occurred_on
