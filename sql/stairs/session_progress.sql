-- Meaning: how many of a session's instances stand where. What was tested again counts by its newest instance for
--   verdicts, and as an instance of its own for states.
-- Grain: one session.
-- Reader: the session's board, approval.
SELECT
  count(*) AS total,
  count(*) FILTER (WHERE i.status = 'pending') AS pending,
  count(*) FILTER (WHERE i.status = 'in_progress') AS in_progress,
  count(*) FILTER (WHERE i.status = 'completed') AS completed,
  count(*) FILTER (WHERE i.status = 'skipped') AS skipped,
  count(*) FILTER (WHERE i.status = 'failed') AS failed,
  count(*) FILTER (WHERE i.verdict = 'compliant' AND n.instance_id IS NULL) AS compliant,
  count(*) FILTER (WHERE i.verdict = 'non_compliant' AND n.instance_id IS NULL) AS non_compliant,
  count(*) FILTER (WHERE i.verdict = 'indeterminate' AND n.instance_id IS NULL) AS indeterminate
FROM test_instances AS i
LEFT JOIN test_instances AS n
  ON
    i.tenant_id = n.tenant_id AND i.instance_id = n.retest_of AND i.session_id = n.session_id
    AND n.status = 'completed'
WHERE i.tenant_id = current_setting('app.tenant') AND i.session_id = :session_id
