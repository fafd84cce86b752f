-- Loss of each feeder on one local day, the highest first. Resource: countersign-sql. Component: local_day, a date.
SELECT
    feeder_id,
    coverage_pct,
    loss_pct_raw,
    loss_pct_adj,
    loss_status
FROM v_gl_feeder_day
WHERE local_date = {{ local_day.value }}
ORDER BY loss_pct_adj DESC NULLS LAST, feeder_id;
