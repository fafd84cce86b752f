-- Meaning: everything that an artifact, a countersignature or a run was made from, back to the raw rows.
-- Grain: one row an edge, from a thing to what it was made from; the first row is the thing itself.
-- Units: instants in UTC.
-- Reader: GET /v1/lineage/{id}, the page /lineage/{id}.
WITH RECURSIVE asked AS (
  SELECT found.thing_type
  FROM (
    SELECT
      1 AS place,
      'artifact' AS thing_type
    FROM artifacts
    WHERE artifact_id = :id
    UNION ALL
    SELECT
      2 AS place,
      'countersignature' AS thing_type
    FROM countersignatures
    WHERE countersignature_id = :id
    UNION ALL
    SELECT
      3 AS place,
      'proposal' AS thing_type
    FROM proposals
    WHERE proposal_id = :id
    UNION ALL
    SELECT
      4 AS place,
      'run' AS thing_type
    FROM events
    WHERE tenant_id = current_setting('app.tenant') AND run_id = :id
  ) AS found
  ORDER BY found.place
  LIMIT 1
),

walk AS (
  SELECT
    cast(NULL AS text) AS from_type,
    cast(NULL AS text) AS from_id,
    'asked for' AS relation,
    asked.thing_type AS to_type,
    cast(:id AS text) AS to_id,
    own.label,
    own.at,
    coalesce(own.facts, '{}') AS facts
  FROM asked
  LEFT JOIN LATERAL lineage_kernel_described(asked.thing_type, cast(:id AS text)) AS own ON TRUE
  UNION
  SELECT
    walk.to_type AS from_type,
    walk.to_id AS from_id,
    step.relation,
    step.to_type,  -- noqa: AL08
    step.to_id,  -- noqa: AL08
    step.label,
    step.at,
    step.facts
  FROM walk
  CROSS JOIN LATERAL lineage_step(walk.to_type, walk.to_id) AS step
)

SELECT
  from_type,
  from_id,
  relation,
  to_type,
  to_id,
  label,
  at,
  facts
FROM walk
ORDER BY
  from_type COLLATE "C" NULLS FIRST, from_id COLLATE "C", at NULLS LAST, to_type COLLATE "C", to_id COLLATE "C",
  relation COLLATE "C"
LIMIT 1000
