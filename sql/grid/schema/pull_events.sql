-- Take over scenarios that stand in a utility's ami_events, in the shape of either source. Grain: event.
-- Their feeder may be an id or a code. severity is a fraction; NULL is the default of its kind. What we cancelled stays
-- cancelled where their table has no column to say so. Rows of other kinds or without sense are theirs alone.
-- Reader: store/mirror.py.
INSERT INTO ami_events AS own (id, tenant_id, feeder_id, meter_id, event_type, severity, starts_at, ends_at, is_active)
SELECT
    e.{id},
    {tenant},
    coalesce(
        (
            SELECT f.feeder_id
            FROM feeders AS f
            WHERE f.tenant_id = {tenant} AND (f.feeder_id = {feeder_id} OR f.code = {feeder_id})
            ORDER BY f.feeder_id = {feeder_id} DESC, f.feeder_id
            LIMIT 1
        ), {feeder_id}
    ),
    {meter_id},
    translate(lower(e.{event_type}), '- ', '__'),
    coalesce({severity}::numeric, CASE WHEN lower(e.{event_type}) LIKE 'comms%' THEN 1.0 ELSE 0.5 END),
    e.{starts_at},
    e.{ends_at},
    {is_active}
FROM {events} AS e
WHERE
    {events_of_tenant}
    AND translate(lower(e.{event_type}), '- ', '__') IN ('theft', 'voltage_sag', 'comms_outage')
    AND e.{ends_at} > e.{starts_at}
    AND coalesce({severity}::numeric, 1) > 0 AND coalesce({severity}::numeric, 1) <= 1
ON CONFLICT (id) DO UPDATE SET
    feeder_id = excluded.feeder_id,
    event_type = excluded.event_type,
    severity = excluded.severity,
    starts_at = excluded.starts_at,
    ends_at = excluded.ends_at,
    is_active = excluded.is_active AND own.cancelled_at IS NULL
WHERE
    (own.feeder_id, own.event_type, own.severity, own.starts_at, own.ends_at, own.is_active)
    IS DISTINCT FROM (
        excluded.feeder_id, excluded.event_type, excluded.severity, excluded.starts_at, excluded.ends_at,
        excluded.is_active AND own.cancelled_at IS NULL
    )
