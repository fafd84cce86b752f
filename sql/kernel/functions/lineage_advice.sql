-- Meaning: what a suggestion, a signal or a work item was made from: one step back; and what it is, in words.
-- Grain: one row a thing that it was made from. Answers (relation, to_type, to_id, label, at, facts).
-- Units: instants in UTC.
-- Reader: lineage_of.
CREATE FUNCTION lineage_advice(from_type text, from_id text)
RETURNS TABLE (relation text, to_type text, to_id text, label text, at timestamptz, facts jsonb)
LANGUAGE sql STABLE ROWS 3
AS $$
    SELECT 'asked for by', 'suggestion', w.suggestion_id::text, NULL, NULL::timestamptz, NULL::jsonb
    FROM work_items AS w
    WHERE from_type = 'work_item' AND w.work_item_id = CASE WHEN from_type = 'work_item' THEN from_id::uuid END
    UNION ALL
    SELECT 'opened by', 'countersignature', w.countersignature_id::text, NULL, NULL, NULL
    FROM work_items AS w
    WHERE from_type = 'work_item' AND w.work_item_id = CASE WHEN from_type = 'work_item' THEN from_id::uuid END
    UNION ALL
    SELECT 'decided by', 'countersignature', d.countersignature_id::text, NULL, NULL, NULL
    FROM suggestion_decisions AS d
    WHERE from_type = 'suggestion' AND d.suggestion_id = CASE WHEN from_type = 'suggestion' THEN from_id::uuid END
    UNION ALL
    SELECT 'made of', 'signal', s.source_signal_id::text, NULL, NULL, NULL
    FROM suggestions AS s
    WHERE from_type = 'suggestion' AND s.suggestion_id = CASE WHEN from_type = 'suggestion' THEN from_id::uuid END
    UNION ALL
    SELECT 'rests on', 'signal_evaluation', s.evaluation_id::text, NULL, NULL, NULL
    FROM suggestions AS s
    WHERE from_type = 'suggestion' AND s.suggestion_id = CASE WHEN from_type = 'suggestion' THEN from_id::uuid END
    UNION ALL
    (
        SELECT 'seen in', 'signal_evaluation', e.evaluation_id::text, NULL, NULL, NULL
        FROM signal_evaluations AS e
        WHERE from_type = 'signal' AND e.tenant_id = current_setting('app.tenant', true)
            AND e.signal_id = CASE WHEN from_type = 'signal' THEN from_id::uuid END
        ORDER BY e.evaluated_on DESC, e.evaluated_at DESC, e.evaluation_id
        LIMIT 20
    )
$$;
CREATE FUNCTION lineage_advice_described(thing_type text, thing_id text)
RETURNS TABLE (label text, at timestamptz, facts jsonb)
LANGUAGE sql STABLE ROWS 1
AS $$
    SELECT s.message, s.created_at, jsonb_build_object('type', s.suggestion_type, 'target', s.target_id,
        'severity', s.severity, 'status', s.status, 'context', s.context, 'ruleset', s.ruleset,
        'content_hash', s.content_hash)
    FROM suggestions AS s
    WHERE thing_type = 'suggestion' AND s.suggestion_id = CASE WHEN thing_type = 'suggestion' THEN thing_id::uuid END
    UNION ALL
    SELECT lower(replace(s.signal_type, '_', ' ')) || ', ' || s.subject_type || ' ' || s.subject_id, s.opened_at,
        jsonb_build_object('state', s.state, 'severity', s.severity, 'context', s.context, 'number', s.number,
        'opened_on', s.opened_on, 'ruleset', s.ruleset)
    FROM signals AS s
    WHERE thing_type = 'signal' AND s.signal_id = CASE WHEN thing_type = 'signal' THEN thing_id::uuid END
    UNION ALL
    SELECT 'evaluated for ' || e.evaluated_on::text || ': ' || lower(e.verdict), e.evaluated_at, jsonb_build_object(
        'value', e.value, 'k', e.k, 'n', e.n, 'low', e.low, 'high', e.high, 'period', e.period, 'ruleset', e.ruleset,
        'thresholds', e.thresholds, 'inputs_hash', e.inputs_hash, 'evidence', e.evidence)
    FROM signal_evaluations AS e
    WHERE thing_type = 'signal_evaluation'
        AND e.evaluation_id = CASE WHEN thing_type = 'signal_evaluation' THEN thing_id::uuid END
    UNION ALL
    SELECT w.title, w.opened_at, jsonb_build_object('kind', w.kind, 'status', w.status, 'outcome', w.outcome,
        'target', w.target_id)
    FROM work_items AS w
    WHERE thing_type = 'work_item' AND w.work_item_id = CASE WHEN thing_type = 'work_item' THEN thing_id::uuid END
$$;
