-- Meaning: what one thing of the grid was made from: a publish or ingest run leads to its batch, a batch to the rows
-- that it wrote and to its file.
-- Grain: one row a thing that it was made from. Answers (relation, to_type, to_id, label, at, facts).
-- Units: instants in UTC.
-- Reader: lineage_of.
CREATE FUNCTION lineage_grid(from_type text, from_id text)
RETURNS TABLE (relation text, to_type text, to_id text, label text, at timestamptz, facts jsonb)
LANGUAGE sql STABLE ROWS 3
AS $$
    SELECT 'loaded', 'read_batch', b.batch_id::text, b.source, b.published_at, jsonb_build_object(
        'digest', b.digest, 'write_mode', b.write_mode, 'counts', b.counts)
    FROM read_batches AS b
    WHERE from_type = 'run' AND b.tenant_id = current_setting('app.tenant', true)
        AND b.batch_id = CASE WHEN from_type = 'run' THEN from_id::uuid END
    UNION ALL
    SELECT 'wrote', 'rows', 'meter_reads_electric/' || b.batch_id, 'meter_reads_electric', b.published_at,
        jsonb_build_object('after', b.window_start, 'until', b.window_end, 'source', b.source,
            'reads', b.counts -> 'reads', 'inserted', b.counts -> 'inserted', 'updated', b.counts -> 'updated')
    FROM read_batches AS b
    WHERE from_type = 'read_batch' AND b.tenant_id = current_setting('app.tenant', true)
        AND b.batch_id = CASE WHEN from_type = 'read_batch' THEN from_id::uuid END
    UNION ALL
    SELECT 'read from', 'file', b.digest, b.file_name, b.published_at, jsonb_build_object('digest', b.digest)
    FROM read_batches AS b
    WHERE from_type = 'read_batch' AND b.tenant_id = current_setting('app.tenant', true)
        AND b.batch_id = CASE WHEN from_type = 'read_batch' THEN from_id::uuid END AND b.file_name IS NOT NULL
$$;
