-- A tenant's reads in an attached table under our names, types and order, from {first} to {last}, both inside.
-- Grain: one read. What the table does not say: the feeder is the registry's, arrival is the interval's end, the source
-- is that of gl_read_origin or unknown. Reader: store/attached.py, as a sub-query.
SELECT {one_each} -- noqa: LT09
    {tenant} AS tenant_id,
    {meter} AS meter_id,
    g.feeder_id,
    {read_at}::timestamptz AS read_at,
    {kwh}::float8 AS kwh,
    {voltage}::float8 AS voltage,
    {flags} AS quality_flags,
    coalesce({minutes}, {usual_minutes})::smallint AS interval_minutes,
    coalesce({read_source}, 'UNKNOWN') AS source,
    coalesce({arrived_at}::timestamptz, {read_at}::timestamptz) AS arrived_at
FROM {reads} AS r
LEFT JOIN registry AS g ON {meter} = g.meter_id
LEFT JOIN gl_read_origin AS o ON o.tenant_id = {tenant} AND {meter} = o.meter_id AND {read_at} = o.read_at
WHERE {reads_of_tenant} AND {read_at} >= {first} AND {read_at} <= {last}
{in_order}
