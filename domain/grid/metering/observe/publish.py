"""Publish emulated reads: one window, or a stretch of days, for a tenant that is marked demo.

The same window under the same seed, fleet and scenarios is the same batch and is published once, whoever asks how
often. What belongs here: which window, what determines it, and handing it to the loader. The loader writes.
"""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from domain.grid.metering.observe.faults import rates_of
from domain.grid.metering.rules.dirt import DirtRates
from domain.grid.metering.rules.emulator import SOURCE, VERSION, emulate_feeder
from domain.grid.metering.rules.fleet import Fleet, from_us, local_days, slot_starts
from domain.grid.metering.rules.reads import DWH_PER_KWH, Reads
from domain.grid.metering.rules.scenario import Scenario
from domain.grid.metering.rules.twin import EventTwin, twin_without
from domain.grid.metering.store.attachment import attach
from domain.grid.metering.store.batch import Batch, DayPart, Delivered, LoadResult
from domain.grid.metering.store.fleet import load_fleet
from domain.grid.metering.store.load import find_batch, load_reads
from domain.grid.metering.store.scenarios import scenarios_between
from domain.grid.metering.store.watermark import ingest_watermark
from domain.kernel.canonical import content_hash
from domain.kernel.db import transaction
from domain.kernel.errors import Conflict, Forbidden, Invalid
from domain.kernel.settings import WriteMode
from domain.kernel.tenancy import Tenant, load_tenant

INTERVALS = (15, 30, 60)
MAX_AHEAD = timedelta(hours=24)
# Nothing is emulated before it: Dagster's partitions begin there too.
EARLIEST = datetime(2015, 1, 1, tzinfo=UTC)
MAX_DAYS = 400
# What a publish counts beside what is stored: kept away by an outage, lost, come twice alike, come twice and differing.
TALLIED = ("silenced", "missing", "duplicates", "conflicts")


@dataclass(frozen=True)
class PublishResult:
    """What a publish did. Grain of counts: reads of the whole window; `meters`: active meters asked to report."""

    run_id: uuid.UUID
    window: tuple[datetime, datetime]
    already_published: bool
    counts: dict[str, int]


@dataclass(frozen=True)
class Plan:
    """Everything that determines a window's reads."""

    tenant: Tenant
    fleet: Fleet
    scenarios: Sequence[Scenario]
    window: tuple[datetime, datetime]
    interval_minutes: int
    seed: int
    rates: DirtRates

    def facts(self, mode: WriteMode) -> dict[str, Any]:
        """Everything that determines the reads, as JSON; `regenerate.py` makes them again from it."""
        return {
            "version": VERSION,
            "fleet": self.fleet.version,
            "timezone": self.tenant.timezone,
            "seed": self.seed,
            "interval": self.interval_minutes,
            "window": [moment.isoformat() for moment in self.window],
            "scenarios": [s.facts() for s in self.scenarios],
            "rates": list(vars(self.rates).values()),
            "mode": mode.value,
        }


def publish(
    tenant_id: str,
    *,
    interval_minutes: int = 15,
    window_start: datetime | None = None,
    window_end: datetime | None = None,
    seed: int = 0,
    batch_size: int = 10_000,
    mode: WriteMode,
    now: datetime,
    actor: str,
    rates: DirtRates | None = None,
) -> PublishResult:
    """Publish one window of emulated reads.

    Args:
        tenant_id: the session's tenant.
        interval_minutes: 15, 30 or 60.
        window_start: start of a longer stretch; by default one interval before `window_end`.
        window_end: end of the window, on the interval grid; by default the next interval that has not been published.
        seed: another seed is another population.
        batch_size: rows written at a time; the result does not depend on it.
        mode: safe keeps a read that stands, upsert replaces it where it differs.
        now: the present instant.
        actor: who asked, for the ledger.
        rates: dirty-data rates, by default the tenant's: those of grid.md 2.6, but for what was set for it.

    Raises:
        Forbidden: the tenant is not marked demo: emulated reads never mix with a utility's own.
        Invalid: a window that is off the grid, too long or ends before it starts.
        Conflict: no meters, tables that cannot be mapped, or a demo clock more than a day ahead of the wall clock.
    """
    with transaction(tenant_id) as connection:
        tenant = load_tenant(connection)
        _require_demo(tenant)
        attach(connection, tenant, now)
        window = _window(interval_minutes, window_start, window_end, now, ingest_watermark(connection, SOURCE))
        fleet = load_fleet(connection, tenant)
        scenarios = scenarios_between(connection, *window)
        rates = rates or rates_of(connection)
    plan = Plan(tenant, fleet, scenarios, window, interval_minutes, seed, rates)
    return run_plan(plan, mode=mode, batch_size=batch_size, now=now, actor=actor)


def run_plan(plan: Plan, *, mode: WriteMode, batch_size: int, now: datetime, actor: str) -> PublishResult:
    """Load what the plan says, unless it stands already."""
    facts = plan.facts(mode)
    digest = content_hash(facts)
    tally = dict.fromkeys(TALLIED, 0)
    result = find_batch(plan.tenant.tenant_id, digest)
    if result is None:
        batch = Batch(digest, SOURCE, plan.window, plan.interval_minutes, mode, actor=actor, made_from=facts)
        result = load_reads(plan.tenant, batch, _days(plan, batch_size, tally), now=now)
    return PublishResult(
        run_id=result.batch_id,
        window=plan.window,
        already_published=result.already_published,
        counts=_counts(plan.fleet, result, tally),
    )


def _counts(fleet: Fleet, result: LoadResult, tally: dict[str, int]) -> dict[str, int]:
    counts = dict(result.counts)
    if result.already_published:
        counts |= {"inserted": 0, "updated": 0, "skipped": counts["reads"]}
    names = ("reads", "inserted", "updated", "skipped", "kept_versions", "days")
    return {"meters": fleet.meter_count, **{name: int(counts[name]) for name in names}, **tally}


def _require_demo(tenant: Tenant) -> None:
    if not tenant.is_demo:
        raise Forbidden(
            f"Emulated reads are not written for tenant {tenant.tenant_id}: it is not marked as a demo tenant.",
            hint="Upload its real reads instead, or publish for a tenant created with is_demo.",
            code="EMULATOR_REFUSED",
        )


def next_window_start(now: datetime, watermark: datetime | None, interval_minutes: int) -> datetime:
    """Where the demo clock stands: the start of the next interval to publish.

    It follows the wall clock, and runs ahead of it when windows are published faster than time passes, so that a
    scenario injected now shows in the next publish.
    """
    closed = floor_to(now, interval_minutes) - timedelta(minutes=interval_minutes)
    return closed if watermark is None else max(closed, floor_to(watermark, interval_minutes))


def floor_to(moment: datetime, interval_minutes: int) -> datetime:
    """The last grid point at or before `moment`."""
    step = timedelta(minutes=interval_minutes)
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    return epoch + (moment - epoch) // step * step


def _window(
    interval_minutes: int, start: datetime | None, end: datetime | None, now: datetime, watermark: datetime | None
) -> tuple[datetime, datetime]:
    if interval_minutes not in INTERVALS:
        raise Invalid("The interval must be 15, 30 or 60 minutes.", code="INTERVAL")
    step = timedelta(minutes=interval_minutes)
    if end is None:
        end = next_window_start(now, watermark, interval_minutes) + step
        if end > now + MAX_AHEAD:
            raise _ahead("The demo clock is a day ahead of the wall clock.", now, interval_minutes)
    _require_in_range(start, end, now, interval_minutes)
    # The end first: it is what a caller names.
    for moment in (end, start):
        if moment is not None and floor_to(moment, interval_minutes) != moment:
            raise _off_grid(moment, now, interval_minutes)
    start = end - step if start is None else start
    if start >= end:
        raise Invalid("The window ends before it starts.", code="WINDOW")
    if end - start > timedelta(days=MAX_DAYS):
        raise Invalid(f"The window is longer than {MAX_DAYS} days.", hint="Publish it in parts.", code="WINDOW")
    return start.astimezone(UTC), end.astimezone(UTC)


def _require_in_range(start: datetime | None, end: datetime, now: datetime, interval_minutes: int) -> None:
    """Before any arithmetic: an instant near the ends of the calendar cannot be counted with."""
    for moment in (end, start):
        if moment is not None and moment.tzinfo is None:
            raise _off_grid(moment, now, interval_minutes)
    if end > now + MAX_AHEAD:
        # Reads of next year would hold the demo clock there, and no window would ever be due again.
        raise _ahead("The window ends more than a day ahead of the wall clock.", now, interval_minutes)
    if end <= EARLIEST or (start is not None and start < EARLIEST):
        raise Invalid(
            f"The window begins before {EARLIEST:%Y-%m-%d}; nothing was published.",
            hint="Name a later one, or leave windowEnd out for the next that is due.",
            code="WINDOW",
        )


def _off_grid(moment: datetime, now: datetime, interval_minutes: int) -> Invalid:
    return Invalid(
        f"{moment.isoformat()} is not on the {interval_minutes}-minute grid.",
        hint=f"Use an instant with a zone, for example {floor_to(now, interval_minutes).isoformat()}.",
        code="OFF_GRID",
    )


def _ahead(detail: str, now: datetime, interval_minutes: int) -> Conflict:
    last = floor_to(now + MAX_AHEAD, interval_minutes)
    return Conflict(
        f"{detail} Nothing was published.",
        hint=f"Wait, or name a window with windowEnd, {last:%Y-%m-%dT%H:%M:%SZ} at the latest.",
        code="DEMO_CLOCK_AHEAD",
    )


def _days(plan: Plan, batch_size: int, tally: dict[str, int]) -> Iterator[DayPart]:
    for day, start, end in local_days(*plan.window, plan.tenant.zone):
        part = DayPart(day, twins=_twins(plan, start, end))
        yield replace(part, reads=_reads(plan, start, end, batch_size, part, tally))


def _twins(plan: Plan, start: datetime, end: datetime) -> list[EventTwin]:
    """What every feeder's part of the window would be without each event that touches it: the ledger's measure."""
    slots = slot_starts(start, end)
    found = [
        twin_without(
            event,
            plan.fleet,
            feeder,
            slots,
            plan.scenarios,
            seed=plan.seed,
            interval_minutes=plan.interval_minutes,
            rates=plan.rates,
        )
        for event in plan.scenarios
        for feeder in plan.fleet.feeders
    ]
    return [twin for twin in found if twin is not None]


def _reads(
    plan: Plan, start: datetime, end: datetime, batch_size: int, day: DayPart, tally: dict[str, int]
) -> Iterator[Reads]:
    """The reads of a day, feeder by feeder; what comes beside them goes into the lists of `day`."""
    slots = slot_starts(start, end)
    # In the order of the key where meters are numbered by feeder: a key that comes sorted is built in half the time.
    for feeder in sorted(plan.fleet.feeders, key=lambda feeder: feeder.meter_ids[0]):
        part = emulate_feeder(
            plan.fleet,
            feeder,
            slots,
            plan.scenarios,
            seed=plan.seed,
            interval_minutes=plan.interval_minutes,
            rates=plan.rates,
        )
        for name, count in zip(TALLIED, (part.silenced, part.missing, part.repeated, len(part.disputed)), strict=True):
            tally[name] += count
        day.disputed.append(part.disputed)
        day.delivered.extend(
            Delivered(
                feeder.feeder_id, from_us(int(us)), dwh / DWH_PER_KWH, plan.interval_minutes, SOURCE, from_us(int(us))
            )
            for us, dwh in zip(part.ends, part.delivered_dwh, strict=True)
        )
        yield from part.reads.in_pieces(batch_size)
