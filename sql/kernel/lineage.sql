-- Meaning: all that an artifact, a signature, a run, an outage, a visit, a version of a course or advice was made from,
-- back to raw rows.
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
    UNION ALL
    SELECT
      5 AS place,
      'course_package' AS thing_type
    FROM course_packages
    WHERE package_id = :id
    UNION ALL
    SELECT
      6 AS place,
      'regeneration_output' AS thing_type
    FROM regeneration_outputs
    WHERE output_id = :id
    UNION ALL
    SELECT
      7 AS place,
      'regeneration_job' AS thing_type
    FROM regeneration_jobs
    WHERE job_id = :id
    UNION ALL
    SELECT
      8 AS place,
      'retry_intent' AS thing_type
    FROM retry_intents
    WHERE intent_id = :id
    UNION ALL
    SELECT
      9 AS place,
      'work_item' AS thing_type
    FROM work_items
    WHERE work_item_id = :id
    UNION ALL
    SELECT
      10 AS place,
      'suggestion' AS thing_type
    FROM suggestions
    WHERE suggestion_id = :id
    UNION ALL
    SELECT
      11 AS place,
      'signal' AS thing_type
    FROM signals
    WHERE signal_id = :id
    UNION ALL
    SELECT
      12 AS place,
      'signal_evaluation' AS thing_type
    FROM signal_evaluations
    WHERE evaluation_id = :id
    UNION ALL
    SELECT
      13 AS place,
      'outage' AS thing_type
    FROM outages
    WHERE tenant_id = current_setting('app.tenant') AND outage_id = :id
    UNION ALL
    SELECT
      14 AS place,
      'compliance_report' AS thing_type
    FROM compliance_reports
    WHERE tenant_id = current_setting('app.tenant') AND report_id = :id
    UNION ALL
    SELECT
      15 AS place,
      'test_session' AS thing_type
    FROM test_sessions
    WHERE tenant_id = current_setting('app.tenant') AND id = :id
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
    coalesce(outage.label, stairs.label, own.label, advice.label, course.label) AS label,
    coalesce(outage.at, stairs.at, own.at, advice.at, course.at) AS at,
    coalesce(outage.facts, stairs.facts, own.facts, advice.facts, course.facts, '{}') AS facts
  FROM asked
  LEFT JOIN LATERAL lineage_kernel_described(asked.thing_type, cast(:id AS text)) AS own ON TRUE
  LEFT JOIN LATERAL lineage_advice_described(asked.thing_type, cast(:id AS text)) AS advice ON TRUE
  LEFT JOIN LATERAL lineage_courses_described(asked.thing_type, cast(:id AS text)) AS course ON TRUE
  LEFT JOIN LATERAL lineage_outages_described(asked.thing_type, cast(:id AS text)) AS outage ON TRUE
  LEFT JOIN LATERAL lineage_stairs_described(asked.thing_type, cast(:id AS text)) AS stairs ON TRUE
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
