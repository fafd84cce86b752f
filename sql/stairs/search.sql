-- Meaning: what of FireMode has this id, serial number or identifier of a test; the surest first, and of tests with one
--   identifier the newest visit's.
-- Grain: one thing.
-- Units: none.
-- Reader: the search of all pages.
SELECT
  found.what,
  found.own,
  found.session_id
FROM (
  SELECT
    1 AS place,
    'session' AS what,
    s.id AS own,
    NULL::uuid AS session_id,
    s.created_at
  FROM test_sessions AS s
  WHERE s.tenant_id = current_setting('app.tenant') AND s.id = cast(:id AS uuid)
  UNION ALL
  SELECT
    2,
    'fault',
    f.id,
    NULL,
    f.detected_at
  FROM faults AS f
  WHERE f.tenant_id = current_setting('app.tenant') AND f.id = cast(:id AS uuid)
  UNION ALL
  SELECT
    3,
    'building',
    b.id,
    NULL,
    NULL
  FROM buildings AS b
  WHERE b.tenant_id = current_setting('app.tenant') AND b.id = cast(:id AS uuid)
  UNION ALL
  SELECT
    4,
    'instrument',
    i.id,
    NULL,
    NULL
  FROM instruments AS i
  WHERE i.tenant_id = current_setting('app.tenant') AND (i.id = cast(:id AS uuid) OR i.serial_number = :wanted)
  UNION ALL
  SELECT
    5,
    'test',
    t.instance_id,
    t.session_id,
    s.created_at
  FROM test_instances AS t
  INNER JOIN test_sessions AS s ON t.tenant_id = s.tenant_id AND t.session_id = s.id
  WHERE
    t.tenant_id = current_setting('app.tenant')
    AND (t.instance_id = cast(:id AS uuid) OR t.scoped_identifier = :wanted)
) AS found
ORDER BY found.place ASC, found.created_at DESC NULLS LAST, found.own ASC
LIMIT 1
