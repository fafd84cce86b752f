"""The restoration curve: customers out against time, as it was and as following the first option would have made it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from domain.grid.outages.charts.reading import as_recommended, customers_at, lasting, moment, zone_of
from domain.grid.outages.rules.summary import CurvePoint, Milestone, ReplaySummary
from domain.kernel.charts import theme
from domain.kernel.charts.axes import instant, time_axis, value_axis
from domain.kernel.charts.chart import Chart, Column, Plot
from domain.kernel.charts.lettering import drawable, text_width
from domain.kernel.charts.marks import paper
from domain.kernel.charts.words import NBSP, moment_text, number, span

COLUMNS = (
    Column("at", "From"),
    Column("actual", "Customers out, actual", 0),
    Column("counterfactual", "Customers out, first option followed", 0),
)
# What is worth a line over the curve, in this order of worth where there is room for few.
MARKED = ("options_generated", "arrived", "dispatched", "fault_found", "isolated", "promoted")
ROW = 17.0


@dataclass(frozen=True)
class _Curves:
    """Both curves on one grid of instants; `after` is None where there is no feasible case to draw."""

    grid: tuple[datetime, ...]
    actual: NDArray[np.float64]
    other: NDArray[np.float64] | None

    def customer_hours(self) -> tuple[float, float]:
        """What the first option would have saved and what it would have cost, both at or above zero."""
        if self.other is None:
            return 0.0, 0.0
        hours = np.diff([instant(at) for at in self.grid])
        gap = (self.actual - self.other)[:-1] * hours
        return float(gap[gap > 0].sum()), float(-gap[gap < 0].sum())


def restoration_curve(summary: ReplaySummary) -> Chart:
    """Actual solid, counterfactual dashed, the area between them in customer-hours."""
    zone, curves = zone_of(summary), _curves(summary)
    title = finding(summary)
    return Chart(
        name="restoration-curve",
        title=title,
        subtitle=f"Customers out, steps, {span(curves.grid[0], curves.grid[-1], zone)}{_bounds(summary)}",
        alt=(
            f"Stepped curve of customers out. {title}. It begins with {number(curves.actual.max())} customers at"
            f" {moment_text(curves.grid[0], zone)} and ends with {number(curves.actual[-1])} at"
            f" {moment_text(curves.grid[-1], zone)}."
        ),
        columns=COLUMNS,
        rows=tuple(
            (at, float(curves.actual[place]), None if curves.other is None else float(curves.other[place]))
            for place, at in enumerate(curves.grid)
        ),
        paint=lambda plot: _paint(plot, curves, _marks(summary), zone),
        height=300,
        phone_height=300,
        is_advice=True,
    )


def finding(summary: ReplaySummary) -> str:
    """What following the first option would have changed, with its sign."""
    case, outage = as_recommended(summary), summary.outage
    if outage.restored_at is None:
        out = summary.curve[-1].customers_out if summary.curve else outage.customers_out_peak
        return f"{number(out)} customers were still without supply when this was made"
    last = f"Supply was back for all after {lasting(_minutes(summary))}"
    if case is None:
        return last
    if not case.is_feasible:
        return f"{last}; the first option was not feasible and would have changed nothing"
    hours, share = (
        abs(case.delta_cmi) / 60,
        abs(case.delta_cmi) / summary.reliability.cmi if summary.reliability.cmi else 0,
    )
    size = f"{number(hours)} customer-hours ({number(share * 100)}{NBSP}%)"
    if abs(case.delta_cmi) < 1:
        return f"{last}; the first option would have changed nothing"
    return f"{last}; the first option could have {'saved' if case.delta_cmi < 0 else 'cost'} {size}"


def _minutes(summary: ReplaySummary) -> float:
    outage = summary.outage
    end = moment(outage.restored_at) if outage.restored_at else moment(summary.as_of)
    return (end - moment(outage.started_at)).total_seconds() / 60


def _bounds(summary: ReplaySummary) -> str:
    case = as_recommended(summary)
    if case is None or not case.is_feasible:
        return ""
    low, high = sorted((-case.delta_cmi_low / 60, -case.delta_cmi_high / 60))
    if low >= 0:
        return f"; saving between {number(low)} and {number(high)} customer-hours by the assumptions of the replay"
    if high <= 0:
        return f"; costing between {number(-high)} and {number(-low)} customer-hours by the assumptions of the replay"
    return f"; from {number(-low)} customer-hours lost to {number(high)} saved by the assumptions of the replay"


def _curves(summary: ReplaySummary) -> _Curves:
    case = as_recommended(summary)
    other = case.curve if case is not None and case.is_feasible else None
    start = moment(summary.outage.started_at)
    instants = {start, *(moment(point.at) for point in summary.curve), *(moment(point.at) for point in other or [])}
    if summary.curve and summary.curve[-1].customers_out > 0:
        instants.add(moment(summary.as_of))
    if len(instants) == 1:
        instants.add(start + timedelta(hours=1))
    grid = tuple(sorted(instants))
    return _Curves(grid, _on(grid, summary.curve), None if other is None else _on(grid, other))


def _on(grid: Sequence[datetime], curve: Sequence[CurvePoint]) -> NDArray[np.float64]:
    ordered = sorted(curve, key=lambda point: moment(point.at))
    if len(ordered) < 200:
        return np.array([customers_at(ordered, at) for at in grid], dtype=np.float64)
    steps = np.array([moment(point.at).timestamp() for point in ordered])
    values = np.array([0, *(point.customers_out for point in ordered)], dtype=np.float64)
    return values[np.searchsorted(steps, [at.timestamp() for at in grid], side="right")]


def _marks(summary: ReplaySummary) -> list[Milestone]:
    told = {milestone.code: milestone for milestone in summary.milestones if milestone.at is not None}
    return [told[code] for code in MARKED if code in told]


def _paint(plot: Plot, curves: _Curves, marks: Sequence[Milestone], zone: ZoneInfo) -> None:
    start, end = curves.grid[0], curves.grid[-1] + (curves.grid[-1] - curves.grid[0]) * 0.03
    shown = _placed(plot, marks, start, end)
    axes = plot.axes(56, 12, 44, 12 + ROW * (1 + max((row for *_, row in shown), default=-1)))
    top = max(float(curves.actual.max()), 1.0 if curves.other is None else float(curves.other.max()), 1.0)
    axes.set_xlim(instant(start), instant(end))
    axes.set_ylim(0, top * 1.12)
    value_axis(axes, plot, "customers")
    # The unit is a long word: it stands over the numbers instead of beside the highest.
    axes.set_yticks(axes.get_yticks(), [number(tick) for tick in axes.get_yticks()])
    time_axis(axes, plot, start, end, zone)
    _draw_marks(axes, plot, shown)
    x = np.array([instant(at) for at in (*curves.grid, end)])
    actual = np.append(curves.actual, curves.actual[-1])
    if curves.other is not None:
        other = np.append(curves.other, curves.other[-1])
        for better, color in ((other <= actual, theme.BLUE), (other >= actual, theme.VERMILLION)):
            axes.fill_between(
                x, actual, other, where=better, step="post", color=color, alpha=0.2, linewidth=0, zorder=2
            )
        axes.step(x, other, where="post", color=theme.BLUE, linewidth=2.0, linestyle=(0, (5, 3)), zorder=4)
    axes.step(x, actual, where="post", color=theme.INK, linewidth=2.2, zorder=5)
    axes.axhline(0, color=theme.MUTED, linewidth=1, zorder=3)
    _names(axes, plot, curves, x)
    for place, at in enumerate(curves.grid[:400]):
        until = curves.grid[place + 1] if place + 1 < len(curves.grid) else end
        words = f"{moment_text(at, zone)}: {number(curves.actual[place])} customers out"
        plot.tip(axes, (instant(at), instant(until)), axes.get_ylim(), words)


def _placed(
    plot: Plot, marks: Sequence[Milestone], start: datetime, end: datetime
) -> list[tuple[float, float, str, int]]:
    """For each mark that finds room: instant, left edge of its words, words, row above the axes (two at most)."""
    width, rows, found = plot.width - 68, [[], []], []  # type: ignore[var-annotated]
    for mark in marks[: 3 if plot.narrow else 6]:
        at = moment(mark.at or "")
        if not start <= at <= end:
            continue
        words = drawable(mark.label)
        room = text_width(words, plot.font - 1)
        left = min(max(56 + (at - start) / (end - start) * width - 3, 0), plot.width - room)
        for row, taken in enumerate(rows):
            if all(left > right + 8 or left + room < begin - 8 for begin, right in taken):
                taken.append((left, left + room))
                found.append((instant(at), left, words, row))
                break
    return found


def _draw_marks(axes: Axes, plot: Plot, shown: Sequence[tuple[float, float, str, int]]) -> None:
    _, _, _, top = plot.box(axes)
    for at, left, words, row in shown:
        axes.axvline(at, color=theme.FLEET, linewidth=1, zorder=1)
        plot.write(left, top + 7 + row * ROW, words, theme.MUTED, size=plot.font - 1)


def _names(axes: Axes, plot: Plot, curves: _Curves, x: NDArray[np.float64]) -> None:
    """The lines' names where they part, and the size of the area between them."""
    if curves.other is None:
        return
    apart = np.flatnonzero(curves.actual != curves.other)
    if not len(apart):
        return
    first, high = int(apart[0]), axes.get_ylim()[1]
    upper, lower = max(curves.actual[first], curves.other[first]), min(curves.actual[first], curves.other[first])
    is_saved = curves.other[first] < curves.actual[first]
    names = [("Actual", theme.INK), ("First option followed", theme.BLUE_TEXT)]
    above, below = names if is_saved else reversed(names)
    style: dict[str, Any] = {"size": plot.font, "weight": theme.BOLD, "zorder": 6}
    axes.text(x[first], upper + high * 0.02, f" {above[0]}", color=above[1], ha="left", va="bottom", **style)
    low, begin = _plateau(curves, x, apart)
    if low > high * 0.14:
        axes.text(begin, low - high * 0.025, f" {below[0]}", color=below[1], ha="left", va="top", **style)
    elif _is_high(axes, plot, curves, begin, low):
        # The lower line runs along the foot: its name stands on it, within the area.
        left, _, right, _ = plot.box(axes)
        gap = 7 / (right - left) * (axes.get_xlim()[1] - axes.get_xlim()[0])
        axes.text(begin + gap, low + high * 0.025, below[0], color=below[1], ha="left", va="bottom", **style)
    elif (x[first] - x[0]) / (axes.get_xlim()[1] - x[0]) * plot.width > text_width(
        below[0], plot.font, theme.BOLD
    ) + 80:
        axes.text(x[first], (lower + upper) / 2, f"{below[0]} ", color=below[1], ha="right", va="center", **style)
    _name_area(axes, plot, curves, x)


def _is_high(axes: Axes, plot: Plot, curves: _Curves, begin: float, low: float) -> bool:
    """Whether the area above a level stretch has room for a name beneath the area's own words, and is as wide."""
    grid = np.array([instant(at) for at in curves.grid])
    place = int(np.searchsorted(grid, begin, side="right")) - 1
    other = curves.other if curves.other is not None else curves.actual
    above = max(float(curves.actual[place]), float(other[place])) - low
    left, foot, right, head = plot.box(axes)
    start, end = axes.get_xlim()
    wide = (end - begin) / (end - start) * (right - left)
    high = above / axes.get_ylim()[1] * (head - foot)
    return high > 5 * plot.font and wide > text_width("First option followed", plot.font, theme.BOLD) + 2 * plot.font


def _plateau(curves: _Curves, x: NDArray[np.float64], apart: NDArray[np.intp]) -> tuple[float, float]:
    """Height and beginning of the longest level stretch of the lower curve where the two are apart."""
    other = curves.other if curves.other is not None else curves.actual
    below = np.minimum(curves.actual, other)
    best, at = (0.0, 0.0), 0
    while at < len(apart):
        end = at
        while end + 1 < len(apart) and apart[end + 1] == apart[end] + 1 and below[apart[end + 1]] == below[apart[at]]:
            end += 1
        best = max(best, (float(x[apart[end] + 1] - x[apart[at]]), -float(x[apart[at]])))
        at = end + 1
    begin = -best[1]
    return float(below[int(np.searchsorted(x, begin, side="right")) - 1]), begin


def _name_area(axes: Axes, plot: Plot, curves: _Curves, x: NDArray[np.float64]) -> None:
    """In the widest part of the area: how many customer-hours it is."""
    saved, lost = curves.customer_hours()
    low, up, begin, finish = _widest(
        curves, x, 1.8 * plot.font / (plot.box(axes)[3] - plot.box(axes)[1]) * axes.get_ylim()[1]
    )
    verbs = ("saved", "cost") if saved >= lost else ("cost", "saved")
    words = f"Could have {verbs[0]} {number(max(saved, lost))} customer-hours"
    if min(saved, lost) >= 0.5:
        words += f", {verbs[1]} {number(min(saved, lost))}"
    start, end = axes.get_xlim()
    left, _, right, _ = plot.box(axes)
    room = text_width(words, plot.font, theme.BOLD) / (right - left) * (end - start)
    middle = min(max((begin + finish) / 2, start + room / 2 + 0.005), end - room / 2)
    color = theme.BLUE_TEXT if saved >= lost else theme.VERMILLION_TEXT
    axes.text(
        middle,
        (low + up) / 2,
        words,
        color=color,
        size=plot.font,
        weight=theme.BOLD,
        ha="center",
        va="center",
        bbox={**paper(), "alpha": 0.8},
        zorder=6,
    )


def _widest(curves: _Curves, x: NDArray[np.float64], height: float) -> tuple[float, float, float, float]:
    """The widest rectangle between the curves that is `height` customers high where there is one: low, up, from, to."""
    other = curves.other if curves.other is not None else curves.actual
    below, above = np.minimum(curves.actual, other), np.maximum(curves.actual, other)
    levels = np.unique(np.concatenate([below, above]))[:60]
    found = [(0.0, 0.0, 0.0, float(x[0]), float(x[-1]))]
    for low, up in ((a, b) for a in levels for b in levels if b > a):
        inside = np.flatnonzero((below <= low) & (above >= up))
        for run in np.split(inside, np.flatnonzero(np.diff(inside) > 1) + 1) if len(inside) else []:
            begin, finish = float(x[run[0]]), float(x[run[-1] + 1])
            # Wide counts most once the words fit in; a flat strip is the last resort.
            found.append(((finish - begin) * min(1.0, (up - low) / height) ** 2, float(low), float(up), begin, finish))
    return max(found)[1:]
