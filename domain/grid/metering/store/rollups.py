"""Roll-ups of one local day, moved in the transaction of the load.

What moved comes either from the columns themselves, while a fresh day is copied, or from the signed rows of a
row-level load; both fill the same temporary tables, and the same statements carry them into the roll-ups.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import psycopg
from numpy.typing import NDArray

from domain.grid.metering.rules.fleet import from_us
from domain.grid.metering.rules.grouping import group
from domain.grid.metering.rules.reads import Reads
from domain.grid.metering.rules.rollup import feeder_intervals, meter_days
from domain.kernel.errors import Invalid
from domain.kernel.sqlfiles import sql_file
from domain.kernel.tenancy import Tenant

ROLLUPS = ("feeder_interval", "meter_day", "feeder_day_voltage", "feeder_day")
MOVED = ("moved_intervals", "moved_meter_days", "moved_voltages", "staged_delivered")


@dataclass(frozen=True)
class Registry:
    """Each meter's weight (hundredths of a kWh a day) and nominal voltage."""

    weight: dict[str, int]
    service_v: dict[str, float]


def prepare(connection: psycopg.Connection[Any]) -> Registry:
    """Create the temporary tables of a load and read the registry once."""
    connection.execute(sql_file("grid/load/moved_tables.sql"))
    rows = connection.execute("SELECT meter_id, weight, service_v FROM registry").fetchall()
    return Registry({row[0]: row[1] for row in rows}, {row[0]: row[2] for row in rows})


@dataclass
class Tee:
    """Hands reads through and keeps what they move; used while a fresh day is copied."""

    tenant: Tenant
    registry: Registry
    intervals: list[tuple[Any, ...]] = field(default_factory=list)
    meters: list[tuple[Any, ...]] = field(default_factory=list)
    voltages: list[tuple[Any, ...]] = field(default_factory=list)

    def through(self, parts: Iterable[Reads]) -> Iterator[Reads]:
        """The same reads.

        Raises:
            Invalid: a meter that the registry does not know.
        """
        for reads in parts:
            yield reads
            self._take(reads)

    def _take(self, reads: Reads) -> None:
        unknown = [meter for meter in reads.meters if meter not in self.registry.weight]
        if unknown:
            raise Invalid(
                f"Meter {unknown[0]!r} is not in the registry; nothing was stored.",
                hint="Import the network that holds it first: `countersign grid import --help`.",
                code="UNKNOWN_METER",
            )
        weights = np.array([self.registry.weight[meter] for meter in reads.meters], dtype=np.int64)
        nominal = np.array([self.registry.service_v[meter] for meter in reads.meters])
        volts = reads.voltage if np.all(nominal == 120.0) else reads.voltage * 120.0 / nominal[reads.meter]
        on_base = replace(reads, voltage=volts)
        self.intervals.extend(_interval_rows(on_base, self.tenant, weights))
        self.meters.extend(_meter_rows(reads, self.tenant))
        self.voltages.extend(_voltage_rows(on_base))

    def store(self, connection: psycopg.Connection[Any]) -> None:
        """Fill the temporary tables."""
        for table, rows in zip(MOVED, (self.intervals, self.meters, self.voltages), strict=False):
            with connection.cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)


def _interval_rows(reads: Reads, tenant: Tenant, weights: NDArray[np.int64]) -> Iterator[tuple[Any, ...]]:
    rolled = feeder_intervals(reads, tenant.zone, weights)
    names = [rolled.feeders[i] for i in rolled.feeder]
    ends, arrivals = (_instants(column) for column in (rolled.read_at, rolled.last_arrived_at))
    columns = (
        rolled.reads_received,
        rolled.reads_estimated,
        rolled.metered,
        rolled.weight_received,
        rolled.weight_estimated,
        rolled.metered_estimated,
        rolled.voltage_reads,
        rolled.voltage_sum_cv,
        rolled.voltage_below_a,
        rolled.voltage_below_b,
    )
    minutes = [reads.interval_minutes] * len(names)
    return zip(names, ends, minutes, *(column.tolist() for column in columns), arrivals, strict=True)


def _meter_rows(reads: Reads, tenant: Tenant) -> Iterator[tuple[Any, ...]]:
    rolled = meter_days(reads, tenant.zone)
    names = [reads.meters[i] for i in rolled.meter]
    feeders = [reads.feeders[i] for i in rolled.meter]
    columns = (rolled.reads, rolled.reads_estimated, rolled.energy, rolled.zero_reads, rolled.negative_reads)
    return zip(names, feeders, *(column.tolist() for column in columns), strict=True)


def _voltage_rows(reads: Reads) -> Iterator[tuple[Any, ...]]:
    """Reads by feeder and half-volt bin."""
    feeders = sorted(set(reads.feeders))
    code = {feeder: position for position, feeder in enumerate(feeders)}
    feeder_of = np.array([code[feeder] for feeder in reads.feeders], dtype=np.int32)
    measured = np.isfinite(reads.voltage)
    bins = np.floor(reads.voltage[measured] * 2.0).astype(np.int64)
    groups = group(feeder_of[reads.meter[measured]], bins)
    for feeder, voltage_bin, count in zip(
        groups.major.tolist(), groups.minor.tolist(), groups.sizes.tolist(), strict=True
    ):
        yield feeders[feeder], voltage_bin, count


def _instants(column: NDArray[np.int64]) -> list[datetime]:
    known: dict[int, datetime] = {}
    return [known.setdefault(us, from_us(us).astimezone(UTC)) for us in column.tolist()]


def roll_up(connection: psycopg.Connection[Any], tenant: Tenant, day: date) -> None:
    """Carry what moved into every roll-up of the day, and leave the temporary tables empty for the next day."""
    bounds = connection.execute("SELECT from_ts, to_ts FROM day_bounds(%s, %s)", (tenant.timezone, day)).fetchone()
    assert bounds is not None  # noqa: S101 - a function call answers one row
    values = {
        "tenant": tenant.tenant_id,
        "day": day,
        "from_ts": bounds[0],
        "to_ts": bounds[1],
    }
    for name in ROLLUPS:
        connection.execute(sql_file(f"grid/load/rollup_{name}.sql"), values)
    connection.execute(f"TRUNCATE {', '.join(MOVED)}")
