-- The temporary tables of one load: the registry as weights, and what moves in the roll-ups of one local day.
-- weight: usual energy in hundredths of a kWh a day, at least 1; it weighs what is missing. Reader: the loader.
CREATE TEMPORARY TABLE registry (
    meter_id text NOT NULL,
    feeder_id text NOT NULL,
    is_active boolean NOT NULL,
    weight bigint NOT NULL,
    service_v double precision NOT NULL
) ON COMMIT DROP;

INSERT INTO registry
SELECT
    meter_id,
    feeder_id,
    is_active,
    greatest(1, round(base_kwh_day * 100))::bigint,
    service_v
FROM meters
WHERE tenant_id = current_setting('app.tenant');

CREATE TEMPORARY TABLE moved_intervals (
    feeder_id text,
    read_at timestamptz,
    interval_minutes smallint,
    reads bigint,
    estimated bigint,
    metered_dwh bigint,
    weight bigint,
    weight_estimated bigint,
    metered_estimated_dwh bigint,
    voltage_reads bigint,
    voltage_sum_cv bigint,
    below_a bigint,
    below_b bigint,
    last_arrived_at timestamptz
) ON COMMIT DROP;

CREATE TEMPORARY TABLE moved_meter_days (
    meter_id text,
    feeder_id text,
    reads bigint,
    estimated bigint,
    kwh_dwh bigint,
    zero_reads bigint,
    negative_reads bigint
) ON COMMIT DROP;

CREATE TEMPORARY TABLE moved_voltages (feeder_id text, voltage_bin smallint, reads bigint) ON COMMIT DROP;

CREATE TEMPORARY TABLE staged_delivered (
    feeder_id text,
    read_at timestamptz,
    interval_minutes smallint,
    kwh double precision,
    source text,
    arrived_at timestamptz
) ON COMMIT DROP
