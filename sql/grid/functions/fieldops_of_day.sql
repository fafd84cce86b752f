-- The outages and crews of a tenant's local day: what began, was decided or ended in it, and how it stood at its
-- end, at `known_at` while it lasts. `jobs` are outages that a crew was sent to, `served` the tenant's customers, at
-- least 1. Rates 0 to 1, percent 0 to 100. Planned once for all days, since pages ask for ten at a time.
CREATE FUNCTION fieldops_of_day(
    wanted_tenant text, wanted_day date, from_ts timestamptz, to_ts timestamptz, known_at timestamptz, served bigint,
    OUT outages_open integer, OUT outages_new integer, OUT provisional_open integer, OUT promoted integer,
    OUT rejected integer, OUT false_promotion_rate numeric, OUT customers_interrupted integer, OUT cmi numeric,
    OUT saidi_min numeric, OUT saifi numeric, OUT caidi_min numeric, OUT maifi_e numeric, OUT asai_pct numeric,
    OUT med_flag boolean, OUT crews_available integer, OUT crews_assigned integer, OUT jobs_open integer,
    OUT jobs_completed integer, OUT avg_dispatch_min numeric, OUT avg_travel_min numeric, OUT avg_repair_min numeric,
    OUT etr_error_min_p50 numeric, OUT etr_within_30_pct numeric, OUT ok_on_arrival integer
)
LANGUAGE sql STABLE SET plan_cache_mode = force_generic_plan
AS $$
    SELECT
        s.open_outages, b.begun, p.waiting, p.promoted, p.rejected, p.false_rate,
        i.customers_interrupted, round(i.cmi::numeric, 4),
        round((i.cmi / served)::numeric, 6), round(i.customers_interrupted / served::numeric, 6),
        round((i.cmi / nullif(i.customers_interrupted, 0))::numeric, 4),
        round(i.momentary_customers / served::numeric, 6),
        round((100.0 - 100.0 * i.cmi / (served * z.minutes))::numeric, 6),
        i.cmi / served > major_event_threshold(wanted_tenant, wanted_day),
        c.available, c.assigned, e.jobs_open, e.jobs_completed,
        b.dispatch_min, b.travel_min, b.repair_min, e.error_min, e.near_pct, b.ok_on_arrival
    FROM (
        SELECT least(to_ts, known_at) AS at, extract(EPOCH FROM to_ts - from_ts)::double precision / 60.0 AS minutes
    ) AS z
    CROSS JOIN LATERAL interruptions_of_day(wanted_tenant, from_ts, to_ts, known_at) AS i
    CROSS JOIN LATERAL outages_standing(wanted_tenant, z.at) AS s
    CROSS JOIN LATERAL (
        SELECT
            count(*)::integer AS begun,
            round(avg(extract(EPOCH FROM dispatched_at - started_at)) / 60, 2) AS dispatch_min,
            round(avg(extract(EPOCH FROM arrived_at - dispatched_at)) / 60, 2) AS travel_min,
            round(avg(extract(EPOCH FROM restored_at - coalesce(fault_found_at, arrived_at))) / 60, 2) AS repair_min,
            (count(*) FILTER (WHERE restored_at <= arrived_at))::integer AS ok_on_arrival
        FROM outages
        WHERE tenant_id = wanted_tenant AND started_at >= from_ts AND started_at < to_ts
    ) AS b
    CROSS JOIN LATERAL (
        SELECT
            (count(*) FILTER (WHERE o.ended_at >= z.at))::integer AS jobs_open,
            (count(*) FILTER (WHERE o.ended_at < z.at))::integer AS jobs_completed,
            round((
                percentile_cont(0.5) WITHIN GROUP (ORDER BY o.error_min) FILTER (WHERE o.ended_at < z.at)
            )::numeric, 2) AS error_min,
            round(
                100.0 * count(*) FILTER (WHERE o.ended_at < z.at AND abs(o.error_min) <= 30)
                / nullif(count(o.error_min) FILTER (WHERE o.ended_at < z.at), 0), 2
            ) AS near_pct
        FROM (
            SELECT
                coalesce(restored_at, closed_at, 'infinity'::timestamptz) AS ended_at,
                extract(EPOCH FROM restored_at - etr_first)::double precision / 60.0 AS error_min
            FROM outages
            WHERE
                tenant_id = wanted_tenant AND dispatched_at < z.at
                AND coalesce(restored_at, closed_at, 'infinity'::timestamptz) >= from_ts
        ) AS o
    ) AS e
    CROSS JOIN LATERAL (
        SELECT
            (
                SELECT count(*) FROM provisional_outages AS w
                WHERE
                    w.tenant_id = wanted_tenant AND w.first_evidence_at < z.at
                    AND (
                        w.decided_at >= z.at
                        OR w.decided_at IS NULL AND w.status IN ('CANDIDATE', 'PROBABLE', 'VERIFY')
                    )
            )::integer AS waiting,
            (count(*) FILTER (WHERE d.status = 'PROMOTED'))::integer AS promoted,
            (count(*) FILTER (WHERE d.status = 'REJECTED'))::integer AS rejected,
            round(
                avg((o.cause ~* '\mnon-outage\M|\mno outage\M')::integer) FILTER (WHERE o.cause IS NOT NULL), 4
            ) AS false_rate
        FROM provisional_outages AS d
        LEFT JOIN outages AS o
            ON o.tenant_id = d.tenant_id AND o.outage_id = d.canon_outage_id AND d.status = 'PROMOTED'
        WHERE d.tenant_id = wanted_tenant AND d.decided_at >= from_ts AND d.decided_at < z.at
    ) AS p
    CROSS JOIN LATERAL (
        SELECT
            (count(*) FILTER (WHERE coalesce(r.status, 'available') = 'available'))::integer AS available,
            (count(*) FILTER (WHERE r.status IN ('assigned', 'enroute', 'onsite')))::integer AS assigned
        FROM crews AS k
        LEFT JOIN LATERAL (
            SELECT status FROM crew_status
            WHERE tenant_id = k.tenant_id AND crew_id = k.crew_id AND ts < z.at
            ORDER BY ts DESC
            LIMIT 1
        ) AS r ON true
        WHERE k.tenant_id = wanted_tenant AND k.is_active
    ) AS c
$$;
