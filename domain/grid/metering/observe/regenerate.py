"""Make the emulated reads of one feeder and day again, from what its batch recorded, and compare with what is stored.

That is the proof of determinism: not that two runs of today agree, but that what stands in the table follows from the
recorded seed, fleet, scenarios and rates alone.
"""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection

from domain.grid.metering.rules.dirt import DirtRates
from domain.grid.metering.rules.emulator import SOURCE, VERSION, emulate_feeder
from domain.grid.metering.rules.fingerprint import Line, fingerprint, lines_of
from domain.grid.metering.rules.fleet import FeederMeters, Fleet, slot_starts
from domain.grid.metering.rules.scenario import Scenario
from domain.grid.metering.store import audits
from domain.grid.metering.store.audits import LocalDay, Row
from domain.grid.metering.store.fleet import load_fleet
from domain.kernel.settings import WriteMode
from domain.kernel.tenancy import load_tenant


@dataclass(frozen=True)
class Regenerated:
    """One feeder's reads of one local day, stored and made again. `why_not` says why nothing was compared."""

    feeder_id: str | None = None
    window: tuple[datetime, datetime] | None = None
    reads: int = 0
    stored_sha256: str | None = None
    made_sha256: str | None = None
    why_not: str | None = None

    @property
    def is_equal(self) -> bool:
        """Whether both are the same to the last bit; True as well where there was nothing to compare."""
        return self.stored_sha256 == self.made_sha256


def regenerate_feeder(connection: Connection, tenant_id: str, day: date) -> Regenerated:
    """Compare one feeder of the day; which one turns with the date, so that every feeder is compared in time."""
    local_day = audits.local_day(connection, tenant_id, day)
    batches = audits.emulated_batches(connection, local_day, SOURCE)
    if not batches:
        return Regenerated(why_not="no emulated batch touches this day")
    batch = batches[-1] if batches[-1]["write_mode"] == WriteMode.UPSERT else batches[0]
    facts = batch["made_from"]
    if facts.get("version") != VERSION:
        return Regenerated(why_not="the batch was made by another version of the emulator")
    fleet = load_fleet(connection, load_tenant(connection))
    if facts["fleet"] != fleet.version:
        return Regenerated(why_not="the network or the meters were changed after these reads were made")
    feeder = fleet.feeders[day.toordinal() % len(fleet.feeders)]
    return _compare(connection, local_day, batch, fleet, feeder)


def _compare(connection: Connection, day: LocalDay, batch: Row, fleet: Fleet, feeder: FeederMeters) -> Regenerated:
    start, end = max(batch["window_start"], day.begins), min(batch["window_end"], day.ends)
    facts = batch["made_from"]
    made = emulate_feeder(
        fleet,
        feeder,
        slot_starts(start, end),
        [Scenario.of_facts(one) for one in facts["scenarios"]],
        seed=facts["seed"],
        interval_minutes=facts["interval"],
        rates=DirtRates(*facts["rates"]),
    )
    stored = [_line(row) for row in audits.stored_reads(connection, day, feeder.feeder_id, start, end)]
    return Regenerated(
        feeder_id=feeder.feeder_id,
        window=(start, end),
        reads=len(stored),
        stored_sha256=fingerprint(stored),
        made_sha256=fingerprint(lines_of(made.reads)),
    )


def _line(row: Row) -> Line:
    return (row["meter_id"], row["read_us"], row["kwh"], row["voltage"], row["quality_flags"], row["arrived_us"])
