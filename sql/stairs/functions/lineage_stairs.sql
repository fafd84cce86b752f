-- Meaning: what a thing of FireMode was made from: an edition leads to its report, a report to the visit, a visit to
-- its signature and to its tests; a capture, a certificate and a verdict lead to what they belong to.
-- Grain: one row a thing that it was made from. Answers (relation, to_type, to_id, label, at, facts).
-- Units: instants in UTC.
-- Reader: lineage_of.
CREATE FUNCTION lineage_stairs(from_type text, from_id text)
RETURNS TABLE (relation text, to_type text, to_id text, label text, at timestamptz, facts jsonb)
LANGUAGE sql STABLE ROWS 3
AS $$
    SELECT 'is an edition of', 'compliance_report', r.report_id::text, NULL, NULL::timestamptz, NULL::jsonb
    FROM artifacts AS a
    INNER JOIN compliance_reports AS r
        ON r.tenant_id = a.tenant_id AND r.report_id = CASE WHEN a.kind = 'stairs.compliance_report' THEN (a.made_from ->> 'report_id')::uuid END
    WHERE from_type = 'artifact'
        AND a.artifact_id = CASE WHEN from_type = 'artifact' THEN from_id::uuid END
    UNION ALL
    SELECT 'was captured at', 'test_session', i.session_id::text, NULL, NULL, NULL
    FROM artifacts AS a
    INNER JOIN test_instances AS i
        ON i.tenant_id = a.tenant_id AND i.instance_id = CASE WHEN a.kind = 'stairs.evidence' THEN (a.made_from ->> 'instance_id')::uuid END
    WHERE from_type = 'artifact'
        AND a.artifact_id = CASE WHEN from_type = 'artifact' THEN from_id::uuid END
    UNION ALL
    SELECT 'is the certificate of', 'instrument', n.id::text, NULL, NULL, NULL
    FROM artifacts AS a
    INNER JOIN instruments AS n ON n.tenant_id = a.tenant_id AND n.id = CASE WHEN a.kind = 'stairs.calibration_certificate' THEN (a.made_from ->> 'instrument_id')::uuid END
    WHERE from_type = 'artifact'
        AND a.artifact_id = CASE WHEN from_type = 'artifact' THEN from_id::uuid END
    UNION ALL
    SELECT 'judges a test of', 'test_session', e.session_id::text, NULL, NULL, NULL
    FROM instance_evaluations AS e
    WHERE from_type = 'run' AND e.tenant_id = current_setting('app.tenant', true)
        AND e.evaluation_id = CASE WHEN from_type = 'run' THEN from_id::uuid END
    UNION ALL
    SELECT 'reports on', 'test_session', r.session_id::text, NULL, NULL, NULL
    FROM compliance_reports AS r
    WHERE from_type = 'compliance_report' AND r.tenant_id = current_setting('app.tenant', true)
        AND r.report_id = CASE WHEN from_type = 'compliance_report' THEN from_id::uuid END AND r.session_id IS NOT NULL
    UNION ALL
    SELECT 'signed by', 'countersignature', r.countersignature_id::text, NULL, NULL, NULL
    FROM compliance_reports AS r
    WHERE from_type = 'compliance_report' AND r.tenant_id = current_setting('app.tenant', true)
        AND r.report_id = CASE WHEN from_type = 'compliance_report' THEN from_id::uuid END
        AND r.countersignature_id IS NOT NULL
    UNION ALL
    -- A logbook and a yearly statement tell every visit of the building that was approved by then.
    SELECT 'reports on', 'test_session', s.id::text, NULL, NULL, NULL
    FROM compliance_reports AS r
    INNER JOIN test_sessions AS s ON s.tenant_id = r.tenant_id AND s.building_id = r.building_id
    WHERE from_type = 'compliance_report' AND r.tenant_id = current_setting('app.tenant', true)
        AND r.report_id = CASE WHEN from_type = 'compliance_report' THEN from_id::uuid END
        AND r.kind IN ('logbook', 'yearly_statement') AND s.status = 'approved' AND s.approved_at <= r.created_at
    UNION ALL
    SELECT 'approved by', 'countersignature', s.countersignature_id::text, NULL, NULL, NULL
    FROM test_sessions AS s
    WHERE from_type = 'test_session' AND s.tenant_id = current_setting('app.tenant', true)
        AND s.id = CASE WHEN from_type = 'test_session' THEN from_id::uuid END AND s.countersignature_id IS NOT NULL
    UNION ALL
    SELECT 'tests again what was tested at', 'test_session', s.supersedes_session_id::text, NULL, NULL, NULL
    FROM test_sessions AS s
    WHERE from_type = 'test_session' AND s.tenant_id = current_setting('app.tenant', true)
        AND s.id = CASE WHEN from_type = 'test_session' THEN from_id::uuid END AND s.supersedes_session_id IS NOT NULL
    UNION ALL
    SELECT 'measured', 'rows', 'test_instances/' || s.id, 'test_instances', s.submitted_at, jsonb_build_object(
        'tests', (SELECT count(*) FROM test_instances AS i WHERE i.tenant_id = s.tenant_id AND i.session_id = s.id))
    FROM test_sessions AS s
    WHERE from_type = 'test_session' AND s.tenant_id = current_setting('app.tenant', true)
        AND s.id = CASE WHEN from_type = 'test_session' THEN from_id::uuid END
$$;
-- Meaning: what a report, a visit or an instrument of FireMode is, in words.
-- Grain: one row, or none where the tenant has no such thing.
-- Units: instants in UTC.
-- Reader: lineage_of.
CREATE FUNCTION lineage_stairs_described(thing_type text, thing_id text)
RETURNS TABLE (label text, at timestamptz, facts jsonb)
LANGUAGE sql STABLE ROWS 1
AS $$
    SELECT replace(r.kind, '_', ' ') || ' of ' || b.name, r.created_at, jsonb_build_object('status', r.status,
        'content_hash', r.content_hash)
    FROM compliance_reports AS r
    INNER JOIN buildings AS b ON b.tenant_id = r.tenant_id AND b.id = r.building_id
    WHERE thing_type = 'compliance_report' AND r.tenant_id = current_setting('app.tenant', true)
        AND r.report_id = CASE WHEN thing_type = 'compliance_report' THEN thing_id::uuid END
    UNION ALL
    SELECT replace(s.frequency, '_', '-') || ' visit to ' || b.name || ' on ' || s.planned_for, s.started_at,
        jsonb_build_object('status', s.status, 'submitted_at', s.submitted_at, 'approved_at', s.approved_at,
            'ruleset', s.ruleset_version, 'bundle_hash', s.bundle_hash)
    FROM test_sessions AS s
    INNER JOIN buildings AS b ON b.tenant_id = s.tenant_id AND b.id = s.building_id
    WHERE thing_type = 'test_session' AND s.tenant_id = current_setting('app.tenant', true)
        AND s.id = CASE WHEN thing_type = 'test_session' THEN thing_id::uuid END
    UNION ALL
    SELECT replace(n.instrument_type, '_', ' ') || ' ' || n.serial_number, n.created_at, jsonb_build_object(
        'manufacturer', n.manufacturer, 'model', n.model)
    FROM instruments AS n
    WHERE thing_type = 'instrument' AND n.tenant_id = current_setting('app.tenant', true)
        AND n.id = CASE WHEN thing_type = 'instrument' THEN thing_id::uuid END
$$;
