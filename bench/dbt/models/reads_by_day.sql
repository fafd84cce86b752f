-- The reads of the days that are asked for, with the local day that they lie on. Grain: meter and instant.
{{ config(materialized='ephemeral') }}
SELECT
    meter_id,
    feeder_id,
    kwh,
    voltage,
    ((read_at - make_interval(mins => interval_minutes)) AT TIME ZONE '{{ var("zone") }}')::date AS local_date
FROM public.meter_reads_electric
WHERE tenant_id = '{{ var("tenant") }}' AND read_at > '{{ var("since") }}'
