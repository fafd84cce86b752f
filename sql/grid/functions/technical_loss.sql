-- Technical loss of one feeder and interval in dWh, from the energy at its head: solve D = C + P0 dt + k C^2 / dt for
-- C and answer D - C (grid.md 2.3). Energies in dWh, P0 in kW, k in 1/kW. A feeder that exports has no-load loss only.
CREATE FUNCTION technical_loss_dwh(
    delivered_dwh bigint, interval_minutes smallint, noload_kw double precision, copper_per_kw double precision
) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT CASE
        WHEN coalesce(copper_per_kw, 0) <= 0 OR delivered_dwh <= 0
            THEN round(coalesce(noload_kw, 0) * interval_minutes / 60.0 * 10000)::bigint
        ELSE round(delivered_dwh - 10000 * (
            (-1 + sqrt(1 + 4 * (copper_per_kw * 60.0 / interval_minutes)
                * greatest(0, delivered_dwh / 10000.0 - noload_kw * interval_minutes / 60.0)))
            / (2 * copper_per_kw * 60.0 / interval_minutes)
        ))::bigint
    END
$$;
