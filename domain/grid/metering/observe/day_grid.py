"""One local day on the grid of one interval length: its gaps, and what the ladder may know around each of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from domain.grid.metering.rules.estimation import EstimationSettings, Gap, find_gaps
from domain.grid.metering.rules.feeder_day import NORM_DAYS, FeederTable
from domain.grid.metering.rules.gap_context import DayKnowledge
from domain.grid.metering.rules.intervals import to_us
from domain.grid.metering.rules.local_days import (
    US_PER_DAY,
    US_PER_MINUTE,
    day_number,
    expected_intervals,
    local_clock_us,
)
from domain.grid.metering.store import gaps as store
from domain.grid.metering.store.suspicion import KnownMeter
from domain.kernel.tenancy import Tenant

LIKE_WEEKS = 6
DAY_MINUTES = 24 * 60
WHOLE_SHARE = 0.9  # a day with this share of its intervals tells what a meter usually takes


@dataclass(frozen=True)
class Outage:
    """A meter without supply: from and until which instant. Grain: meter and outage."""

    meter_id: str
    from_at: datetime
    to_at: datetime


@dataclass(frozen=True)
class Missing:
    """The gaps of the meters of one interval length. `standing`: intervals for which a stand-in is stored already."""

    meters: list[str]
    feeders: list[str]
    gaps: list[Gap]
    standing: set[tuple[int, int]]
    known: DayKnowledge

    def meters_missing(self) -> set[str]:
        """The meters that lack a read of the day and have no stand-in for it."""
        first, last = int(self.known.ends[0]), int(self.known.ends[-1])
        return {
            self.meters[gap.meter]
            for gap in self.gaps
            for end in range(gap.first_end, gap.first_end + gap.length_min * US_PER_MINUTE, gap.minutes * US_PER_MINUTE)
            if first <= end <= last and (gap.meter, end) not in self.standing
        }


@dataclass(frozen=True)
class Day:
    """The day and its meters that lack rows, with their stored days and the feeders' intervals."""

    tenant: Tenant
    on: date
    start: int
    end: int
    meters: list[KnownMeter]
    history: dict[str, dict[date, store.MeterDay]]
    feeders: FeederTable
    meters_on: dict[str, int]


class Grid:
    """The interval grid of one length on the day, and what is known on it."""

    def __init__(self, day: Day, minutes: int, phase: int, members: NDArray[np.int64]) -> None:
        self.day, self.minutes, self.step = day, minutes, minutes * US_PER_MINUTE
        self.meters = [day.meters[int(index)] for index in members]
        first = day.start + ((phase - day.start) % self.step or self.step)
        self.ends = np.arange(first, day.end + 1, self.step, dtype=np.int64)

    def missing(
        self,
        rows: store.RowsOf,
        like: list[store.RowsOf],
        shapes: dict[tuple[str, bool, int], dict[int, float]],
        outages: Sequence[Outage],
        settings: EstimationSettings,
    ) -> Missing:
        """The gaps of the day and what is known around them, for `estimate`.

        Args:
            rows: reads of the day and around it; estimates that stand are no reads.
            like: reads of like days, one entry a day.
            shapes: what meters of the same class, PV and interval length use, by interval end.
            outages: during which nothing is estimated.
            settings: hours over which to interpolate, and the other thresholds.
        """
        reads = rows.take(np.flatnonzero(~rows.stands_in & self._on_grid(rows)))
        reach = int(settings.interpolate_h * 60 // self.minutes + 1) * self.step
        window = int(self.ends[0]) - self.step - reach, int(self.ends[-1]) + reach
        inside = reads.take(np.flatnonzero((reads.read_at > window[0]) & (reads.read_at <= window[1])))
        gaps = find_gaps(inside.meter, inside.read_at, self.minutes, window, len(self.meters))
        gaps = [
            g for g in gaps if g.first_end <= self.ends[-1] and g.first_end + g.intervals * self.step > self.ends[0]
        ]
        stands = rows.take(np.flatnonzero(rows.stands_in))
        known = DayKnowledge(
            ends=self.ends,
            slot=self._slots(self.ends),
            kwh_at=self._neighbours(reads, gaps),
            like_days=np.stack([self._laid_out(one) for one in like]),
            feeder_index=self._feeder_index(),
            shape=self._shapes(shapes),
            usual_kwh=np.array([self._usual(meter.meter_id) for meter in self.meters], np.float64),
            silent_days=np.array([self._silent_days(meter.meter_id) for meter in self.meters], np.int64),
            storm=self._storm(settings),
            outage=self._outage(outages),
        )
        ids, feeders = [meter.meter_id for meter in self.meters], [meter.feeder_id for meter in self.meters]
        return Missing(ids, feeders, gaps, set(zip(stands.meter.tolist(), stands.read_at.tolist(), strict=True)), known)

    def _on_grid(self, rows: store.RowsOf) -> NDArray[np.bool_]:
        answer: NDArray[np.bool_] = (rows.minutes == self.minutes) & ((rows.read_at - self.ends[0]) % self.step == 0)
        return answer

    def _slots(self, ends: NDArray[np.int64]) -> NDArray[np.int64]:
        """The interval of a usual day in which each end lies; the repeated hour of autumn shares its slots."""
        clock = local_clock_us(ends, self.step, self.day.tenant.zone)
        answer: NDArray[np.int64] = clock % US_PER_DAY // self.step
        return answer

    def _neighbours(self, reads: store.RowsOf, gaps: list[Gap]) -> dict[tuple[int, int], float]:
        """The reads that lie beside a gap, by meter and interval end."""
        wanted = {(g.meter, g.first_end - self.step) for g in gaps}
        wanted |= {(g.meter, g.first_end + g.intervals * self.step) for g in gaps}
        rows = zip(reads.meter.tolist(), reads.read_at.tolist(), reads.kwh.tolist(), strict=True)
        return {(meter, end): kwh for meter, end, kwh in rows if (meter, end) in wanted}

    def _laid_out(self, rows: store.RowsOf) -> NDArray[np.float64]:
        """Reads of one earlier day by meter and slot."""
        reads = rows.take(np.flatnonzero(~rows.stands_in & (rows.minutes == self.minutes)))
        out = np.full((len(self.meters), DAY_MINUTES // self.minutes), np.nan)
        out[reads.meter, self._slots(reads.read_at)] = reads.kwh
        return out

    def _feeder_index(self) -> NDArray[np.float64]:
        names = sorted({meter.feeder_id for meter in self.meters})
        likes = [day_number(self.day.on) - 7 * week for week in range(1, LIKE_WEEKS + 1)]
        index = dict(zip(names, self.day.feeders.index(names, likes).tolist(), strict=True))
        return np.array([index[meter.feeder_id] for meter in self.meters], np.float64)

    def _shapes(self, shapes: dict[tuple[str, bool, int], dict[int, float]]) -> NDArray[np.float64]:
        kinds = sorted({(meter.meter_class, meter.has_pv) for meter in self.meters})
        by_kind = {
            kind: [shapes.get((*kind, self.minutes), {}).get(end, np.nan) for end in self.ends.tolist()]
            for kind in kinds
        }
        return np.array([by_kind[meter.meter_class, meter.has_pv] for meter in self.meters], np.float64)

    def _usual(self, meter_id: str) -> float:
        """The median energy of the meter's whole days in the weeks before; NaN without any."""
        whole = [
            stored.kwh
            for when, stored in self.day.history.get(meter_id, {}).items()
            if when < self.day.on
            and stored.came >= WHOLE_SHARE * expected_intervals(day_number(when), self.minutes, self.day.tenant.zone)
        ]
        return float(np.median(whole)) if whole else float("nan")

    def _silent_days(self, meter_id: str) -> tuple[int, int]:
        """How many days before and after the day, one after the other, no read of the meter came."""
        days = self.day.history.get(meter_id, {})

        def silent(direction: int) -> int:
            for count in range(NORM_DAYS):
                stored = days.get(self.day.on + timedelta(days=direction * (count + 1)))
                if stored is not None and stored.came:
                    return count
            return NORM_DAYS

        return silent(-1), silent(1)

    def _storm(self, settings: EstimationSettings) -> NDArray[np.bool_]:
        names = sorted({meter.feeder_id for meter in self.meters})
        minutes = self._slots(self.ends) * self.minutes
        storms = self.day.feeders.storms(names, self.day.meters_on, self.ends, minutes, settings)
        row = {name: number for number, name in enumerate(names)}
        answer: NDArray[np.bool_] = storms[[row[meter.feeder_id] for meter in self.meters]]
        return answer

    def _outage(self, outages: Sequence[Outage]) -> NDArray[np.bool_]:
        """Intervals that lie inside an outage of their meter with their whole length."""
        row = {meter.meter_id: number for number, meter in enumerate(self.meters)}
        out = np.zeros((len(self.meters), len(self.ends)), np.bool_)
        for outage in outages:
            if outage.meter_id in row:
                inside = (self.ends - self.step >= to_us(outage.from_at)) & (self.ends <= to_us(outage.to_at))
                out[row[outage.meter_id]] |= inside
        return out
