-- Move the voltage histogram by what a load changed. Grain: feeder, local date, half-volt bin (bin 240 = 120.0 V up).
INSERT INTO gl_feeder_day_voltage AS g (tenant_id, feeder_id, local_date, voltage_bin, reads)
SELECT
    %(tenant)s,
    feeder_id,
    %(day)s,
    voltage_bin,
    sum(reads)
FROM moved_voltages
GROUP BY feeder_id, voltage_bin
ON CONFLICT (tenant_id, feeder_id, local_date, voltage_bin) DO UPDATE SET reads = g.reads + excluded.reads
