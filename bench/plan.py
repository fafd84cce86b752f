"""How large a copy has to be for so many meters: calculated from what one read costs, formula by formula.

    python -m bench.plan [--meters 10000000] [--hot-days 90] [--write]

`--write` puts the table into docs/scale.md. Prices and sizes of machines are assumptions, to be replaced by one's own;
units were measured by `python -m bench.units`.
"""

import argparse
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from bench.units import WORDS, Units
from domain.kernel.migrate import ROOT

# Taken by bench.units with 5,000 meters on two cores, PostgreSQL 18.4, wal_level replica.
UNITS = Units(
    server_s=1.6, worker_s=0.43, read_bytes=158.0, wal_bytes=141.0, meter_day_bytes=188.0, feeder_day_bytes=56_000.0,
    parquet_bytes=4.8, archive_s=9.0,
)  # fmt: skip
PAGE = ROOT / "docs" / "scale.md"
BEGIN, END = "<!-- written by `python -m bench.plan --write` -->", "<!-- end of what was written -->"
SIZES = (100_000, 1_000_000, 10_000_000)
DAY_S = 86_400


@dataclass(frozen=True)
class Assumptions:
    """What a reader replaces by his own.

    Attributes:
        reads_a_day: of a meter.
        meters_a_feeder: for roll-ups by feeder.
        meters_a_tenant: a tenant is an operating area; a tenant's day is one partition and one load.
        load_hours: in which a day's reads must be in.
        use: share of a core that is planned on.
        hot_days: of reads in the database.
        kept_years: of roll-ups in the database and of archives.
        copies: of the database, the primary one included.
        node_cores: of a database node.
        node_tb: of disk of a database node, 10^12 bytes.
        disk_use: share of the disk that is planned on.
        node_month: price of a database node a month.
        core_month: price of a worker's core a month.
        object_tb_month: price of 10^12 bytes in the object store a month.
    """

    reads_a_day: int = 96
    meters_a_feeder: int = 1_000
    meters_a_tenant: int = 200_000
    load_hours: float = 2.0
    use: float = 0.5
    hot_days: int = 90
    kept_years: int = 7
    copies: int = 2
    node_cores: int = 16
    node_tb: float = 7.6
    disk_use: float = 0.7
    node_month: float = 1_200.0
    core_month: float = 30.0
    object_tb_month: float = 23.0


@dataclass(frozen=True)
class Plan:
    """What comes of it; the properties are the formulas of docs/scale.md."""

    meters: int
    units: Units = UNITS
    given: Assumptions = Assumptions()

    @property
    def reads_a_day(self) -> int:
        """M x n."""
        return self.meters * self.given.reads_a_day

    @property
    def reads_a_second(self) -> float:
        """Over the hours in which a day must be in."""
        return self.reads_a_day / (3_600 * self.given.load_hours)

    @property
    def tenants(self) -> int:
        """Operating areas."""
        return math.ceil(self.meters / self.given.meters_a_tenant)

    @property
    def reads_a_partition(self) -> int:
        """A tenant's day."""
        return self.reads_a_day // self.tenants

    @property
    def partitions(self) -> int:
        """Tenant-days in the database."""
        return self.tenants * self.given.hot_days

    @property
    def server_cores(self) -> int:
        """Busy cores of all primaries while a day is loaded, by the share that is planned on."""
        return self._cores(self.units.server_s)

    @property
    def worker_cores(self) -> int:
        """The same of the workers."""
        return self._cores(self.units.worker_s)

    @property
    def archive_core_hours_a_day(self) -> float:
        """To archive one day, as one leaves the database every day."""
        return self.reads_a_day / 1e6 * self.units.archive_s / 3_600

    @property
    def hot_tb(self) -> float:
        """Reads in the database, one copy."""
        return self.reads_a_day * self.units.read_bytes * self.given.hot_days / 1e12

    @property
    def rollup_tb(self) -> float:
        """Roll-ups of all kept years, one copy."""
        feeders = self.meters / self.given.meters_a_feeder
        a_day = self.meters * self.units.meter_day_bytes + feeders * self.units.feeder_day_bytes
        return a_day * 365 * self.given.kept_years / 1e12

    @property
    def cold_tb(self) -> float:
        """Archives of all kept years."""
        return self.reads_a_day * self.units.parquet_bytes * 365 * self.given.kept_years / 1e12

    @property
    def log_mb_a_second(self) -> float:
        """What each replica receives while a day is loaded, 10^6 bytes a second."""
        return self.reads_a_second * self.units.wal_bytes / 1e6

    @property
    def nodes(self) -> int:
        """Database nodes, replicas included: by disk or by cores, whichever asks for more."""
        by_disk = (self.hot_tb + self.rollup_tb) / (self.given.node_tb * self.given.disk_use)
        return self.given.copies * max(math.ceil(by_disk), math.ceil(self.server_cores / self.given.node_cores))

    @property
    def partitions_a_node(self) -> int:
        """Of one copy."""
        return math.ceil(self.partitions / (self.nodes // self.given.copies))

    @property
    def cost_a_month(self) -> float:
        """Nodes, workers, object store; in the unit of the prices."""
        given = self.given
        return (
            self.nodes * given.node_month + self.worker_cores * given.core_month + self.cold_tb * given.object_tb_month
        )

    @property
    def cost_a_meter_year(self) -> float:
        """The same a meter and year."""
        return 12 * self.cost_a_month / self.meters

    def _cores(self, seconds_a_million: float) -> int:
        return math.ceil(self.reads_a_second / 1e6 * seconds_a_million / self.given.use)


ROWS: tuple[tuple[str, Callable[[Plan], float], str], ...] = (
    ("reads a day, million", lambda plan: plan.reads_a_day / 1e6, ",.1f"),
    ("reads a second while a day is loaded", lambda plan: plan.reads_a_second, ",.0f"),
    ("tenants (operating areas)", lambda plan: plan.tenants, ",d"),
    ("reads in a partition, million", lambda plan: plan.reads_a_partition / 1e6, ",.1f"),
    ("partitions in the database", lambda plan: plan.partitions, ",d"),
    ("cores of the primaries", lambda plan: plan.server_cores, ",d"),
    ("cores of the workers", lambda plan: plan.worker_cores, ",d"),
    ("core hours a day for archiving", lambda plan: plan.archive_core_hours_a_day, ",.2f"),
    ("reads in the database, TB a copy", lambda plan: plan.hot_tb, ",.2f"),
    ("roll-ups of all years, TB a copy", lambda plan: plan.rollup_tb, ",.2f"),
    ("archives of all years, TB", lambda plan: plan.cold_tb, ",.2f"),
    ("log to each replica while loading, MB/s", lambda plan: plan.log_mb_a_second, ",.1f"),
    ("database nodes, replicas included", lambda plan: plan.nodes, ",d"),
    ("partitions a node", lambda plan: plan.partitions_a_node, ",d"),
    ("cost a month", lambda plan: plan.cost_a_month, ",.0f"),
    ("cost a meter and year", lambda plan: plan.cost_a_meter_year, ",.3f"),
)


def table(plans: list[Plan]) -> str:
    """The plans side by side, in Markdown, after the units and assumptions they rest on."""
    units = [f"| {words} | {getattr(plans[0].units, name):g} {unit} |" for name, (words, unit) in WORDS.items()]
    heads = " | ".join(f"{plan.meters:,} meters, {plan.given.hot_days} days hot" for plan in plans)
    lines = [BEGIN, "", "| what one read costs | measured |", "|---|---|", *units, ""]
    lines += [f"| | {heads} |", "|---|" + "---|" * len(plans)]
    lines += [f"| {name} | " + " | ".join(format(of(plan), form) for plan in plans) + " |" for name, of, form in ROWS]
    return "\n".join([*lines, "", END])


def shown_plans() -> list[Plan]:
    """The sizes of the page, and the largest with the usual hot horizon of 400 days."""
    plans = [Plan(meters) for meters in SIZES]
    return [*plans, replace(plans[-1], given=replace(plans[-1].given, hot_days=400))]


def main() -> None:
    """Print the table, or write it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--meters", type=int, help="one size instead of those of the page")
    parser.add_argument("--hot-days", type=int, default=90, help="days of reads in the database (default 90)")
    parser.add_argument("--write", action="store_true", help="write the table into docs/scale.md")
    given = parser.parse_args()
    if given.write:
        write(PAGE)
    elif given.meters:
        print(table([Plan(given.meters, given=Assumptions(hot_days=given.hot_days))]))
    else:
        print(table(shown_plans()))


def write(page: Path) -> None:
    """Put the table where the former one stood."""
    text = page.read_text()
    begins, ends = text.index(BEGIN), text.index(END) + len(END)
    page.write_text(text[:begins] + table(shown_plans()) + text[ends:])


if __name__ == "__main__":
    main()
