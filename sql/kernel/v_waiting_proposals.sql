-- Meaning: what waits for a person: proposals that nobody has decided or withdrawn, no newer one has overtaken, and
--   whose time is not over.
-- Grain: one row a proposal.
-- Units: instants in UTC; severity 0 (routine) to 3 (critical).
-- Reader: the queue, which begins at the top of its order and ends early. `v_proposals` names every state instead.
CREATE OR REPLACE VIEW v_waiting_proposals WITH (security_invoker) AS
SELECT
  p.proposal_id,
  p.tenant_id,
  p.kind,
  p.subject_type,
  p.subject_id,
  p.content_hash,
  p.summary,
  p.severity,
  p.page_url,
  p.proposed_by,
  p.authors,
  p.run_id,
  p.supersedes,
  p.created_at,
  p.expires_at,
  'WAITING' AS state,
  cast(NULL AS uuid) AS countersignature_id
FROM proposals AS p
WHERE p.expires_at > clock_timestamp()
  AND NOT EXISTS (
    SELECT 1 FROM countersignatures AS decided
    WHERE decided.tenant_id = p.tenant_id AND decided.proposal_id = p.proposal_id
      AND decided.decision IN ('APPROVED', 'REFUSED', 'WITHDRAWN')
  )
  AND NOT EXISTS (
    SELECT 1 FROM proposals AS later
    WHERE later.tenant_id = p.tenant_id AND later.kind = p.kind AND later.subject_type = p.subject_type
      AND later.subject_id = p.subject_id
      AND (later.created_at, later.proposal_id) > (p.created_at, p.proposal_id)
  );
