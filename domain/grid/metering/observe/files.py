"""Take in a file of real reads or delivered energy: detect, parse, check, load; say of every row left out why.

A file that makes no sense as a whole is refused and nothing of it is stored. Rows that make no sense are written to a
rejects file while the good rows load. The same file for the same tenant is loaded once, however often it is sent.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domain.grid.metering.formats.detect import FORMAT_VERSION, parse_file
from domain.grid.metering.formats.parsed import FileMapping, Limits, ParsedReads
from domain.grid.metering.formats.source import Source, read_bytes
from domain.grid.metering.observe.checked import Checked, check
from domain.grid.metering.observe.delivered import check_delivered, delivered_rows
from domain.grid.metering.observe.rejects import write_rejects
from domain.grid.metering.rules.intervals import as_instant, partition_days
from domain.grid.metering.rules.local_days import US_PER_MINUTE, day_date
from domain.grid.metering.rules.reads import Reads
from domain.grid.metering.rules.vee import DailyEnergy, VeeSettings
from domain.grid.metering.store.attachment import attach
from domain.grid.metering.store.batch import Batch, DayPart, LoadResult
from domain.grid.metering.store.conflicts import record_conflicts
from domain.grid.metering.store.delivered import known_feeders, of_another_interval
from domain.grid.metering.store.load import load_reads
from domain.grid.metering.store.registry import daily_energy_before, known_meters
from domain.kernel.canonical import content_hash, sha256_hex
from domain.kernel.db import transaction
from domain.kernel.settings import WriteMode, settings
from domain.kernel.tenancy import Tenant, load_tenant

SAMPLE = 20
# One transaction locks each day's tables; PostgreSQL's lock table has room for some thousands.
MAX_DAYS = 366
LOADED = ("inserted", "updated", "skipped", "kept_versions")


@dataclass(frozen=True)
class IngestResult:
    """What became of one file.

    Attributes:
        status: loaded, already_published, checked (a dry run), nothing_to_load (every row was rejected), refused
            (the file as a whole) or postponed (try again later); the last two only from a watched folder.
        counts: rows, reads, meters, rejected, duplicates, conflicts, other_feeder, and what the load did; for a file
            of delivered energy, delivered and feeders in place of reads and meters, and other_interval: how many
            values cannot be compared because the reads beside them are of another interval length.
        rules, flags: reads by VEE rule and by flag letter. notes: what the format left aside.
        rejects_sample: the first rejected rows; all of them are in `rejects_path`.
    """

    file: str
    status: str
    sha256: str = ""
    format: str = ""
    batch_ids: tuple[str, ...] = ()
    window: tuple[datetime, datetime] | None = None
    interval_minutes: tuple[int, ...] = ()
    counts: dict[str, int] = field(default_factory=dict)
    rules: dict[str, int] = field(default_factory=dict)
    flags: dict[str, int] = field(default_factory=dict)
    notes: dict[str, int] = field(default_factory=dict)
    rejects_path: Path | None = None
    rejects_sample: tuple[dict[str, Any], ...] = ()
    error: dict[str, str] | None = None

    def as_json(self) -> dict[str, Any]:
        """The result as JSON members."""
        return vars(self) | {
            "batch_ids": list(self.batch_ids),
            "window": [moment.isoformat() for moment in self.window] if self.window else None,
            "interval_minutes": list(self.interval_minutes),
            "rejects_path": str(self.rejects_path) if self.rejects_path else None,
            "rejects_sample": list(self.rejects_sample),
        }


def limits_of_copy() -> Limits:
    """How much a file may hold in this copy."""
    return Limits(max_bytes=settings().ingest_max_mb * 1024 * 1024, max_rows=settings().ingest_max_rows)


def ingest_file(
    tenant_id: str,
    source: Source,
    name: str,
    *,
    mode: WriteMode,
    now: datetime,
    actor: str = "machine",
    mapping: FileMapping | None = None,
    dry_run: bool = False,
    limits: Limits | None = None,
    vee: VeeSettings | None = None,
) -> IngestResult:
    """Take in one file.

    Args:
        tenant_id: the session's tenant.
        source: a path, bytes, or an open binary file such as an upload.
        name: the file's name, for messages, rejects and the ledger of batches; it decides nothing.
        mode: safe keeps a read that stands, upsert replaces it where it differs.
        now: the present instant; reads without an arrival time arrived now.
        actor: who asked, for the ledger.
        mapping: what the file does not say of itself.
        dry_run: parse, check and report; store and write nothing.
        limits: sizes; those of the copy by default.
        vee: limits of the VEE rules.

    Raises:
        Invalid: the file as a whole makes no sense; nothing of it was stored.
        TooLarge: it is larger than the limits.
        Conflict: another load is writing the same day.
    """
    limits, mapping, vee = limits or limits_of_copy(), mapping or FileMapping(), vee or VeeSettings()
    content = read_bytes(source, name, limits)
    sha256 = sha256_hex(content)
    with transaction(tenant_id) as connection:
        tenant = load_tenant(connection)
        if settings().attached_schema is not None:
            attach(connection, tenant, now)
    parsed = parse_file(content, name, mapping, tenant.zone, limits)
    del content
    checked = _checked(tenant, parsed, now, vee)
    facts = _facts(name, sha256, parsed, checked)
    if dry_run:
        return IngestResult(status="checked", counts=checked.counts, **facts)
    facts_of_load = {"file": sha256, "mapping": mapping.as_json(), "mode": mode.value}
    loads = [
        _load(tenant, reads, _parts(parsed, reads, days), _digest(tenant, reads, facts_of_load), mode, name, now, actor)
        for whole, days_of_whole in zip(checked.reads, checked.days, strict=True)
        for reads, days in _stretches(whole, days_of_whole)
    ]
    if checked.conflicts and loads:
        record_conflicts(tenant_id, checked.conflicts, loads[0].batch_id)
    return IngestResult(
        status=_status(loads),
        batch_ids=tuple(str(load.batch_id) for load in loads),
        counts=checked.counts | _loaded_counts(loads, parsed) | _other_interval(tenant_id, parsed, checked),
        rejects_path=write_rejects(tenant_id, sha256, name, checked.rejects),
        **facts,
    )


def _checked(tenant: Tenant, parsed: ParsedReads, now: datetime, vee: VeeSettings) -> Checked:
    """Check the rows against the registry, and reads against the stored days of the weeks before."""
    with transaction(tenant.tenant_id) as connection:
        if parsed.of_feeders:
            feeders = known_feeders(connection, parsed.meters)
            return check_delivered(parsed, feeders, tenant.zone, now=now, settings=vee)
        known = known_meters(connection, parsed.meters)
        days = partition_days(tenant.zone, parsed.read_at)
        history = DailyEnergy(np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros(0))
        if len(parsed) and known:
            least = vee.day_share * 24 * 60 / int(parsed.interval_minutes.max())
            first, last = day_date(int(days.min())), day_date(int(days.max()) + 1)
            askable = [meter if meter in known else "" for meter in parsed.meters]
            history = daily_energy_before(connection, askable, first, last, weeks=vee.high_low_weeks, least_reads=least)
    return check(parsed, known, history, tenant.zone, now=now, settings=vee)


def _facts(name: str, sha256: str, parsed: ParsedReads, checked: Checked) -> dict[str, Any]:
    sample = checked.rejects.frame().head(SAMPLE).to_dict("records")
    return {
        "file": name,
        "sha256": sha256,
        "format": parsed.format,
        "window": _window(checked.reads),
        "interval_minutes": tuple(reads.interval_minutes for reads in checked.reads),
        "rules": checked.by_rule,
        "flags": checked.by_flag,
        "notes": parsed.notes,
        "rejects_sample": tuple(sample),
    }


def _window(parts: list[Reads]) -> tuple[datetime, datetime] | None:
    """From the first interval's start to the last interval's end."""
    if not parts:
        return None
    first = min(int(reads.read_at.min()) - reads.interval_minutes * US_PER_MINUTE for reads in parts)
    return as_instant(first), as_instant(max(int(reads.read_at.max()) for reads in parts))


def _digest(tenant: Tenant, reads: Reads, facts: dict[str, Any]) -> str:
    """What makes the load the same load again.

    The meters that were taken are part of it: a file whose meters were unknown loads when they have been registered.
    """
    window = _window([reads])
    return content_hash(
        facts
        | {
            "version": FORMAT_VERSION,
            "tenant": tenant.tenant_id,
            "timezone": tenant.timezone,
            "source": reads.source,
            "interval_minutes": reads.interval_minutes,
            "window": [moment.isoformat() for moment in window or ()],
            "reads": len(reads),
            "meters": sorted(reads.meters),
        }
    )


def _stretches(reads: Reads, days: NDArray[np.int32]) -> Iterator[tuple[Reads, NDArray[np.int32]]]:
    """The reads in stretches of days that one transaction can lock; most files are one."""
    distinct = np.unique(days)
    for first in range(0, len(distinct), MAX_DAYS):
        stretch = distinct[first : first + MAX_DAYS]
        rows = np.flatnonzero((days >= stretch[0]) & (days <= stretch[-1]))
        yield reads.take(rows), days[rows]


def _load(
    tenant: Tenant,
    reads: Reads,
    parts: Iterator[DayPart],
    digest: str,
    mode: WriteMode,
    name: str,
    now: datetime,
    actor: str,
) -> LoadResult:
    window = _window([reads])
    assert window is not None  # noqa: S101 - there are reads
    batch = Batch(digest, reads.source, window, reads.interval_minutes, mode, file_name=name, actor=actor)
    return load_reads(tenant, batch, parts, now=now)


def _parts(parsed: ParsedReads, reads: Reads, days: NDArray[np.int32]) -> Iterator[DayPart]:
    """The reads, or the delivered energy, of each local day, ascending."""
    order = np.argsort(days, kind="stable")
    for rows in np.split(order, np.flatnonzero(np.diff(days[order])) + 1):
        if len(rows):
            day, own = day_date(int(days[rows[0]])), reads.take(rows)
            yield DayPart(day, delivered=delivered_rows(own)) if parsed.of_feeders else DayPart(day, [own])


def _status(loads: list[LoadResult]) -> str:
    if not loads:
        return "nothing_to_load"
    return "already_published" if all(load.already_published for load in loads) else "loaded"


def _loaded_counts(loads: list[LoadResult], parsed: ParsedReads) -> dict[str, int]:
    """What the loads did now; a load that stood already did nothing, its rows were skipped."""
    counts = dict.fromkeys(LOADED, 0)
    prefix = "delivered_" if parsed.of_feeders else ""
    for load in loads:
        if load.already_published:
            counts["skipped"] += int(load.counts[f"{prefix}reads"])
            continue
        for key in LOADED:
            counts[key] += int(load.counts.get(prefix + key, 0))
    return counts


def _other_interval(tenant_id: str, parsed: ParsedReads, checked: Checked) -> dict[str, int]:
    """How much of a file's delivered energy has reads of another length beside it; nothing for a file of reads."""
    window = _window(checked.reads)
    if not parsed.of_feeders or window is None:
        return {}
    feeders = sorted({feeder for reads in checked.reads for feeder in reads.meters})
    with transaction(tenant_id) as connection:
        return {"other_interval": of_another_interval(connection, feeders, *window)}
