-- Move the voltage histogram by what a load changed. Grain: feeder, local date, half-volt bin (bin 240 = 120.0 V up).
INSERT INTO gl_feeder_day_voltage AS g (tenant_id, feeder_id, local_date, voltage_bin, reads)
SELECT
    %(tenant)s,
    feeder_id,
    %(day)s,
    floor(voltage * 2)::smallint,
    sum(sign)
FROM {delta}
WHERE voltage IS NOT NULL
GROUP BY feeder_id, floor(voltage * 2)::smallint
ON CONFLICT (tenant_id, feeder_id, local_date, voltage_bin) DO UPDATE SET reads = g.reads + excluded.reads;
