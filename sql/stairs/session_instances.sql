-- Meaning: what a session tests, in walk order, and what came of it. Instances without a floor (cause and effect,
--   interfaces) are among them.
-- Grain: one instance.
-- Units: of the instance.
-- Reader: GET /api/v1/tests/sessions/{id}/instances, the bundle, reports.
SELECT
  i.*,
  s.stair_name,
  f.floor_level,
  f.floor_number
FROM test_instances AS i
INNER JOIN stairs AS s ON i.tenant_id = s.tenant_id AND i.stair_id = s.stair_id
LEFT JOIN floors AS f ON i.tenant_id = f.tenant_id AND i.floor_id = f.floor_id
WHERE
  i.tenant_id = current_setting('app.tenant') AND i.session_id = :session_id
  AND (cast(:status AS text) IS NULL OR i.status = :status)
  AND (cast(:stair_id AS uuid) IS NULL OR i.stair_id = :stair_id)
  AND i.sequence_order > :after
ORDER BY i.sequence_order, i.instance_id
LIMIT :how_many
