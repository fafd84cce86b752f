-- Meaning: what came of something that was noticed: the suggestions it led to, what they opened or asked for, what was
--          made and tried again, and the first published version that holds what was adopted, or what followed it.
-- Grain: one row a thing, nearest first. Given :id of a signal, an evaluation, a suggestion, a job or an output.
-- Units: instants in UTC.
-- Reader: the lineage of a thing, as page and as JSON.
WITH RECURSIVE suggested AS (
  SELECT
s.suggestion_id,
s.message,
s.status,
s.created_at
FROM suggestions AS s
  WHERE s.suggestion_id = :id OR s.source_signal_id = :id OR s.evaluation_id = :id
),

jobs AS (
  SELECT
j.job_id,
j.target_id,
j.status,
j.created_at,
j.syllabus_id
FROM regeneration_jobs AS j
  WHERE j.job_id = :id OR j.suggestion_id IN (SELECT s.suggestion_id FROM suggested AS s)
    OR j.job_id IN (SELECT o.job_id FROM regeneration_outputs AS o
WHERE o.output_id = :id)
  UNION
  SELECT
j.job_id,
j.target_id,
j.status,
j.created_at,
j.syllabus_id
  FROM regeneration_jobs AS j INNER JOIN jobs AS earlier ON j.retry_of_job_id = earlier.job_id
),

made AS (
  SELECT
o.output_id,
o.created_at,
j.target_id,
j.syllabus_id
  FROM regeneration_outputs AS o INNER JOIN jobs AS j ON o.job_id = j.job_id
),

adopted AS (
  SELECT
m.syllabus_id,
one.part ->> 'itemId' AS item_id,
(one.part ->> 'revision')::integer AS revision
  FROM regeneration_output_adoptions AS a
  INNER JOIN made AS m ON a.output_id = m.output_id
  CROSS JOIN LATERAL jsonb_array_elements(a.made) AS one (part)
),

published AS (
  SELECT DISTINCT ON (d.item_id, d.revision)
p.package_id,
p.title,
p.version,
p.published_at
  FROM adopted AS d
  INNER JOIN content_items AS i ON d.item_id = i.item_id
  INNER JOIN course_packages AS p ON d.syllabus_id = p.syllabus_id
  CROSS JOIN LATERAL jsonb_array_elements(p.content_text::jsonb -> 'manifest') AS m (part)
  WHERE m.part ->> 'kind' = i.kind AND (m.part ->> 'revision')::integer >= d.revision
    AND i.slot = CASE i.kind
      WHEN 'SYLLABUS' THEN 'syllabus' WHEN 'PROJECT' THEN left(m.part ->> 'id', 3) ELSE left(m.part ->> 'id', 6)
    END
  ORDER BY d.item_id, d.revision, p.version
),

came AS (
  SELECT
1 AS step,
'suggestion' AS kind,
s.suggestion_id::text AS id,
s.message AS label,
s.created_at AS at,
s.status
  FROM suggested AS s
  UNION ALL
  SELECT
2,
'work_item',
w.work_item_id::text,
w.title,
w.opened_at,
coalesce(w.outcome, w.status)
  FROM work_items AS w
WHERE w.suggestion_id IN (SELECT s.suggestion_id FROM suggested AS s)
  UNION ALL
  SELECT
3,
'regeneration_job',
j.job_id::text,
j.target_id,
j.created_at,
j.status
FROM jobs AS j
  UNION ALL
  SELECT
4,
'regeneration_output',
m.output_id::text,
'what was made for ' || m.target_id,
m.created_at,
NULL
  FROM made AS m
  UNION ALL
  SELECT
5,
'content_revision',
d.item_id || '@' || d.revision,
d.item_id || ', revision ' || d.revision,
NULL,
NULL
  FROM adopted AS d
  UNION ALL
  SELECT DISTINCT
6,
'course_package',
p.package_id::text,
p.title || ', version ' || p.version,
p.published_at,
NULL
  FROM published AS p
)

SELECT
came.kind,
came.id,
came.label,
came.at,
came.status
FROM came
WHERE came.id <> cast(:id AS text)
ORDER BY came.step, came.at, came.id
