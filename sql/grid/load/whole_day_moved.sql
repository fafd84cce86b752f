-- What replacing a whole local day takes out of the roll-ups: all that they hold of it, since what the new day holds is
-- staged as for a fresh one. Grain: feeder and interval; meter; feeder and half-volt bin. Units as in moved_tables.sql.
INSERT INTO moved_intervals
SELECT
    feeder_id,
    read_at,
    interval_minutes,
    -reads_received,
    -reads_estimated,
    -metered_dwh,
    -weight_received,
    -weight_estimated,
    -metered_estimated_dwh,
    -voltage_reads,
    -voltage_sum_cv,
    -voltage_below_a,
    -voltage_below_b,
    NULL
FROM gl_feeder_interval
WHERE
    tenant_id = %(tenant)s AND read_at >= %(from_ts)s AND read_at < %(to_ts)s
    AND reads_received + reads_estimated > 0;

INSERT INTO moved_meter_days
SELECT
    meter_id,
    feeder_id,
    -reads,
    -reads_estimated,
    -kwh_dwh,
    -zero_reads,
    -negative_reads
FROM gl_meter_day
WHERE tenant_id = %(tenant)s AND local_date = %(day)s;

INSERT INTO moved_voltages
SELECT
    feeder_id,
    voltage_bin,
    -reads
FROM gl_feeder_day_voltage
WHERE tenant_id = %(tenant)s AND local_date = %(day)s AND reads > 0
