-- Meaning: each part of a course with its newest revision, its newest approved one, and how the newest stands.
-- Grain: one row an item that has a revision.
-- Units: instants in UTC; status DRAFT, APPROVED or REJECTED is of the newest revision.
-- Reader: the authors' and reviewers' pages, package building, auditors.
CREATE OR REPLACE VIEW v_content_items WITH (security_invoker) AS
SELECT
  i.tenant_id,
  i.item_id,
  i.kind,
  i.syllabus_id,
  i.slot,
  newest.revision,
  newest.content_hash,
  newest.origin,
  newest.content ->> 'title' AS title,
  jsonb_array_length(newest.warnings) AS warnings,
  newest.syllabus_revision,
  newest.syllabus_hash,
  newest.created_by,
  newest.created_at,
  coalesce(verdict.decision, 'DRAFT') AS status,
  verdict.decided_by,
  verdict.decided_at,
  verdict.note,
  approved.revision AS approved_revision,
  approved.content_hash AS approved_hash,
  approved.countersignature_id AS approved_by_signature
FROM content_items AS i
INNER JOIN LATERAL (
  SELECT r.*
  FROM content_revisions AS r
  WHERE r.tenant_id = i.tenant_id AND r.item_id = i.item_id
  ORDER BY r.revision DESC
  LIMIT 1
) AS newest ON true
LEFT JOIN content_decisions AS verdict
  ON i.tenant_id = verdict.tenant_id AND i.item_id = verdict.item_id AND newest.revision = verdict.revision
LEFT JOIN LATERAL (
  SELECT
    d.revision,
    d.content_hash,
    d.countersignature_id
  FROM content_decisions AS d
  WHERE d.tenant_id = i.tenant_id AND d.item_id = i.item_id AND d.decision = 'APPROVED'
  ORDER BY d.revision DESC
  LIMIT 1
) AS approved ON true;
