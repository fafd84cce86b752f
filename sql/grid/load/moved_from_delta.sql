-- What a row-level load moves in the roll-ups: signed sums of delta_reads, in three temporary tables.
-- Grain: feeder and interval; meter; feeder and half-volt bin, all of one local day. The same tables are filled from
-- the columns themselves when a fresh day is loaded. Units: dWh (tenths of a Wh), cV (hundredths of a volt).
-- An estimate (bit 2 of the flags) is counted beside the reads that arrived and never as one; see rules/rollup.py.
-- Volts are brought to the 120 V base of ANSI C84.1, where range A ends at 114 V and range B at 110 V.
INSERT INTO moved_intervals
SELECT
    d.feeder_id,
    d.read_at,
    max(d.interval_minutes),
    sum(d.sign * (1 - (d.quality_flags >> 1 & 1))),
    sum(d.sign * (d.quality_flags >> 1 & 1)),
    sum(d.sign * (d.kwh * 10000)::bigint),
    sum(d.sign * m.weight * (1 - (d.quality_flags >> 1 & 1))),
    sum(d.sign * m.weight * (d.quality_flags >> 1 & 1)),
    sum(d.sign * (d.kwh * 10000)::bigint * (d.quality_flags >> 1 & 1)),
    sum(CASE WHEN d.voltage IS NOT NULL THEN d.sign ELSE 0 END),
    coalesce(sum(d.sign * (d.voltage * 120.0 / m.service_v * 100.0)::bigint), 0),
    sum(CASE WHEN d.voltage * 120.0 / m.service_v < 114 THEN d.sign ELSE 0 END),
    sum(CASE WHEN d.voltage * 120.0 / m.service_v < 110 THEN d.sign ELSE 0 END),
    max(d.arrived_at)
FROM delta_reads AS d
INNER JOIN registry AS m ON d.meter_id = m.meter_id
GROUP BY d.feeder_id, d.read_at;

INSERT INTO moved_meter_days
SELECT
    meter_id,
    max(feeder_id),
    sum(sign),
    sum(sign * (quality_flags >> 1 & 1)),
    sum(sign * (kwh * 10000)::bigint),
    sum(CASE WHEN kwh = 0 THEN sign ELSE 0 END),
    sum(CASE WHEN kwh < 0 THEN sign ELSE 0 END)
FROM delta_reads
GROUP BY meter_id;

INSERT INTO moved_voltages
SELECT
    d.feeder_id,
    floor(d.voltage * 120.0 / m.service_v * 2.0)::smallint,
    sum(d.sign)
FROM delta_reads AS d
INNER JOIN registry AS m ON d.meter_id = m.meter_id
WHERE d.voltage IS NOT NULL
GROUP BY d.feeder_id, floor(d.voltage * 120.0 / m.service_v * 2.0)::smallint
