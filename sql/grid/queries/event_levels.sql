-- Each expectation of the newest :n active events with its level before, during and after. Grain: event, KPI, feeder.
-- Before and after last as long as the event, but at least one hour and at most four; during: its first 24 hours.
-- recorded and twin: the level over the observed intervals, as it is and as it would be without the event; their
-- difference is what was observed.
-- A loss is NULL where import and export nearly cancel: a percentage of next to nothing says nothing.
-- Units: percent, or V for avg_voltage; changes as `unit` says. Reader: pages and charts.
WITH newest AS (
    SELECT
        id,
        severity,
        starts_at - least(greatest(ends_at - starts_at, interval '1 hour'), interval '4 hours') AS before_from,
        least(ends_at, starts_at + interval '24 hours') AS during_to,
        ends_at + least(greatest(ends_at - starts_at, interval '1 hour'), interval '4 hours') AS after_to
    FROM ami_events
    WHERE
        tenant_id = current_setting('app.tenant') AND is_active
        AND (cast(:event_id AS uuid) IS NULL OR id = cast(:event_id AS uuid))
    ORDER BY starts_at DESC, id ASC
    LIMIT :n
),

outcomes AS (
    SELECT
        o.*,
        newest.severity,
        newest.before_from,
        newest.during_to,
        newest.after_to
    FROM v_gl_event_outcomes AS o
    INNER JOIN newest ON o.event_id = newest.id
    WHERE o.tenant_id = current_setting('app.tenant')
),

spans AS (
    SELECT
        event_id,
        feeder_id,
        kpi,
        'before' AS which,
        before_from AS from_ts,
        starts_at AS to_ts
    FROM outcomes
    UNION ALL
    SELECT
        event_id,
        feeder_id,
        kpi,
        'during' AS which,
        starts_at AS from_ts,
        during_to AS to_ts
    FROM outcomes
    UNION ALL
    SELECT
        event_id,
        feeder_id,
        kpi,
        'after' AS which,
        ends_at AS from_ts,
        after_to AS to_ts
    FROM outcomes
),

sums AS (
    SELECT
        s.event_id,
        s.feeder_id,
        s.kpi,
        s.which,
        count(*) AS intervals,
        sum(v.delivered_kwh) AS delivered_kwh,
        sum(abs(v.delivered_kwh)) AS flow_kwh,
        sum(v.metered_kwh) AS metered_kwh,
        sum(v.metered_hat_kwh) AS metered_hat_kwh,
        avg(v.coverage_pct) AS coverage_pct,
        avg(v.avg_voltage) AS avg_voltage
    FROM spans AS s
    INNER JOIN v_gl_feeder_interval AS v
        ON
            s.feeder_id = v.feeder_id AND s.from_ts < v.read_at AND s.to_ts >= v.read_at
            AND (s.kpi = 'coverage_pct' OR (v.delivered_kwh IS NOT NULL AND v.reads_received > 0))
    WHERE v.tenant_id = current_setting('app.tenant')
    GROUP BY s.event_id, s.feeder_id, s.kpi, s.which
),

levels AS (
    SELECT
        event_id,
        feeder_id,
        kpi,
        which,
        intervals,
        CASE
            WHEN kpi = 'coverage_pct' THEN coverage_pct
            WHEN kpi = 'avg_voltage' THEN avg_voltage
            WHEN abs(delivered_kwh) < 0.5 * flow_kwh THEN NULL
            WHEN kpi = 'loss_pct_adj' THEN 100.0 * (delivered_kwh - metered_hat_kwh) / nullif(abs(delivered_kwh), 0)
            WHEN kpi = 'loss_pct_raw' THEN 100.0 * (delivered_kwh - metered_kwh) / nullif(abs(delivered_kwh), 0)
        END AS height
    FROM sums
)

SELECT
    o.event_type AS kind,
    o.feeder_id,
    o.kpi,
    o.unit,
    o.starts_at,
    o.ends_at,
    o.observed_delta AS observed,
    o.tolerance,
    o.formula,
    cast(o.event_id AS text) AS event_id,
    cast(o.severity AS float8) AS severity,
    cast(o.expected_delta AS float8) AS expected,
    cast(o.recorded_level AS float8) AS recorded,
    cast(o.twin_level AS float8) AS twin,
    cast(o.intervals_observed AS integer) AS intervals,
    cast(earlier.height AS float8) AS level_before,
    cast(meanwhile.height AS float8) AS level_during,
    cast(later.height AS float8) AS level_after,
    coalesce(later.intervals > 0, FALSE) AS is_over
FROM outcomes AS o
LEFT JOIN levels AS earlier
    ON
        o.event_id = earlier.event_id AND o.feeder_id = earlier.feeder_id AND o.kpi = earlier.kpi
        AND earlier.which = 'before'
LEFT JOIN levels AS meanwhile
    ON
        o.event_id = meanwhile.event_id AND o.feeder_id = meanwhile.feeder_id AND o.kpi = meanwhile.kpi
        AND meanwhile.which = 'during'
LEFT JOIN levels AS later
    ON
        o.event_id = later.event_id AND o.feeder_id = later.feeder_id AND o.kpi = later.kpi
        AND later.which = 'after'
ORDER BY o.starts_at DESC, o.event_id ASC, o.feeder_id ASC, o.kpi ASC
