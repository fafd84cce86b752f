-- Outages of a tenant that were open at an instant, and customers without supply then.
CREATE FUNCTION outages_standing(
    wanted_tenant text, wanted_at timestamptz, OUT open_outages integer, OUT customers_out integer
)
LANGUAGE sql STABLE SET plan_cache_mode = force_generic_plan
AS $$
    WITH open AS MATERIALIZED (
        SELECT outage_id FROM outages
        WHERE
            tenant_id = wanted_tenant AND started_at < wanted_at
            AND coalesce(restored_at, closed_at, 'infinity'::timestamptz) >= wanted_at
    )

    SELECT
        (SELECT count(*) FROM open)::integer,
        (
            SELECT count(DISTINCT i.meter_id)
            FROM open
            INNER JOIN outage_impacts AS i ON i.tenant_id = wanted_tenant AND i.outage_id = open.outage_id
            WHERE i.out_at < wanted_at AND (i.restored_at IS NULL OR i.restored_at >= wanted_at)
        )::integer
$$;
