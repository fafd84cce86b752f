"""The demo tenant that is measured: its meters, the plan of a local day, and the same reads for every peer.

Days are fixed and lie clear of the changes of clocks, so that each has 96 quarter hours.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from domain.grid.metering.observe.publish import Plan, PublishResult, run_plan
from domain.grid.metering.rules.copy_rows import HEADER, TRAILER, copy_blocks
from domain.grid.metering.rules.dirt import DirtRates
from domain.grid.metering.rules.emulator import emulate_feeder
from domain.grid.metering.rules.fleet import slot_starts
from domain.grid.metering.rules.reads import Reads
from domain.grid.metering.rules.scenario import Kind, Scenario
from domain.grid.metering.store.fleet import load_fleet
from domain.kernel.canonical import derived_id
from domain.kernel.db import transaction
from domain.kernel.settings import WriteMode
from domain.kernel.tenancy import load_tenant
from tests.makers import make_fleet

TENANT = "BENCH"
TIMEZONE = "Europe/Berlin"
FEEDERS = 10
INTERVALS = 96
FIRST_DAY = date(2026, 4, 6)
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
BATCH_SIZE = 100_000
BENCH_THEFT = str(derived_id("bench", "theft"))


def make_population(meters: int) -> None:
    """The tenant with its meters, spread over ten feeders."""
    make_fleet(TENANT, FEEDERS, max(1, meters // FEEDERS), timezone=TIMEZONE)


def midnight(day: int) -> datetime:
    """The instant at which the `day`-th measured local day begins."""
    local = FIRST_DAY + timedelta(days=day)
    return datetime(local.year, local.month, local.day, tzinfo=ZoneInfo(TIMEZONE)).astimezone(UTC)


def plan(start: datetime, end: datetime, seed: int = 0) -> Plan:
    """What determines the reads of a window."""
    with transaction(TENANT) as connection:
        tenant = load_tenant(connection)
        fleet = load_fleet(connection, tenant)
    return Plan(tenant, fleet, [], (start, end), 15, seed, DirtRates())


def day_plan(day: int, seed: int = 0, days: int = 1) -> Plan:
    """The plan of whole local days."""
    return plan(midnight(day), midnight(day + days), seed)


def with_theft_on_one_feeder(of: Plan) -> Plan:
    """The same reads, but for one feeder of ten on which every meter records less."""
    thieves = of.fleet.feeders[len(of.fleet.feeders) // 2]
    theft = Scenario(
        BENCH_THEFT, Kind.THEFT, thieves.feeder_id, frozenset(thieves.meter_ids), severity=0.5, starts_at=of.window[0],
        ends_at=of.window[1],
    )  # fmt: skip
    return replace(of, scenarios=[theft])


def publish(of: Plan, mode: WriteMode = WriteMode.SAFE) -> PublishResult:
    """Publish as the product does."""
    return run_plan(of, mode=mode, batch_size=BATCH_SIZE, now=NOW, actor="bench")


def published_reads(of: Plan, mode: WriteMode = WriteMode.SAFE) -> int:
    """Publish, and answer how many reads the batch held; a batch that stood already is a fault of the benchmark."""
    result = publish(of, mode)
    assert not result.already_published, "the batch stood already: nothing was measured"
    return result.counts["reads"]


def reads(of: Plan) -> Iterator[Reads]:
    """The reads of a plan, feeder by feeder, as the product generates them."""
    for feeder in of.fleet.feeders:
        yield emulate_feeder(
            of.fleet,
            feeder,
            slot_starts(*of.window),
            of.scenarios,
            seed=of.seed,
            interval_minutes=of.interval_minutes,
            rates=of.rates,
        ).reads


def made(of: Plan) -> int:
    """Generate and encode the reads of a plan and throw each block away, as the loader does once it is sent."""
    count = 0
    for part in reads(of):
        count += len(part)
        for _ in copy_blocks(TENANT, part):
            pass
    return count


def encoded(of: Plan) -> tuple[int, list[bytes]]:
    """The reads of a plan as COPY BINARY in pieces of about a megabyte, ready in memory, and their number."""
    pieces, count, pending = [HEADER], 0, bytearray()
    for part in reads(of):
        count += len(part)
        for block in copy_blocks(TENANT, part):
            pending += block
            if len(pending) >= 1 << 20:
                pieces.append(bytes(pending))
                pending.clear()
    return count, [*pieces, bytes(pending), TRAILER]
