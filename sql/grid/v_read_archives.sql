-- Meaning: local days of reads that were archived as Parquet and taken out of the database, and who signed for it.
-- Grain: one row a disposal; a day that was brought back and archived anew has several, of which one at most is cold.
-- Units: reads; bytes; instants in UTC. is_cold: the reads are in the archive and not in the database.
-- Reader: reads of an archived day, the loader's refusal, auditors.
CREATE OR REPLACE VIEW v_read_archives WITH (security_invoker = true) AS
SELECT
  d.tenant_id,
  d.piece::date AS local_date,
  d.disposal_id,
  d.rows,
  d.rows_hash,
  a.artifact_id,
  a.sha256,
  a.size_bytes,
  a.store_key,
  d.disposed_at,
  d.countersignature_id,
  c.signer_id,
  c.kind AS signed_kind,
  c.reason,
  r.restored_at,
  r.restored_by,
  (r.restore_id IS null) AS is_cold
FROM retention_disposals AS d
INNER JOIN artifacts AS a ON d.tenant_id = a.tenant_id AND d.artifact_id = a.artifact_id
INNER JOIN countersignatures AS c
  ON d.tenant_id = c.tenant_id AND d.countersignature_id = c.countersignature_id
LEFT JOIN read_restores AS r ON d.tenant_id = r.tenant_id AND d.disposal_id = r.disposal_id
WHERE d.subject = 'meter_reads';
