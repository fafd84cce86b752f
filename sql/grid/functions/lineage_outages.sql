-- Meaning: what a thing of outages was made from: a run of advice leads to the run that it follows and to its outage,
-- an outage to the signature that confirmed it, an inference to the signals that it heard.
-- Grain: one row a thing that it was made from. Answers (relation, to_type, to_id, label, at, facts).
-- Units: instants in UTC. An inference looks back six hours (LOOK_BACK of domain/grid/outages/observe/infer.py).
-- Reader: lineage_of.
CREATE FUNCTION lineage_outages(from_type text, from_id text)
RETURNS TABLE (relation text, to_type text, to_id text, label text, at timestamptz, facts jsonb)
LANGUAGE sql STABLE ROWS 3
AS $$
    SELECT 'follows', 'run', r.parent_run_id::text, NULL, NULL::timestamptz, NULL::jsonb
    FROM recommendation_runs AS r
    WHERE from_type = 'run' AND r.tenant_id = current_setting('app.tenant', true)
        AND r.run_id = CASE WHEN from_type = 'run' THEN from_id::uuid END AND r.parent_run_id IS NOT NULL
    UNION ALL
    SELECT 'weighs what was inferred by', 'run', inferred.run_id, NULL, NULL, NULL
    FROM recommendation_runs AS r
    CROSS JOIN LATERAL jsonb_array_elements_text(
        CASE jsonb_typeof(r.made_from -> 'inferred') WHEN 'array' THEN r.made_from -> 'inferred' ELSE '[]' END
    ) AS inferred (run_id)
    WHERE from_type = 'run' AND r.tenant_id = current_setting('app.tenant', true)
        AND r.run_id = CASE WHEN from_type = 'run' THEN from_id::uuid END
    UNION ALL
    SELECT 'is about', 'outage', r.outage_id::text, NULL, NULL, NULL
    FROM recommendation_runs AS r
    WHERE from_type = 'run' AND r.tenant_id = current_setting('app.tenant', true)
        AND r.run_id = CASE WHEN from_type = 'run' THEN from_id::uuid END AND r.outage_id IS NOT NULL
    UNION ALL
    SELECT 'heard', 'rows', 'meter_events/' || r.run_id, 'meter_events', r.as_of_ts, jsonb_build_object(
        'after', r.as_of_ts - interval '6 hours', 'until', r.as_of_ts, 'signals', (
            SELECT count(*) FROM meter_events AS e
            WHERE e.tenant_id = r.tenant_id AND e.at >= r.as_of_ts - interval '6 hours' AND e.at <= r.as_of_ts
                AND e.arrived_at <= r.as_of_ts
        ))
    FROM recommendation_runs AS r
    WHERE from_type = 'run' AND r.tenant_id = current_setting('app.tenant', true) AND r.step = 'INFER'
        AND r.run_id = CASE WHEN from_type = 'run' THEN from_id::uuid END
    UNION ALL
    SELECT 'confirmed by', 'countersignature', o.countersignature_id::text, NULL, NULL, NULL
    FROM outages AS o
    WHERE from_type = 'outage' AND o.tenant_id = current_setting('app.tenant', true)
        AND o.outage_id = CASE WHEN from_type = 'outage' THEN from_id::uuid END AND o.countersignature_id IS NOT NULL
    UNION ALL
    SELECT 'inferred by', 'run', o.run_id::text, NULL, NULL, NULL
    FROM outages AS o
    WHERE from_type = 'outage' AND o.tenant_id = current_setting('app.tenant', true)
        AND o.outage_id = CASE WHEN from_type = 'outage' THEN from_id::uuid END AND o.run_id IS NOT NULL
$$;
-- Meaning: what a run of advice or an outage is, in words.
-- Grain: one row, or none where the tenant has no such thing.
-- Units: instants in UTC.
-- Reader: lineage_of.
CREATE FUNCTION lineage_outages_described(thing_type text, thing_id text)
RETURNS TABLE (label text, at timestamptz, facts jsonb)
LANGUAGE sql STABLE ROWS 1
AS $$
    SELECT 'that ' || CASE r.step
            WHEN 'INFER' THEN 'inferred outages'
            WHEN 'PROMOTE' THEN 'advised what to promote'
            WHEN 'RANK' THEN 'ranked fault zones'
            WHEN 'OPTIONS' THEN 'made restoration options'
            WHEN 'CREWS' THEN 'recommended crews'
            WHEN 'ETR' THEN 'estimated the restoration'
            ELSE 'replayed the outage'
        END, r.run_at, jsonb_build_object('as_of', r.as_of_ts, 'algorithm', r.algo_version, 'counts', r.counts,
        'input_hash', r.input_hash, 'config_hash', r.config_hash, 'output_hash', r.output_hash,
        'topology_version', r.topology_version_id, 'requested_by', r.requested_by)
    FROM recommendation_runs AS r
    WHERE thing_type = 'run' AND r.tenant_id = current_setting('app.tenant', true)
        AND r.run_id = CASE WHEN thing_type = 'run' THEN thing_id::uuid END
    UNION ALL
    SELECT 'of ' || o.device_id || ' on ' || o.feeder_id, o.started_at, jsonb_build_object('status', o.status,
        'confirmed_at', o.confirmed_at, 'restored_at', o.restored_at, 'customers_out_peak', o.customers_out_peak)
    FROM outages AS o
    WHERE thing_type = 'outage' AND o.tenant_id = current_setting('app.tenant', true)
        AND o.outage_id = CASE WHEN thing_type = 'outage' THEN thing_id::uuid END
$$;
