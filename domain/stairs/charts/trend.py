"""One point over the years: what was measured, where it is going, and when it would reach its limit, with its band."""

from collections.abc import Sequence
from datetime import date

from matplotlib.axes import Axes

from domain.kernel.charts import theme
from domain.kernel.charts.axes import value_axis
from domain.kernel.charts.chart import Cell, Chart, Column, Plot
from domain.kernel.charts.lettering import drawable, text_width
from domain.kernel.charts.marks import paper
from domain.kernel.charts.words import NBSP, number, signed
from domain.stairs.rules.trend import Forecast, Result, Silent

COLUMNS = (
    Column("on", "Date"),
    Column("kind", "What"),
    Column("value", "Value", 1),
    Column("low", "From", 1),
    Column("high", "To", 1),
)
WHY = {
    "TOO_FEW": "fewer than four results",
    "TOO_SHORT": "results of less than twelve months",
    "NO_TREND": "no direction that chance would not show",
    "NO_LIMIT_AHEAD": "no limit lies ahead",
    "BEYOND_HORIZON": "no limit within five years",
    "NOT_POSITIVE": "values at or below zero",
}


def trend(
    point: str,
    unit: str,
    results: Sequence[Result],
    found: Forecast | Silent,
    *,
    minimum: float | None = None,
    maximum: float | None = None,
) -> Chart | None:
    """The chart of one point; None where nothing was measured. The unit stands on the axis."""
    ordered = sorted(results, key=lambda one: (one.on, one.value))
    if not ordered:
        return None
    title = finding(point, unit, found, ordered[-1].value)
    band = f"; band: 90{NBSP}% of what the results allow" if isinstance(found, Forecast) else ""
    season = "; tests compared within their season" if isinstance(found, Forecast) and found.is_seasonal else ""
    return Chart(
        name="trend",
        title=title,
        subtitle=f"{unit}, {_between(ordered[0].on, ordered[-1].on)}{season}{band}",
        alt=f"{len(ordered)} results over time. {title}.",
        columns=COLUMNS,
        rows=(*((one.on.isoformat(), "measured", one.value, None, None) for one in ordered), *_ahead(found)),
        paint=lambda plot: _paint(plot, ordered, found, unit, minimum, maximum),
        height=340,
        phone_height=280,
        is_advice=True,
    )


def finding(point: str, unit: str, found: Forecast | Silent, newest: float) -> str:
    """When the limit would be reached, that it was passed, or why nothing is said."""
    if isinstance(found, Silent):
        return f"{drawable(point)}: no forecast, {WHY[found.reason]}"
    until = "later than can be said" if found.latest_on is None else _month(found.latest_on)
    rate = f"{signed(found.slope_a_year, 1)}{NBSP}{unit} a year"
    if found.is_past(newest):
        return f"{drawable(point)} is past {_value(found.limit, unit)} and changes by {rate}"
    return (
        f"{drawable(point)} changes by {rate} and would reach {_value(found.limit, unit)} in"
        f" {_month(found.crosses_on)} ({_month(found.earliest_on)} to {until})"
    )


def _ahead(found: Forecast | Silent) -> tuple[tuple[Cell, ...], ...]:
    if isinstance(found, Silent):
        return ()
    return tuple((on.isoformat(), "forecast", middle, low, high) for on, low, middle, high in found.band)


def _value(value: float, unit: str) -> str:
    return f"{number(value, 1).removesuffix('.0')}{NBSP}{unit}"


def _day(on: date) -> str:
    return f"{on.day}{NBSP}{on:%b}{NBSP}{on.year}"


def _between(first: date, last: date) -> str:
    return _day(first) if first == last else f"{_day(first)} to {_day(last)}"


def _month(on: date) -> str:
    return f"{on:%b}{NBSP}{on.year}"


def _paint(
    plot: Plot,
    results: Sequence[Result],
    found: Forecast | Silent,
    unit: str,
    minimum: float | None,
    maximum: float | None,
) -> None:
    band = () if isinstance(found, Silent) else found.band
    values = [one.value for one in results] + [value for _, low, _, high in band for value in (low, high)]
    near = [limit for limit in (minimum, maximum) if limit is not None and _is_near(limit, values, found)]
    low, high = min([*values, *near]), max([*values, *near])
    # A line that hardly moves is drawn as one.
    margin = max((high - low) * 0.12, (abs(high) * 0.3 - (high - low)) / 2, 0.5)
    axes = plot.axes(44, 14, 30, 12)
    axes.set_ylim(low - margin, high + margin)
    value_axis(axes, plot, unit)
    start, end = results[0].on, max(results[-1].on, band[-1][0] if band else results[-1].on)
    _years(axes, plot, start, end)
    for limit in near:
        name = "minimum" if limit == minimum else "maximum"
        axes.axhline(limit, color=theme.INK, linewidth=1.3)
        _word(plot, axes, start, limit, f"{name} {_value(limit, unit)}")
    if band:
        days = [float(on.toordinal()) for on, *_ in band]
        axes.fill_between(days, [b[1] for b in band], [b[3] for b in band], color=theme.BAND, alpha=0.6, linewidth=0)
        axes.plot(days, [b[2] for b in band], color=theme.VERMILLION, linewidth=1.6, linestyle=(0, (5, 3)))
    axes.plot(
        [float(one.on.toordinal()) for one in results],
        [one.value for one in results],
        "o-",
        color=theme.BLUE,
        linewidth=1.2,
        ms=6,
        mec=theme.SURFACE,
        mew=0.8,
    )
    for one in results:
        at = float(one.on.toordinal())
        plot.tip(axes, (at - 40, at + 40), axes.get_ylim(), f"{_day(one.on)}: {_value(one.value, unit)}")
    if isinstance(found, Forecast) and not found.is_past(results[-1].value):
        _crossing(plot, axes, found)


def _is_near(limit: float, values: Sequence[float], found: Forecast | Silent) -> bool:
    """A limit far from every value would flatten the line; the one that is ahead is always shown."""
    if isinstance(found, Forecast) and limit == found.limit:
        return True
    reach = max(max(values) - min(values), abs(max(values)) * 0.3)
    return min(values) - reach <= limit <= max(values) + reach


def _years(axes: Axes, plot: Plot, start: date, end: date) -> None:
    """A tick at each new year, or at fewer where they would touch."""
    span = max((end - start).days, 60)
    axes.set_xlim(start.toordinal() - span * 0.04, end.toordinal() + span * 0.04)
    low, high = axes.get_xlim()
    years = [year for year in range(start.year, end.year + 2) if low <= date(year, 1, 1).toordinal() <= high]
    every = max(1, -(-len(years) // (5 if plot.narrow else 12)))
    shown = years[::every]
    axes.set_xticks([date(year, 1, 1).toordinal() for year in shown], [str(year) for year in shown])


def _word(plot: Plot, axes: Axes, start: date, limit: float, words: str) -> None:
    axes.annotate(
        words,
        (float(start.toordinal()), limit),
        xytext=(0, 4),
        textcoords="offset points",
        va="bottom",
        size=plot.font - 1,
        color=theme.INK,
        bbox=paper(),
    )


def _crossing(plot: Plot, axes: Axes, found: Forecast) -> None:
    """The interval of the crossing on the limit's line, its middle marked."""
    low, high = axes.get_xlim()
    begin = float(found.earliest_on.toordinal())
    end = high if found.latest_on is None else min(float(found.latest_on.toordinal()), high)
    axes.plot([begin, end], [found.limit] * 2, color=theme.VERMILLION, linewidth=5, solid_capstyle="butt", zorder=3)
    at = float(found.crosses_on.toordinal())
    axes.plot([at], [found.limit], "D", color=theme.VERMILLION, mec=theme.SURFACE, ms=8, zorder=4)
    left, _, right, _ = plot.box(axes)
    words = _month(found.crosses_on)
    half = text_width(words, plot.font, theme.BOLD) / 2
    place = left + (at - low) / (high - low) * (right - left)
    shift = min(plot.width - half - place, 0.0)
    axes.annotate(
        words,
        (at, found.limit),
        xytext=(shift, 10),
        textcoords="offset points",
        ha="center",
        va="bottom",
        size=plot.font,
        weight=theme.BOLD,
        color=theme.VERMILLION_TEXT,
        bbox=paper(),
    )
