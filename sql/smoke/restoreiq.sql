-- Meaning: whether the tables of RestoreIQ stand with their indexes and references, and whether what is in them hangs
--   together. Ten questions, each of which reads and changes nothing.
-- Grain: one fault a row. No row must come out of any of them; the first column's name says what a row is.
-- Reader: a person, with `countersign psql < sql/smoke/restoreiq.sql`; the auditor with a psql of his own.

-- 1. Tables that are not there. No row must come out.
SELECT w.table_name AS missing_table
FROM (
  VALUES
    ('events'), ('outages'), ('outage_impacts'), ('recommendation_runs'), ('provisional_outages'), ('fault_zones'),
    ('fault_zone_rankings'), ('restoration_options'), ('crew_recommendations'), ('crews'), ('crew_skills'),
    ('crew_status'), ('operator_feedback'), ('outage_replays'), ('meter_events'), ('device_posteriors'),
    ('evidence_clusters'), ('outage_etrs')
) AS w (table_name)
WHERE NOT EXISTS (
  SELECT 1 FROM pg_class AS c
  INNER JOIN pg_namespace AS n ON c.relnamespace = n.oid
  WHERE n.nspname = 'public' AND c.relname = w.table_name AND c.relkind = 'r'
)
ORDER BY missing_table;

-- 2. Columns that are not there or are of another type. No row must come out.
SELECT
  w.table_name || '.' || w.column_name AS missing_column,
  w.type_name
FROM (
  VALUES
    ('events', 'prov_outage_id', 'text'),
    ('events', 'canon_outage_id', 'text'),
    ('events', 'run_id', 'uuid'),
    ('events', 'replay_id', 'uuid'),
    ('outages', 'countersignature_id', 'uuid'),
    ('outage_impacts', 'restored_at', 'timestamp with time zone'),
    ('recommendation_runs', 'as_of_ts', 'timestamp with time zone'),
    ('recommendation_runs', 'input_hash', 'text'),
    ('recommendation_runs', 'output_hash', 'text'),
    ('restoration_options', 'infeasible_reasons', 'text[]'),
    ('outage_replays', 'summary', 'jsonb'),
    ('outage_replays', 'report_blob_ref', 'jsonb')
) AS w (table_name, column_name, type_name)
WHERE NOT EXISTS (
  SELECT 1 FROM pg_attribute AS a
  INNER JOIN pg_class AS c ON a.attrelid = c.oid AND c.relname = w.table_name
  INNER JOIN pg_namespace AS n ON c.relnamespace = n.oid AND n.nspname = 'public'
  WHERE a.attname = w.column_name AND NOT a.attisdropped AND format_type(a.atttypid, a.atttypmod) = w.type_name
)
ORDER BY missing_column;

-- 3. Indexes that are not there or cannot be used. No row must come out.
SELECT w.table_name || ' ' || w.columns AS missing_index
FROM (
  VALUES
    ('events', '(tenant_id, canon_outage_id, occurred_at)'),
    ('events', '(tenant_id, prov_outage_id)'),
    ('outages', '(tenant_id, outage_id)'),
    ('outages', '(tenant_id, status, started_at)'),
    ('outage_impacts', '(tenant_id, outage_id, meter_id, out_at)'),
    ('recommendation_runs', '(tenant_id, outage_id, run_at)'),
    ('outage_replays', '(tenant_id, outage_id, generated_at DESC)'),
    ('provisional_outages', '(tenant_id, status, first_evidence_at)'),
    ('fault_zone_rankings', '(tenant_id, run_id, zone_id)'),
    ('restoration_options', '(tenant_id, run_id, option_id)'),
    ('crew_recommendations', '(tenant_id, run_id, rec_id)'),
    ('operator_feedback', '(tenant_id, run_id)'),
    ('meter_events', '(tenant_id, arrived_at, event_seq)')
) AS w (table_name, columns)
WHERE NOT EXISTS (
  SELECT 1 FROM pg_index AS i
  INNER JOIN pg_class AS c ON i.indrelid = c.oid AND c.relname = w.table_name
  INNER JOIN pg_namespace AS n ON c.relnamespace = n.oid AND n.nspname = 'public'
  WHERE i.indisvalid AND pg_get_indexdef(i.indexrelid) LIKE '%' || w.columns
)
ORDER BY missing_index;

-- 4. References from a record to what it is made of that are not there or were never checked. No row must come out.
SELECT w.table_name || ' to ' || w.leads_to AS missing_reference
FROM (
  VALUES
    ('provisional_outages', 'recommendation_runs'),
    ('evidence_clusters', 'recommendation_runs'),
    ('device_posteriors', 'recommendation_runs'),
    ('fault_zone_rankings', 'recommendation_runs'),
    ('restoration_options', 'recommendation_runs'),
    ('crew_recommendations', 'recommendation_runs'),
    ('outage_etrs', 'recommendation_runs'),
    ('operator_feedback', 'recommendation_runs'),
    ('outages', 'recommendation_runs'),
    ('outages', 'countersignatures'),
    ('outage_impacts', 'outages'),
    ('outage_replays', 'outages'),
    ('outage_replays', 'recommendation_runs'),
    ('crew_skills', 'crews')
) AS w (table_name, leads_to)
WHERE NOT EXISTS (
  SELECT 1 FROM pg_constraint AS k
  INNER JOIN pg_class AS c ON k.conrelid = c.oid AND c.relname = w.table_name
  INNER JOIN pg_class AS f ON k.confrelid = f.oid AND f.relname = w.leads_to
  INNER JOIN pg_namespace AS n ON c.relnamespace = n.oid AND n.nspname = 'public'
  WHERE k.contype = 'f' AND k.convalidated
)
ORDER BY missing_reference;

-- 5. Records that were generated and that no run of their own step made, about their own outage. No row must come out.
SELECT
  g.table_name AS unlinked_record,
  g.tenant_id,
  g.run_id
FROM (
  SELECT
    'provisional_outages' AS table_name,
    tenant_id,
    run_id,
    'INFER' AS step,
    NULL::uuid AS outage_id
  FROM provisional_outages
  UNION
  SELECT
    'device_posteriors',
    tenant_id,
    run_id,
    'INFER',
    NULL
  FROM device_posteriors
  UNION
  SELECT
    'evidence_clusters',
    tenant_id,
    run_id,
    'INFER',
    NULL
  FROM evidence_clusters
  UNION
  SELECT
    'outages',
    tenant_id,
    run_id,
    'INFER',
    NULL
  FROM outages
  UNION
  SELECT
    'fault_zone_rankings',
    tenant_id,
    run_id,
    'RANK',
    NULL
  FROM fault_zone_rankings
  UNION
  SELECT
    'restoration_options',
    tenant_id,
    run_id,
    'OPTIONS',
    outage_id
  FROM restoration_options
  UNION
  SELECT
    'crew_recommendations',
    tenant_id,
    run_id,
    'CREWS',
    NULL
  FROM crew_recommendations
  UNION
  SELECT
    'outage_etrs',
    tenant_id,
    run_id,
    'ETR',
    outage_id
  FROM outage_etrs
  UNION
  SELECT
    'outage_replays',
    tenant_id,
    run_id,
    'REPLAY',
    outage_id
  FROM outage_replays
  UNION
  SELECT
    'operator_feedback',
    tenant_id,
    run_id,
    NULL,
    NULL
  FROM operator_feedback
) AS g
WHERE NOT EXISTS (
  SELECT 1 FROM recommendation_runs AS r
  WHERE r.tenant_id = g.tenant_id AND r.run_id = g.run_id AND r.step = coalesce(g.step, r.step)
    AND (g.outage_id IS NULL OR r.outage_id = g.outage_id)
)
ORDER BY unlinked_record, g.tenant_id, g.run_id;

-- 6. What is in effect without a person's approval of its kind: outages, decided provisionals, signed replays.
--    No row must come out.
SELECT
  e.what AS unsigned_effect,
  e.tenant_id,
  e.id
FROM (
  SELECT
    'outage' AS what,
    tenant_id,
    outage_id AS id,
    countersignature_id,
    'outage.promotion' AS kind
  FROM outages
  UNION ALL
  SELECT
    'promoted provisional outage',
    tenant_id,
    prov_outage_id,
    countersignature_id,
    'outage.promotion'
  FROM provisional_outages
  WHERE status IN ('PROMOTED', 'MERGED')
  UNION ALL
  SELECT
    'signed replay',
    tenant_id,
    replay_id,
    countersignature_id,
    'outage.report'
  FROM outage_replays
  WHERE status = 'SIGNED'
) AS e
WHERE NOT EXISTS (
  SELECT 1 FROM countersignatures AS s
  WHERE s.tenant_id = e.tenant_id AND s.countersignature_id = e.countersignature_id AND s.decision = 'APPROVED'
    AND s.kind = e.kind
)
ORDER BY unsigned_effect, e.tenant_id, e.id;

-- 7. Rankings that are not 1, 2, 3 and so on, or whose probabilities add up to more than one. No row must come out.
SELECT
  r.tenant_id AS bad_ranking_of,
  r.run_id,
  r.wrong
FROM (
  SELECT
    tenant_id,
    run_id,
    CASE
      WHEN count(DISTINCT rank) <> count(*) OR min(rank) <> 1 OR max(rank) <> count(*) THEN 'zones: ranks'
      WHEN sum(probability) > 1 + 1e-6 THEN 'zones: probabilities'
    END AS wrong
  FROM fault_zone_rankings
  GROUP BY tenant_id, run_id
  UNION ALL
  SELECT
    tenant_id,
    run_id,
    CASE WHEN count(DISTINCT rank) <> count(rank) OR max(rank) <> count(rank) THEN 'options: ranks' END
  FROM restoration_options
  GROUP BY tenant_id, run_id
) AS r
WHERE r.wrong IS NOT NULL
ORDER BY bad_ranking_of, r.run_id, r.wrong;

-- 8. Advice that names what is not there or does not say why: options that are rejected without a reason or given with
--    one, zones without their section, crews that nobody registered. No row must come out.
SELECT
  a.wrong AS unfounded_advice,
  a.tenant_id,
  a.run_id,
  a.id
FROM (
  SELECT
    'option without its reason' AS wrong,
    tenant_id,
    run_id,
    option_id::text AS id
  FROM restoration_options
  WHERE (rank IS NULL) <> (cardinality(infeasible_reasons) > 0)
  UNION ALL
  SELECT
    'zone without its section',
    k.tenant_id,
    k.run_id,
    k.zone_id
  FROM fault_zone_rankings AS k
  INNER JOIN recommendation_runs AS r ON k.tenant_id = r.tenant_id AND k.run_id = r.run_id
  WHERE NOT EXISTS (
    SELECT 1 FROM fault_zones AS z
    WHERE z.tenant_id = k.tenant_id AND z.zone_id = k.zone_id AND z.topology_version_id = r.topology_version_id
  )
  UNION ALL
  SELECT
    'crew that nobody registered',
    k.tenant_id,
    k.run_id,
    k.crew_id
  FROM crew_recommendations AS k
  WHERE NOT EXISTS (
    SELECT 1 FROM crews AS c
    WHERE c.tenant_id = k.tenant_id AND c.crew_id = k.crew_id
  )
) AS a
ORDER BY unfounded_advice, a.tenant_id, a.run_id, a.id;

-- 9. Outages whose customers do not bear out what they say, and outages, runs and exports that the ledger does not
--    tell of. No row must come out.
SELECT
  f.wrong AS untrue_record,
  f.tenant_id,
  f.id
FROM (
  SELECT
    'outage without customers' AS wrong,
    o.tenant_id,
    o.outage_id AS id
  FROM outages AS o
  WHERE NOT EXISTS (
    SELECT 1 FROM outage_impacts AS i
    WHERE i.tenant_id = o.tenant_id AND i.outage_id = o.outage_id
  )
  UNION ALL
  SELECT
    'restored outage with customers out',
    o.tenant_id,
    o.outage_id
  FROM outages AS o
  WHERE o.status = 'RESTORED' AND EXISTS (
    SELECT 1 FROM outage_impacts AS i
    WHERE i.tenant_id = o.tenant_id AND i.outage_id = o.outage_id AND i.restored_at IS NULL
  )
  UNION ALL
  SELECT
    'outage without its promotion in the ledger',
    o.tenant_id,
    o.outage_id
  FROM outages AS o
  WHERE NOT EXISTS (
    SELECT 1 FROM events AS e
    WHERE e.tenant_id = o.tenant_id AND e.canon_outage_id = o.outage_id::text
      AND e.event_type = 'grid.provisional.promoted'
  )
  UNION ALL
  SELECT
    'run that the ledger does not tell of',
    r.tenant_id,
    r.run_id
  FROM recommendation_runs AS r
  WHERE NOT EXISTS (
    SELECT 1 FROM events AS e
    WHERE e.tenant_id = r.tenant_id AND e.run_id = r.run_id AND e.event_type = 'grid.run.' || lower(r.step)
  )
  UNION ALL
  SELECT
    'export that the ledger does not tell of',
    p.tenant_id,
    p.replay_id
  FROM outage_replays AS p
  WHERE p.status <> 'DRAFT' AND NOT EXISTS (
    SELECT 1 FROM events AS e
    WHERE e.tenant_id = p.tenant_id AND e.run_id = p.run_id AND e.replay_id = p.replay_id
      AND e.event_type = 'grid.report.exported'
  )
) AS f
ORDER BY untrue_record, f.tenant_id, f.id;

-- 10. Replays whose summary lacks a part or a sentence, and exported ones whose report_blob_ref does not name files
--     under <tenant>/<outage>/<replay>/ or holds a signed link. No row must come out.
SELECT
  p.wrong AS bad_replay,
  p.tenant_id,
  p.replay_id
FROM (
  SELECT
    r.tenant_id,
    r.replay_id,
    CASE
      WHEN NOT r.summary ?& ARRAY[
        'milestones', 'metrics', 'narrative', 'zones', 'options', 'crews', 'evidence_counts', 'counterfactual'
      ] THEN 'summary lacks a part'
      WHEN NOT r.summary -> 'advisory' @> '["Advisory-only recommendations.", "Operator validation required.",
        "Generated from telemetry available at the time of generation."]' THEN 'summary lacks a sentence'
      WHEN r.report_blob_ref::text ~* '(signature|x-amz-[a-z]+)=' THEN 'reference holds a signed link'
      WHEN r.status <> 'DRAFT' AND NOT r.report_blob_ref ? 'draft' THEN 'reference names no file'
      WHEN EXISTS (
        SELECT 1
        FROM jsonb_each(r.report_blob_ref) AS t (edition, told)
        CROSS JOIN LATERAL jsonb_each(t.told -> 'files') AS f (ending, file)
        WHERE NOT starts_with(f.file ->> 'key', concat_ws('/', r.tenant_id, r.outage_id, r.replay_id) || '/')
      ) THEN 'file lies elsewhere'
    END AS wrong
  FROM outage_replays AS r
) AS p
WHERE p.wrong IS NOT NULL
ORDER BY bad_replay, p.tenant_id, p.replay_id;
