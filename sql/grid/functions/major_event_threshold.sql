-- T_MED in SAIDI minutes, exp(alpha + 2.5 beta) over the days with SAIDI above zero of the five years before
-- `wanted_day` (IEEE 1366, 2.5 beta method; domain/grid/outages/rules/major_events.py). NULL with fewer than 30 days.
CREATE FUNCTION major_event_threshold(wanted_tenant text, wanted_day date) RETURNS double precision
LANGUAGE sql STABLE SET plan_cache_mode = force_generic_plan
AS $$
    SELECT CASE WHEN count(*) >= 30 THEN exp(avg(d.logarithm) + 2.5 * stddev_samp(d.logarithm)) END
    FROM (
        SELECT ln(cmi / customers_served) AS logarithm
        FROM reliability_days
        WHERE
            tenant_id = wanted_tenant AND cmi > 0
            AND local_date >= wanted_day - interval '5 years' AND local_date < wanted_day
    ) AS d
$$;
