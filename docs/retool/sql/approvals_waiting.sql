-- What waits for anybody, by kind and age. Resource: countersign-sql. Deciding goes over countersign-person.
SELECT
    kind,
    count(*) AS waiting,
    min(created_at) AS oldest,
    max(severity) AS highest_severity
FROM v_proposals
WHERE state = 'WAITING'
GROUP BY kind
ORDER BY oldest, kind;
