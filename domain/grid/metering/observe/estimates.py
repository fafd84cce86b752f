"""Estimate what is still missing of a local day, 24 hours after it has ended (grid.md 2.6, 2.7).

Estimates are loaded as rows flagged E through the loader of reads, in safe mode, with the rung of the ladder in their
source; a read that arrives later takes their place. In a storm nothing is estimated, an outage is zero and flagged O.
"""

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np

from domain.grid.metering.observe.day_grid import Missing, Outage
from domain.grid.metering.observe.day_knowledge import missing_of
from domain.grid.metering.rules.estimation import EstimationSettings, Method, estimate
from domain.grid.metering.rules.gap_context import pieces
from domain.grid.metering.rules.intervals import as_instant, to_us
from domain.grid.metering.rules.local_days import US_PER_MINUTE, day_number, local_midnight_us
from domain.grid.metering.rules.reads import Reads
from domain.grid.metering.store.batch import Batch, DayPart
from domain.grid.metering.store.load import load_reads
from domain.grid.metering.store.watermark import ingest_watermark
from domain.kernel.canonical import content_hash
from domain.kernel.db import transaction
from domain.kernel.errors import Conflict
from domain.kernel.settings import WriteMode
from domain.kernel.settings import settings as copy_settings
from domain.kernel.tenancy import Tenant, load_tenant

SOURCE = "VEE_ESTIMATE"
VERSION = 1
WAIT = timedelta(hours=24)

# One filled interval: interval length, method, meter id, feeder id, interval end, kWh, flags.
Filled = tuple[int, Method, str, str, int, float, int]


@dataclass(frozen=True)
class EstimateResult:
    """What was estimated of one local day.

    Attributes:
        status: estimated; nothing_to_estimate where no row was written (none missing, or nothing to go by).
        counts: meters with missing reads, missing intervals, estimated and zero_by_outage, inserted, skipped.
        methods: intervals by the rung that filled them or the reason why none did.
        through: how far the tenant's reads went.
    """

    local_date: date
    status: str
    through: datetime
    batch_ids: tuple[str, ...] = ()
    counts: dict[str, int] = field(default_factory=dict)
    methods: dict[str, int] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The result as JSON members."""
        return vars(self) | {
            "local_date": self.local_date.isoformat(),
            "through": self.through.isoformat(),
            "batch_ids": list(self.batch_ids),
        }


def estimate_missing(
    tenant_id: str,
    local_date: date,
    *,
    now: datetime,
    actor: str,
    outages: Sequence[Outage] = (),
    settings: EstimationSettings | None = None,
) -> EstimateResult:
    """Estimate the missing reads of a local day; doing so again changes nothing.

    A meter is estimated that is active and was read on the day or in the four weeks before it.

    Args:
        tenant_id: the session's tenant.
        local_date: a day that ended at least 24 hours before the last read that came in.
        now: the instant that is recorded as the time of writing.
        actor: who asked, for the ledger.
        outages: known outages by meter; an interval inside one is zero, not estimated.
        settings: rungs and storm limits.

    Raises:
        Conflict: reads of the day may still arrive, or they stand in an attached table.
    """
    settings = settings or EstimationSettings()
    if copy_settings().attached_schema is not None:
        raise Conflict(
            f"Nothing was estimated for {local_date}: its reads stand in a utility's own table, which gets none.",
            hint="Estimates are made where Countersign keeps the reads itself.",
            code="ATTACHED_NOT_ESTIMATED",
        )
    with transaction(tenant_id) as connection:
        tenant = load_tenant(connection)
        through = _require_settled(tenant, local_date, ingest_watermark(connection))
        found = missing_of(connection, tenant, local_date, outages, settings)
    methods: Counter[str] = Counter()
    filled = sorted(row for part in found for row in _fill(part, settings, methods))
    missing = sum(methods.values())
    counts = {"meters": len({meter for part in found for meter in part.meters_missing()}), "missing": missing}
    counts["zero_by_outage"] = methods[Method.OUTAGE]
    counts["estimated"] = len(filled) - methods[Method.OUTAGE]
    batches, inserted = _load(tenant, local_date, through, filled, now=now, actor=actor)
    return EstimateResult(
        local_date,
        "estimated" if inserted else "nothing_to_estimate",
        through,
        batches,
        counts | {"inserted": inserted, "skipped": len(filled) - inserted},
        dict(sorted(methods.items())),
    )


def _require_settled(tenant: Tenant, day: date, watermark: datetime | None) -> datetime:
    ends = as_instant(local_midnight_us(day_number(day) + 1, tenant.zone))
    if watermark is None or watermark < ends + WAIT:
        reach = "no reads have come in" if watermark is None else f"reads have come in until {watermark.isoformat()}"
        raise Conflict(
            f"Nothing was estimated for {day}: its reads may still arrive, {reach}.",
            hint=f"Estimate once reads reach {(ends + WAIT).isoformat()}, 24 hours after the day's end.",
            code="DAY_NOT_SETTLED",
        )
    return watermark


def _fill(part: Missing, settings: EstimationSettings, methods: Counter[str]) -> Iterator[Filled]:
    """The intervals of the day that the ladder fills and that nothing stands for yet; every missing one is counted."""
    first, last = int(part.known.ends[0]), int(part.known.ends[-1])
    for whole in part.gaps:
        for gap, context in pieces(whole, part.known, settings):
            answer = estimate(gap, context, settings)
            for position, (kwh, flags) in enumerate(zip(answer.kwh.tolist(), answer.flags.tolist(), strict=True)):
                end = gap.first_end + position * gap.minutes * US_PER_MINUTE
                if not first <= end <= last or (gap.meter, end) in part.standing:
                    continue
                method = Method.OUTAGE if context.outage[position] else answer.method
                methods[method] += 1
                if flags:
                    yield gap.minutes, method, part.meters[gap.meter], part.feeders[gap.meter], end, kwh, flags


def _load(
    tenant: Tenant, day: date, through: datetime, filled: list[Filled], *, now: datetime, actor: str
) -> tuple[tuple[str, ...], int]:
    """Load the rows, a batch for each interval length; the batches' ids, and how many rows were new."""
    batches, inserted = [], 0
    for minutes in sorted({row[0] for row in filled}):
        rows = [row for row in filled if row[0] == minutes]
        methods = sorted({row[1] for row in rows})
        parts = [_reads([row for row in rows if row[1] == method], through) for method in methods]
        facts = {
            "version": VERSION,
            "tenant": tenant.tenant_id,
            "local_date": day.isoformat(),
            "rows": hashlib.sha256(repr([row[1:] for row in rows]).encode()).hexdigest(),
        }
        ends = [row[4] for row in rows]
        window = as_instant(min(ends) - minutes * US_PER_MINUTE), as_instant(max(ends))
        by_method: dict[str, int] = dict(sorted(Counter(str(row[1]) for row in rows).items()))
        made_from = facts | {"through": through.isoformat(), "methods": by_method}
        batch = Batch(content_hash(facts), SOURCE, window, minutes, WriteMode.SAFE, actor=actor, made_from=made_from)
        result = load_reads(tenant, batch, [DayPart(day, parts)], now=now)
        batches.append(str(result.batch_id))
        inserted += 0 if result.already_published else int(result.counts["inserted"])
    return tuple(batches), inserted


def _reads(rows: list[Filled], through: datetime) -> Reads:
    """Rows of one interval length and method as columns; they have no voltage, and came when the day was settled."""
    meters = {row[2]: row[3] for row in rows}
    number = {meter: index for index, meter in enumerate(meters)}
    size = len(rows)
    return Reads(
        meters=list(meters),
        feeders=list(meters.values()),
        meter=np.array([number[row[2]] for row in rows], np.int32),
        read_at=np.array([row[4] for row in rows], np.int64),
        kwh=np.array([row[5] for row in rows], np.float64),
        voltage=np.full(size, np.nan),
        flags=np.array([row[6] for row in rows], np.int32),
        arrived_at=np.full(size, to_us(through), np.int64),
        interval_minutes=rows[0][0],
        source=f"{SOURCE}:{rows[0][1]}",
    )
