"""Make a whole emulated load again from what it recorded, and compare it with what is stored.

`countersign verify run` calls it with the run of a publish. Where `regenerate.py` samples one feeder of a day for the
nightly check, this compares every read of the load. A value that a later load has replaced, or that gave way to one
that stood, is looked for among the kept versions.
"""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field

from sqlalchemy import Connection

from domain.grid.metering.rules.dirt import DirtRates
from domain.grid.metering.rules.emulator import SOURCE, VERSION, emulate_feeder
from domain.grid.metering.rules.fingerprint import Line, fingerprint, lines_of
from domain.grid.metering.rules.fleet import FeederMeters, Fleet, local_days, slot_starts
from domain.grid.metering.rules.scenario import Scenario
from domain.grid.metering.store import audits, rebuilding
from domain.grid.metering.store.fleet import load_fleet
from domain.grid.metering.store.rebuilding import RecordedBatch
from domain.kernel.canonical import content_hash
from domain.kernel.errors import Conflict
from domain.kernel.tenancy import Tenant, load_tenant
from domain.kernel.verify import Check


@dataclass
class _Tally:
    """What was compared so far; lines of one feeder and day at a time."""

    made: list[str] = field(default_factory=list)
    stored: list[str] = field(default_factory=list)
    reads: int = 0
    replaced: int = 0
    wrong: int = 0
    strange: int = 0


def rebuild_batch(connection: Connection, run_id: uuid.UUID) -> list[Check]:
    """Compare the recorded inputs with their digest, and every read that follows from them with what is stored.

    Raises:
        Conflict: NOT_REBUILDABLE, the rows came from a file, or what they follow from is no longer there.
    """
    tenant = load_tenant(connection)
    batch = rebuilding.recorded_batch(connection, run_id)
    checks = [Check.of("digest of the recorded inputs", batch.digest, content_hash(batch.made_from))]
    fleet = _fleet(connection, tenant, batch)
    disposed = rebuilding.disposed_days(connection)
    tally = _Tally()
    left_out = 0
    for day, start, end in local_days(batch.window_start, batch.window_end, tenant.zone):
        if day.isoformat() in disposed:
            left_out += 1
            continue
        local_day = audits.local_day(connection, tenant.tenant_id, day)
        kept = rebuilding.kept_values(connection, local_day)
        for feeder in fleet.feeders:
            made = _made(batch, fleet, feeder, (start, end))
            rows = audits.stored_reads(connection, local_day, feeder.feeder_id, start, end)
            _compare(tally, made, [rebuilding.line_of(row) for row in rows], kept)
    if left_out:
        checks.append(Check.left_out("days that were archived", f"{left_out} days were removed by retention"))
    return checks + list(_verdicts(tally, is_alone=rebuilding.is_alone(connection, batch)))


def _fleet(connection: Connection, tenant: Tenant, batch: RecordedBatch) -> Fleet:
    if batch.source != SOURCE:
        raise _refused(f"The load came from {batch.source}, whose rows are not ours to make again")
    if batch.made_from.get("version") != VERSION:
        raise _refused("The load was made by another version of the emulator")
    fleet = load_fleet(connection, tenant)
    if batch.made_from["fleet"] != fleet.version:
        raise _refused("The network or the meters were changed after the load was made")
    return fleet


def _refused(why: str) -> Conflict:
    return Conflict(f"{why}; nothing was compared.", code="NOT_REBUILDABLE")


def _made(batch: RecordedBatch, fleet: Fleet, feeder: FeederMeters, window: rebuilding.Window) -> list[Line]:
    facts = batch.made_from
    part = emulate_feeder(
        fleet,
        feeder,
        slot_starts(*window),
        [Scenario.of_facts(one) for one in facts["scenarios"]],
        seed=facts["seed"],
        interval_minutes=facts["interval"],
        rates=DirtRates(*facts["rates"]),
    )
    return lines_of(part.reads)


def _compare(tally: _Tally, made: list[Line], stored: list[Line], kept: set[rebuilding.Value]) -> None:
    """Line by line; the hashes are taken over what agrees with what was made, with its replaced values put back."""
    by_read = {line[:2]: line for line in stored}
    found = []
    for line in made:
        there = by_read.pop(line[:2], None)
        if there == line:
            found.append(line)
        elif rebuilding.value_of(line) in kept:
            tally.replaced += 1
            found.append(line)
        else:
            tally.wrong += 1
            found.extend([] if there is None else [there])
    tally.strange += len(by_read)
    tally.reads += len(made)
    tally.made.append(fingerprint(made))
    tally.stored.append(fingerprint(found))


def _verdicts(tally: _Tally, *, is_alone: bool) -> Iterator[Check]:
    note = (
        f"{tally.reads:,} reads, {tally.replaced:,} of them replaced since or given way, and found among the versions"
    )
    yield Check.of("content hash of the reads", content_hash(tally.stored), content_hash(tally.made), note)
    yield Check.of("reads that differ or are missing", 0, tally.wrong)
    if is_alone:
        yield Check.of("reads that the load did not make", 0, tally.strange)
    elif tally.strange:
        yield Check.left_out("reads that the load did not make", f"{tally.strange:,}; other loads share its window")
