-- Meaning: what a thing of a course was made from: a published version leads to its parts' revisions and who approved
--          them, a revision to the output that was adopted or the job that drafted it, an output to its job, a job to
--          its trigger and to the suggestion or the failed job that it follows from; and what it is, in words.
-- Grain: one row a thing that it was made from. Answers (relation, to_type, to_id, label, at, facts).
-- Units: instants in UTC. A revision's id is `item@number`.
-- Reader: lineage_of.
CREATE FUNCTION lineage_courses(from_type text, from_id text)
RETURNS TABLE (relation text, to_type text, to_id text, label text, at timestamptz, facts jsonb)
LANGUAGE sql STABLE ROWS 5
AS $$
    SELECT 'published by', 'countersignature', p.countersignature_id::text, NULL, NULL::timestamptz, NULL::jsonb
    FROM course_packages AS p
    WHERE from_type = 'course_package'
        AND p.package_id = CASE WHEN from_type = 'course_package' THEN from_id::uuid END
    UNION ALL
    SELECT 'holds', 'content_revision', i.item_id || '@' || (part ->> 'revision'), NULL, NULL, NULL
    FROM course_packages AS p
    CROSS JOIN LATERAL jsonb_array_elements((p.content_text::jsonb) -> 'manifest') AS m (part)
    INNER JOIN content_items AS i
        ON i.tenant_id = p.tenant_id AND i.syllabus_id = p.syllabus_id AND i.kind = part ->> 'kind'
        AND i.slot = CASE part ->> 'kind' WHEN 'SYLLABUS' THEN 'syllabus' WHEN 'PROJECT' THEN left(part ->> 'id', 3)
            ELSE left(part ->> 'id', 6) END
    WHERE from_type = 'course_package'
        AND p.package_id = CASE WHEN from_type = 'course_package' THEN from_id::uuid END
    UNION ALL
    SELECT 'decided by', 'countersignature', d.countersignature_id::text, NULL, NULL, NULL
    FROM content_decisions AS d
    WHERE from_type = 'content_revision' AND d.tenant_id = current_setting('app.tenant', true)
        AND d.item_id = split_part(from_id, '@', 1)
        AND d.revision = CASE WHEN from_type = 'content_revision' THEN substring(from_id FROM '@([0-9]{1,9})$')::integer END
    UNION ALL
    SELECT 'drafted by', 'generation_job', r.generation_job_id::text, NULL, NULL, NULL
    FROM content_revisions AS r
    WHERE from_type = 'content_revision' AND r.tenant_id = current_setting('app.tenant', true)
        AND r.item_id = split_part(from_id, '@', 1) AND r.generation_job_id IS NOT NULL
        AND r.revision = CASE WHEN from_type = 'content_revision' THEN substring(from_id FROM '@([0-9]{1,9})$')::integer END
    UNION ALL
    SELECT 'follows', 'content_revision', r.item_id || '@' || r.based_on, NULL, NULL, NULL
    FROM content_revisions AS r
    WHERE from_type = 'content_revision' AND r.tenant_id = current_setting('app.tenant', true)
        AND r.item_id = split_part(from_id, '@', 1) AND r.based_on IS NOT NULL
        AND r.revision = CASE WHEN from_type = 'content_revision' THEN substring(from_id FROM '@([0-9]{1,9})$')::integer END
    UNION ALL
    SELECT 'adopted from', 'regeneration_output', a.output_id::text, NULL, NULL, NULL
    FROM regeneration_output_adoptions AS a
    WHERE from_type = 'content_revision' AND a.tenant_id = current_setting('app.tenant', true)
        AND a.made @> jsonb_build_array(jsonb_build_object('itemId', split_part(from_id, '@', 1), 'revision',
            CASE WHEN from_type = 'content_revision' THEN substring(from_id FROM '@([0-9]{1,9})$')::integer END))
    UNION ALL
    SELECT 'adopted by', 'countersignature', a.countersignature_id::text, NULL, NULL, NULL
    FROM regeneration_output_adoptions AS a
    WHERE from_type = 'regeneration_output'
        AND a.output_id = CASE WHEN from_type = 'regeneration_output' THEN from_id::uuid END
    UNION ALL
    SELECT 'made by', 'regeneration_job', o.job_id::text, NULL, NULL, NULL
    FROM regeneration_outputs AS o
    WHERE from_type = 'regeneration_output'
        AND o.output_id = CASE WHEN from_type = 'regeneration_output' THEN from_id::uuid END
    UNION ALL
    SELECT 'keeps', 'regeneration_output', o.output_id::text, NULL, NULL, NULL
    FROM regeneration_outputs AS o
    WHERE from_type = 'artifact' AND o.artifact_id = CASE WHEN from_type = 'artifact' THEN from_id::uuid END
    UNION ALL
    SELECT 'triggered by', 'countersignature', t.countersignature_id::text, NULL, NULL, NULL
    FROM regeneration_job_triggers AS t
    WHERE from_type = 'regeneration_job'
        AND t.job_id = CASE WHEN from_type = 'regeneration_job' THEN from_id::uuid END
    UNION ALL
    SELECT 'asked for by', 'suggestion', j.suggestion_id::text, NULL, NULL, NULL
    FROM regeneration_jobs AS j
    WHERE from_type = 'regeneration_job' AND j.suggestion_id IS NOT NULL
        AND j.job_id = CASE WHEN from_type = 'regeneration_job' THEN from_id::uuid END
    UNION ALL
    SELECT 'tries again', 'regeneration_job', j.retry_of_job_id::text, NULL, NULL, NULL
    FROM regeneration_jobs AS j
    WHERE from_type = 'regeneration_job' AND j.retry_of_job_id IS NOT NULL
        AND j.job_id = CASE WHEN from_type = 'regeneration_job' THEN from_id::uuid END
    UNION ALL
    SELECT 'asked for by', 'retry_intent', j.retry_intent_id::text, NULL, NULL, NULL
    FROM regeneration_jobs AS j
    WHERE from_type = 'regeneration_job' AND j.retry_intent_id IS NOT NULL
        AND j.job_id = CASE WHEN from_type = 'regeneration_job' THEN from_id::uuid END
    UNION ALL
    SELECT 'executed by', 'countersignature', e.countersignature_id::text, NULL, NULL, NULL
    FROM retry_intent_executions AS e
    WHERE from_type = 'retry_intent' AND e.intent_id = CASE WHEN from_type = 'retry_intent' THEN from_id::uuid END
$$;
CREATE FUNCTION lineage_courses_described(thing_type text, thing_id text)
RETURNS TABLE (label text, at timestamptz, facts jsonb)
LANGUAGE sql STABLE ROWS 1
AS $$
    SELECT p.title || ', version ' || p.version, p.published_at, jsonb_build_object('course', p.syllabus_id,
        'version', p.version, 'content_hash', p.content_hash, 'size_bytes', p.size_bytes)
    FROM course_packages AS p
    WHERE thing_type = 'course_package'
        AND p.package_id = CASE WHEN thing_type = 'course_package' THEN thing_id::uuid END
    UNION ALL
    SELECT lower(i.kind) || ' ' || i.item_id || ', revision ' || r.revision, r.created_at, jsonb_build_object(
        'course', i.syllabus_id, 'origin', r.origin, 'content_hash', r.content_hash, 'reason', r.reason)
    FROM content_revisions AS r
    INNER JOIN content_items AS i ON i.tenant_id = r.tenant_id AND i.item_id = r.item_id
    WHERE thing_type = 'content_revision' AND r.tenant_id = current_setting('app.tenant', true)
        AND r.item_id = split_part(thing_id, '@', 1)
        AND r.revision = CASE WHEN thing_type = 'content_revision' THEN substring(thing_id FROM '@([0-9]{1,9})$')::integer END
    UNION ALL
    SELECT 'drafting of ' || lower(g.kind) || ' for ' || g.syllabus_id, g.created_at, jsonb_build_object(
        'status', g.status, 'module', g.module_id, 'request_sha256', g.request_sha256)
    FROM generation_jobs AS g
    WHERE thing_type = 'generation_job' AND g.job_id = CASE WHEN thing_type = 'generation_job' THEN thing_id::uuid END
    UNION ALL
    SELECT 'regeneration of ' || j.target_id, j.created_at, jsonb_build_object('course', j.syllabus_id, 'status',
        j.status, 'instruction_hash', j.instruction_hash, 'output_ref', j.output_ref, 'error', j.error)
    FROM regeneration_jobs AS j
    WHERE thing_type = 'regeneration_job'
        AND j.job_id = CASE WHEN thing_type = 'regeneration_job' THEN thing_id::uuid END
    UNION ALL
    SELECT o.ref, o.created_at, jsonb_build_object('content_hash', o.content_hash)
    FROM regeneration_outputs AS o
    WHERE thing_type = 'regeneration_output'
        AND o.output_id = CASE WHEN thing_type = 'regeneration_output' THEN thing_id::uuid END
    UNION ALL
    SELECT 'to be tried again: ' || i.reason_text, i.created_at, jsonb_build_object('reason_code', i.reason_code,
        'status', i.status)
    FROM retry_intents AS i
    WHERE thing_type = 'retry_intent' AND i.intent_id = CASE WHEN thing_type = 'retry_intent' THEN thing_id::uuid END
$$;
