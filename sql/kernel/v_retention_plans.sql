-- Meaning: what was proposed for disposal, and how each proposal stands.
-- Grain: one row a proposal of retention.disposal.
-- Units: rows; instants in UTC.
-- Reader: auditors, Dagster's picture of retention.
CREATE OR REPLACE VIEW v_retention_plans WITH (security_invoker = true) AS
SELECT
  p.tenant_id,
  p.proposal_id,
  p.subject_id AS subject,
  p.content ->> 'before' AS before,
  jsonb_array_length(p.content -> 'pieces') AS pieces,
  (p.content ->> 'rows')::bigint AS rows,
  p.content_hash,
  p.state,
  p.created_at,
  p.countersignature_id
FROM v_proposals AS p
WHERE p.kind = 'retention.disposal';
