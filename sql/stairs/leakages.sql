-- Meaning: how leaky each stair was at each visit, as it was last reckoned.
-- Grain: stair and session.
-- Units: m2.
-- Reader: the trend of the leakage.
SELECT
  n.stair_id,
  s.stair_name,
  n.planned_for,
  n.total_m2
FROM (
  SELECT DISTINCT ON (o.stair_id, o.session_id)
    o.tenant_id,
    o.stair_id,
    o.session_id,
    t.planned_for,
    cast(o.data ->> 'total_m2' AS double precision) AS total_m2
  FROM stair_observations AS o
  INNER JOIN test_sessions AS t ON o.tenant_id = t.tenant_id AND o.session_id = t.id
  WHERE
    o.tenant_id = current_setting('app.tenant') AND o.building_id = :building_id AND o.code = 'LEAKAGE_INDEX'
    AND t.status <> 'void'
  ORDER BY o.stair_id ASC, o.session_id ASC, o.made_at DESC, o.observation_id DESC
) AS n
INNER JOIN stairs AS s ON n.tenant_id = s.tenant_id AND n.stair_id = s.stair_id
ORDER BY s.stair_name COLLATE "C", n.stair_id, n.planned_for, n.session_id
