-- Copy a utility's meters that find a feeder into our registry. Grain: meter.
-- Defaults for what the utility's table does not say: class res, 120 V, no PV, the usual load curve of the class,
-- base_kwh_day from the trailing reads when the meter is first seen, else 20. A base that was once taken from reads
-- stays: emulated reads must not feed on themselves. base_is_theirs: the utility's table has the figure, and it is
-- followed.
-- Reader: store/mirror.py.
INSERT INTO meters AS own (
    tenant_id, meter_id, feeder_id, transformer_id, class, load_profile, base_kwh_day, service_v, has_pv,
    topology_version_id
)
SELECT DISTINCT ON (m.{meter_id}::text)
    {tenant},
    m.{meter_id}::text,
    f.feeder_id,
    {transformer_id}::text,
    CASE WHEN lower({class}) IN ('res', 'sml_com', 'ci', 'ag') THEN lower({class}) ELSE 'res' END,
    CASE
        WHEN lower({class}) = 'sml_com' THEN {business}
        WHEN coalesce(lower({class}), 'res') NOT IN ('ci', 'ag') THEN {household}
    END,
    greatest(0, coalesce({base_kwh_day}::float8, usual.kwh_day, 20)),
    coalesce({service_v}::float8, 120),
    coalesce({has_pv}, false),
    {version}
FROM {meters} AS m
INNER JOIN ({feeder_rows}) AS f ON m.{meter_ref}::text = f.ref
LEFT JOIN ({usual_energies}) AS usual ON m.{meter_id}::text = usual.meter_id
WHERE {in_service}
ORDER BY m.{meter_id}::text, f.feeder_id
ON CONFLICT (tenant_id, meter_id) DO UPDATE SET
    feeder_id = excluded.feeder_id,
    transformer_id = excluded.transformer_id,
    class = excluded.class,
    base_kwh_day = CASE WHEN {base_is_theirs} THEN excluded.base_kwh_day ELSE own.base_kwh_day END,
    service_v = excluded.service_v,
    has_pv = excluded.has_pv,
    is_active = true,
    topology_version_id = excluded.topology_version_id
WHERE
    NOT own.is_active
    OR ({base_is_theirs} AND own.base_kwh_day <> excluded.base_kwh_day)
    OR (own.feeder_id, own.transformer_id, own.class, own.service_v, own.has_pv)
    IS DISTINCT FROM (excluded.feeder_id, excluded.transformer_id, excluded.class, excluded.service_v, excluded.has_pv)
