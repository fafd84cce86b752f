-- Move gl_meter_day by what a load changed. Grain: meter and local date. Unit: dWh (tenths of a Wh).
-- In the order of the key, so that one page of it after another is touched.
INSERT INTO gl_meter_day AS g (
    tenant_id, meter_id, feeder_id, local_date, reads, reads_estimated, kwh_dwh, zero_reads, negative_reads
)
SELECT
    %(tenant)s,
    meter_id,
    max(feeder_id),
    %(day)s,
    sum(reads),
    sum(estimated),
    sum(kwh_dwh),
    sum(zero_reads),
    sum(negative_reads)
FROM moved_meter_days
GROUP BY meter_id
ORDER BY meter_id
ON CONFLICT (tenant_id, meter_id, local_date) DO UPDATE SET
    feeder_id = excluded.feeder_id,
    reads = g.reads + excluded.reads,
    reads_estimated = g.reads_estimated + excluded.reads_estimated,
    kwh_dwh = g.kwh_dwh + excluded.kwh_dwh,
    zero_reads = g.zero_reads + excluded.zero_reads,
    negative_reads = g.negative_reads + excluded.negative_reads
