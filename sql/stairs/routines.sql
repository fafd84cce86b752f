-- Meaning: each routine of each building with published tests, its last approved visit and the next one planned. An
--   amendment corrects a visit and counts for no routine of its own.
-- Grain: one routine of one building.
-- Units: local dates.
-- Reader: the board of sessions.
SELECT
  b.id AS building_id,
  b.name AS building_name,
  r.frequency,
  max(s.planned_for) FILTER (WHERE s.status = 'approved') AS last_on,
  min(s.planned_for) FILTER (WHERE s.status IN ('draft', 'active', 'returned', 'submitted')) AS planned_on
FROM (
  SELECT DISTINCT
    t.tenant_id,
    t.building_id,
    t.frequency
  FROM test_instance_templates AS t
  WHERE t.tenant_id = current_setting('app.tenant') AND t.retired_at IS NULL
) AS r
INNER JOIN buildings AS b ON r.tenant_id = b.tenant_id AND r.building_id = b.id
LEFT JOIN test_sessions AS s
  ON
    r.tenant_id = s.tenant_id AND r.building_id = s.building_id AND r.frequency = s.frequency
    AND s.supersedes_session_id IS NULL
WHERE b.retired_at IS NULL
GROUP BY b.id, b.name, r.frequency
ORDER BY b.name COLLATE "C", b.id, r.frequency
