"""Roll-ups of reads: a row per meter and local day, a row per feeder and interval, a row per feeder and local day.

Sums are of integers (tenths of a watt-hour, hundredths of a volt), so that any order of rows, batch size or worker
count gives the same total. The columns bear the names of gl_meter_day, gl_feeder_interval and gl_feeder_day. Pure:
production and study mode on files call the same functions; study mode counts in finer units, so that a file's
further decimals are kept.

An estimate is not a received read. `reads_received` and `weight_received` count what arrived, and coverage is made of
them alone; `reads_estimated` and `weight_estimated` stand beside them. The metered energy has both in it (read_hat of
grid.md 3.2), so that only what is neither read nor estimated is made up for by expected energy. Estimates alone make
no interval matched: where nobody was read, nothing is compared. A zero that an outage explains counts as received,
since nothing is missing there.
"""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from domain.grid.metering.rules.flags import Flag
from domain.grid.metering.rules.grouping import group
from domain.grid.metering.rules.local_days import US_PER_MINUTE, local_days
from domain.grid.metering.rules.loss import metered_hat
from domain.grid.metering.rules.reads import CV_PER_VOLT, DWH_PER_KWH, Reads

RANGE_A_LOW_PU = 114.0 / 120.0  # ANSI C84.1, service voltage
RANGE_B_LOW_PU = 110.0 / 120.0

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class MeterDays:
    """One row per meter and local day, in order of meter index and day.

    Attributes:
        meter: index into `Reads.meters`.
        local_day: days since 1970-01-01.
        energy: net energy in units of 1/units_per_kwh kWh.
        reads, reads_estimated, zero_reads, negative_reads: counts.
    """

    meter: NDArray[np.int32]
    local_day: NDArray[np.int32]
    energy: Ints
    reads: Ints
    reads_estimated: Ints
    zero_reads: Ints
    negative_reads: Ints

    def __len__(self) -> int:
        """The number of meter-days."""
        return int(self.meter.shape[0])


@dataclass(frozen=True)
class FeederIntervals:
    """One row per feeder and interval, in order of feeder index and instant; see gl_feeder_interval.

    `feeder` is an index into `feeders`, the distinct feeder ids in order.
    """

    feeders: tuple[str, ...]
    feeder: NDArray[np.int32]
    read_at: Ints
    local_day: NDArray[np.int32]
    reads_expected: Ints
    reads_received: Ints
    reads_estimated: Ints
    metered: Ints
    weight_expected: Ints
    weight_received: Ints
    weight_estimated: Ints
    metered_estimated: Ints
    voltage_reads: Ints
    voltage_sum_cv: Ints
    voltage_below_a: Ints
    voltage_below_b: Ints
    last_arrived_at: Ints

    def __len__(self) -> int:
        """The number of feeder-intervals."""
        return int(self.feeder.shape[0])


def energy_units(kwh: NDArray[np.float64], units_per_kwh: int = DWH_PER_KWH) -> Ints:
    """Energies as whole numbers of 1/units_per_kwh kWh."""
    return np.rint(kwh * units_per_kwh).astype(np.int64)


def meter_days(reads: Reads, zone: ZoneInfo, *, units_per_kwh: int = DWH_PER_KWH) -> MeterDays:
    """Roll reads up to meter and local day. Each (meter, read_at) must stand once; duplicates are the loader's matter.

    The day is that of the interval's start in `zone`.
    """
    days = local_days(reads.read_at, reads.interval_minutes * US_PER_MINUTE, zone)
    return roll_meter_days(reads.meter, days, energy_units(reads.kwh, units_per_kwh), reads.flags)


def roll_meter_days(
    meter: NDArray[np.int32], days: NDArray[np.int32], energy: Ints, flags: NDArray[np.int32]
) -> MeterDays:
    """`meter_days` on columns whose local days are known already."""
    groups = group(meter, days)
    return MeterDays(
        meter=groups.major,
        local_day=groups.minor.astype(np.int32),
        energy=groups.sums(energy),
        reads=groups.sizes,
        reads_estimated=groups.sums((flags & Flag.ESTIMATED) != 0),
        zero_reads=groups.sums(energy == 0),
        negative_reads=groups.sums(energy < 0),
    )


def feeder_intervals(
    reads: Reads,
    zone: ZoneInfo,
    weights: Ints,
    *,
    units_per_kwh: int = DWH_PER_KWH,
    service_v: NDArray[np.float64] | None = None,
) -> FeederIntervals:
    """Roll reads up to feeder and interval.

    Args:
        reads: each (meter, read_at) once. `reads.meters` names every meter that is expected, read or not.
        zone: the tenant's local time.
        weights: expected energy per interval of each of `reads.meters`, whole numbers in any one unit.
        units_per_kwh: unit of the energy sums.
        service_v: nominal voltage of each of `reads.meters`, 120 where not given.
    """
    feeders, feeder_of = _feeder_codes(reads)
    feeder = feeder_of[reads.meter]
    groups = group(feeder, reads.read_at, reads.interval_minutes * US_PER_MINUTE)
    add, rows = groups.sums, groups.major
    estimated = (reads.flags & Flag.ESTIMATED) != 0
    energy = energy_units(reads.kwh, units_per_kwh)
    nominal = np.full(len(reads.meters), 120.0) if service_v is None else service_v
    measured = np.isfinite(reads.voltage)
    per_unit = np.where(measured, reads.voltage, np.inf) / nominal[reads.meter]
    meters_on = np.bincount(feeder_of, minlength=len(feeders))
    weight_on = np.zeros(len(feeders), dtype=np.int64)
    np.add.at(weight_on, feeder_of, weights)
    return FeederIntervals(
        feeders=feeders,
        feeder=rows,
        read_at=groups.minor,
        local_day=local_days(groups.minor, reads.interval_minutes * US_PER_MINUTE, zone),
        reads_expected=meters_on[rows].astype(np.int64),
        reads_received=add(~estimated),
        reads_estimated=add(estimated),
        metered=add(energy),
        weight_expected=weight_on[rows],
        weight_received=add(np.where(estimated, 0, weights[reads.meter])),
        weight_estimated=add(np.where(estimated, weights[reads.meter], 0)),
        metered_estimated=add(np.where(estimated, energy, 0)),
        voltage_reads=add(measured),
        voltage_sum_cv=add(np.rint(np.where(measured, reads.voltage, 0.0) * CV_PER_VOLT).astype(np.int64)),
        voltage_below_a=add(per_unit < RANGE_A_LOW_PU),
        voltage_below_b=add(per_unit < RANGE_B_LOW_PU),
        last_arrived_at=groups.largest(reads.arrived_at),
    )


@dataclass(frozen=True)
class FeederDays:
    """One row per feeder and local day over its matched intervals; see gl_feeder_day.

    `delivered`, `metered` and `metered_hat` are over matched intervals; reads and weights over all intervals that
    have a delivered value, so that an hour in which nobody was read lowers the coverage.
    """

    feeder: NDArray[np.int32]
    local_day: NDArray[np.int32]
    intervals_matched: Ints
    delivered: Ints
    throughput: Ints
    metered: Ints
    metered_hat: Ints
    reads_expected: Ints
    reads_received: Ints


def feeder_days(
    feeder: NDArray[np.int32],
    local_day: NDArray[np.int32],
    delivered: Ints,
    metered: Ints,
    reads_expected: Ints,
    reads_received: Ints,
    reads_known: Ints,
    weight_expected: Ints,
    weight_known: Ints,
) -> FeederDays:
    """Roll feeder-intervals that have a delivered value up to feeder and local day.

    Rows whose `reads_received` is 0 are unmatched: they count as expected reads and for nothing else. What is not known
    (neither read nor estimated) is made up for interval by interval, so that a gap at the peak weighs as the peak.
    """
    groups = group(feeder, local_day)
    is_matched = reads_received > 0
    hat = metered_hat(metered, weight_expected, weight_known)
    by_count = metered_hat(metered, reads_expected, reads_known)
    hat = np.where(np.isnan(hat), by_count, hat)

    def add(values: Ints, among: NDArray[np.bool_] | None = None) -> Ints:
        return groups.sums(values if among is None else np.where(among, values, 0))

    return FeederDays(
        feeder=groups.major,
        local_day=groups.minor.astype(np.int32),
        intervals_matched=add(is_matched.astype(np.int64)),
        delivered=add(delivered, is_matched),
        throughput=add(np.abs(delivered), is_matched),
        metered=add(metered, is_matched),
        metered_hat=add(np.rint(np.where(is_matched, hat, 0.0)).astype(np.int64)),
        reads_expected=add(reads_expected),
        reads_received=add(reads_received),
    )


def _feeder_codes(reads: Reads) -> tuple[tuple[str, ...], NDArray[np.int32]]:
    feeders = tuple(sorted(set(reads.feeders)))
    code = {feeder: position for position, feeder in enumerate(feeders)}
    return feeders, np.fromiter((code[f] for f in reads.feeders), dtype=np.int32, count=len(reads.feeders))
