"""Where a measured point is going: a slope among tests of the same season, and when it would cross its limit.

An observation, never a verdict (R-16). Silent unless there are at least four results over at least twelve months, the
slope leads to a limit, and chance alone would hardly show such a slope.

How a pressure or a velocity decays is not known beforehand: by a share each year (a fan weaker by some percent, cracks
wider by some percent), or less bent than that, since the stack does not decay. Each shape is a line on its own scale,
logarithm and square root; the first is told, and the interval holds what both allow. Forces change by amounts.

The slope is the median among pairs of tests a whole number of years apart (Hirsch and Slack's seasonal form of Theil
and Sen's estimate), so that winter is compared with winter; where there are too few such pairs, among all, and the
finding says that seasons were not told apart. The interval is that of a bootstrap of the residuals, widened by what the
instrument cannot tell, with the generator's seed from the data: the same results, the same interval.
"""

import hashlib
import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

import numpy as np
from numpy.typing import NDArray

ENGINE_VERSION = "firemode-trend/1"
LEAST_RESULTS, LEAST_DAYS = 4, 360
YEAR_DAYS = 365.25
# Two tests are of one season when they lie a whole number of years apart, give or take so much of a year.
SEASON_WINDOW = 0.13
LEAST_SEASON_PAIRS = 3
RESAMPLES = 1000
# The forecast's interval, and how sure the direction must be before anything is said.
INTERVAL = (0.05, 0.95)
DIRECTION = 0.995
HORIZON_YEARS = 5.0
# With few results a spread is known badly; a little more than Student's quantile over the normal one asks.
SMALL = 1.5
BAND_STEPS = 12

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Shape = Literal["root", "share", "amount"]
SHAPES: tuple[Shape, ...] = ("share", "root")
Silence = Literal["TOO_FEW", "TOO_SHORT", "NO_TREND", "NO_LIMIT_AHEAD", "BEYOND_HORIZON", "NOT_POSITIVE"]


@dataclass(frozen=True)
class Result:
    """One test of the point: its local date and the measured value."""

    on: date
    value: float


@dataclass(frozen=True)
class Forecast:
    """When the point is expected to cross a limit.

    Attributes:
        slope_a_year: change in a year at the latest test, in the measure's unit.
        limit: the limit that is ahead; crosses_on, earliest_on: the line's crossing and the interval's early end.
        latest_on: the interval's late end; None where it lies beyond what can be said.
        is_seasonal: whether tests were compared within their season.
        season: the month of the tests that come nearest to the limit, 1 to 12; None where seasons are not told apart.
        band: (date, low, middle, high) along the way, for drawing.
    """

    slope_a_year: float
    limit: float
    crosses_on: date
    earliest_on: date
    latest_on: date | None
    is_seasonal: bool
    season: int | None
    band: tuple[tuple[date, float, float, float], ...]

    def is_past(self, newest: float) -> bool:
        """Whether the newest result lies beyond the limit already, on the side to which the point is going."""
        return newest > self.limit if self.slope_a_year > 0 else newest < self.limit


@dataclass(frozen=True)
class Silent:
    """Nothing is said, and why."""

    reason: Silence


def forecast(
    results: Sequence[Result],
    *,
    minimum: float | None,
    maximum: float | None,
    accuracy: float,
    is_share: bool,
) -> Forecast | Silent:
    """The forecast of one point and configuration, or silence with its reason.

    Args:
        results: in any order.
        minimum: the limit in force below which the point fails; None: there is none.
        maximum: the limit above which it fails.
        accuracy: of the instrument, in the measure's unit.
        is_share: whether the measure decays by a share each year (pressure, velocity) or by an amount (force).
    """
    ordered = sorted(results, key=lambda one: (one.on, one.value))
    if len(ordered) < LEAST_RESULTS:
        return Silent("TOO_FEW")
    if (ordered[-1].on - ordered[0].on).days < LEAST_DAYS:
        return Silent("TOO_SHORT")
    if is_share and any(one.value <= 0 for one in ordered):
        return Silent("NOT_POSITIVE")
    shapes = SHAPES if is_share else ("amount",)
    return _told([_shaped(_Series(ordered, accuracy, shape)) for shape in shapes], minimum, maximum)


class _Series:
    """The results as numbers: years from the latest test, values as one shape of decay sees them."""

    def __init__(self, ordered: Sequence[Result], accuracy: float, shape: Shape) -> None:
        self.last, self.shape = ordered[-1].on, shape
        self.years = np.array([(one.on - self.last).days / YEAR_DAYS for one in ordered])
        measured = np.array([one.value for one in ordered], dtype=np.float64)
        self.values = to_scale(measured, shape)
        # What the instrument cannot tell, on the shape's scale, as the standard deviation of an even spread.
        blurred = (to_scale(measured + accuracy, shape) - to_scale(np.maximum(measured - accuracy, 1e-3), shape)) / 2
        self.blur = blurred / math.sqrt(3)
        self.seasons, self.pairs = _pairs(self.years)
        told = ";".join(f"{one.on.isoformat()}={one.value!r}" for one in ordered)
        self.seed = int.from_bytes(hashlib.sha256(f"{shape}|{told}".encode()).digest()[:8], "big")

    @property
    def has_seasons(self) -> bool:
        """Whether tests were compared within their season."""
        return len(self.pairs[0]) < len(self.years) * (len(self.years) - 1) // 2

    def month(self, season: int) -> int | None:
        """The month of a season's latest test; None where seasons are not told apart."""
        if int(self.seasons.max()) == 0:
            return None
        years = float(self.years[self.seasons == season][-1])
        return (self.last + timedelta(days=round(years * YEAR_DAYS))).month


def to_scale(values: Floats, shape: Shape) -> Floats:
    """Values on the scale on which a decay of that shape is a line."""
    if shape == "share":
        return np.asarray(np.log(values))
    return np.asarray(np.sqrt(values)) if shape == "root" else values


def from_scale(values: Floats, shape: Shape) -> Floats:
    """Back from the scale of the shape to the unit that was measured."""
    if shape == "share":
        return np.asarray(np.exp(values))
    return np.asarray(np.square(np.maximum(values, 0.0))) if shape == "root" else values


def _pairs(years: Floats) -> tuple[Ints, tuple[Ints, Ints]]:
    """The season of each test, and the pairs that are compared."""
    first, second = np.triu_indices(len(years), k=1)
    gap = years[second] - years[first]
    same = (np.round(gap) >= 1) & (np.abs(gap - np.round(gap)) <= SEASON_WINDOW)
    if int(same.sum()) < LEAST_SEASON_PAIRS:
        apart = gap > 0
        return np.zeros(len(years), dtype=np.int64), (first[apart], second[apart])
    return _seasons(years), (first[same], second[same])


def _seasons(years: Floats) -> Ints:
    """Tests within the window of each other's time of year share a season, numbered as they first come."""
    found: list[float] = []
    numbers = []
    for year in years:
        phase = float(year % 1.0)
        near = [n for n, other in enumerate(found) if min(abs(phase - other), 1 - abs(phase - other)) <= SEASON_WINDOW]
        if not near:
            found.append(phase)
        numbers.append(near[0] if near else len(found) - 1)
    return np.array(numbers, dtype=np.int64)


def _fitted(series: _Series, values: Floats) -> tuple[Floats, Floats]:
    """Slope and each season's level at the latest test, for every row of values."""
    first, second = series.pairs
    slopes = np.median((values[:, second] - values[:, first]) / (series.years[second] - series.years[first]), axis=1)
    rest = values - slopes[:, None] * series.years[None, :]
    levels = np.stack(
        [np.median(rest[:, series.seasons == one], axis=1) for one in range(int(series.seasons.max()) + 1)], axis=1
    )
    return np.asarray(slopes), levels


def _resampled(series: _Series, slope: float, levels: Floats) -> Floats:
    """The values as they might have come out: the line, residuals drawn anew, and what the instrument cannot tell."""
    count = len(series.years)
    line = levels[series.seasons] + slope * series.years
    residuals = series.values - line
    # A line through few points leaves them less than they had.
    free = max(count - 1 - len(levels), 1)
    residuals = (residuals - residuals.mean()) * math.sqrt(count / free) * (1 + SMALL / free)
    chance = random.Random(series.seed)  # noqa: S311
    drawn = np.array([chance.random() for _ in range(RESAMPLES * count)]).reshape(RESAMPLES, count)
    blur = np.array([chance.random() for _ in range(RESAMPLES * count)]).reshape(RESAMPLES, count)
    seen = float(np.sqrt(np.mean(residuals**2)))
    # The instrument's own part counts where the residuals show less than it.
    share = np.sqrt(np.maximum(series.blur**2 - seen**2, 0.0))
    even = (2 * blur - 1) * math.sqrt(3)
    return np.asarray(line + residuals[(drawn * count).astype(np.int64)] + even * share)


@dataclass(frozen=True)
class _Shaped:
    """One shape's line through the season that comes nearest to the limit, and the same of every resample."""

    series: _Series
    season: int
    slope: float
    level: float
    slopes: Floats
    levels: Floats

    def crossing(self, limit: float) -> float:
        """Years from the latest test until the line has the limit."""
        goal = float(to_scale(np.array([limit]), self.series.shape)[0])
        return (goal - self.level) / self.slope

    def crossings(self, limit: float) -> Floats:
        """Of every resample; infinite where it turns away."""
        goal = float(to_scale(np.array([limit]), self.series.shape)[0])
        leads = np.sign(self.slopes) == np.sign(self.slope)
        return np.where(leads, (goal - self.levels) / np.where(leads, self.slopes, 1.0), math.inf)

    def at(self, years: float) -> float:
        """The line's value."""
        return float(from_scale(np.array([self.level + self.slope * years]), self.series.shape)[0])

    def all_at(self, years: float) -> Floats:
        """Every resample's value."""
        return from_scale(self.levels + self.slopes * years, self.series.shape)


def _shaped(series: _Series) -> _Shaped:
    slopes, levels = _fitted(series, series.values[None, :])
    slope = float(slopes[0])
    again, levels_again = _fitted(series, _resampled(series, slope, levels[0]))
    season = int(np.argmin(levels[0]) if slope < 0 else np.argmax(levels[0]))
    return _Shaped(series, season, slope, float(levels[0][season]), again, levels_again[:, season])


def _told(shapes: Sequence[_Shaped], minimum: float | None, maximum: float | None) -> Forecast | Silent:
    """The first shape gives the line, all together the interval."""
    line, series = shapes[0], shapes[0].series
    if line.slope == 0:
        return Silent("NO_TREND")
    again = np.concatenate([one.slopes for one in shapes])
    if float(np.mean(np.sign(again) == math.copysign(1, line.slope))) < DIRECTION:
        return Silent("NO_TREND")
    limit = minimum if line.slope < 0 else maximum
    if limit is None or (series.shape != "amount" and limit <= 0):
        return Silent("NO_LIMIT_AHEAD")
    years = line.crossing(limit)
    if years > HORIZON_YEARS:
        return Silent("BEYOND_HORIZON")
    low, high = _interval(np.concatenate([one.crossings(limit) for one in shapes]))
    return Forecast(
        slope_a_year=round((line.at(0.5) - line.at(-0.5)), 4),
        limit=limit,
        crosses_on=_on(series, max(years, 0.0)),
        earliest_on=_on(series, max(min(low, years), 0.0)),
        latest_on=None if math.isinf(high) else _on(series, max(high, years, 0.0)),
        is_seasonal=series.has_seasons,
        season=series.month(line.season),
        band=_band(shapes, min(max(years, 0.5) * 1.15, HORIZON_YEARS)),
    )


def _interval(crossings: Floats) -> tuple[float, float]:
    """The ends of the interval in years."""
    kept = np.sort(crossings)
    low, high = (float(kept[min(int(share * len(kept)), len(kept) - 1)]) for share in INTERVAL)
    return low, high if high <= 4 * HORIZON_YEARS else math.inf


def _on(series: _Series, years: float) -> date:
    return series.last + timedelta(days=round(years * YEAR_DAYS))


def _band(shapes: Sequence[_Shaped], until: float) -> tuple[tuple[date, float, float, float], ...]:
    points: list[tuple[date, float, float, float]] = []
    for step in range(BAND_STEPS + 1):
        years = until * step / BAND_STEPS
        low, high = np.quantile(np.concatenate([one.all_at(years) for one in shapes]), INTERVAL)
        middle = shapes[0].at(years)
        points.append((_on(shapes[0].series, years), round(float(low), 3), round(middle, 3), round(float(high), 3)))
    return tuple(points)
