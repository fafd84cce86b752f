-- Meaning: what was laid before people, and how it stands now.
-- Grain: one row a proposal.
-- Units: instants in UTC; severity 0 (routine) to 3 (critical).
-- Reader: the queue, pages, auditors, Retool.
CREATE OR REPLACE VIEW v_proposals WITH (security_invoker) AS
SELECT
  p.proposal_id,
  p.tenant_id,
  p.kind,
  p.subject_type,
  p.subject_id,
  p.content_hash,
  p.content,
  p.summary,
  p.evidence,
  p.severity,
  p.page_url,
  p.proposed_by,
  p.authors,
  p.run_id,
  p.supersedes,
  p.created_at,
  p.expires_at,
  CASE
    WHEN withdrawal.countersignature_id IS NOT NULL THEN 'WITHDRAWN'
    WHEN verdict.decision IS NOT NULL THEN verdict.decision
    WHEN EXISTS (
      SELECT 1 FROM proposals AS later
      WHERE later.tenant_id = p.tenant_id AND later.kind = p.kind AND later.subject_type = p.subject_type
        AND later.subject_id = p.subject_id
        AND (later.created_at, later.proposal_id) > (p.created_at, p.proposal_id)
    ) THEN 'OUTDATED'
    WHEN p.expires_at <= clock_timestamp() THEN 'EXPIRED'
    ELSE 'WAITING'
  END AS state,
  verdict.countersignature_id,
  verdict.signer_id,
  verdict.signed_at
FROM proposals AS p
LEFT JOIN countersignatures AS verdict
  ON p.tenant_id = verdict.tenant_id AND p.proposal_id = verdict.proposal_id
  AND verdict.decision IN ('APPROVED', 'REFUSED')
LEFT JOIN countersignatures AS withdrawal
  ON p.tenant_id = withdrawal.tenant_id AND p.proposal_id = withdrawal.proposal_id
  AND withdrawal.decision = 'WITHDRAWN';
