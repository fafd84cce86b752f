"""Axes as every chart here has them: quiet grid, units at the top value, local time along the bottom."""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator
from numpy.typing import NDArray

from domain.kernel.charts.chart import Plot
from domain.kernel.charts.lettering import fit, text_width
from domain.kernel.charts.theme import INK, LINE, MUTED, REGULAR
from domain.kernel.charts.words import NBSP, clock, number

_STEPS_H = (1, 2, 3, 6, 12, 24, 48, 24 * 7, 24 * 14, 24 * 28)


def bare(axes: Axes, plot: Plot) -> None:
    """No frame, no tick marks, muted labels."""
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.tick_params(length=0, labelsize=plot.font - 1, labelcolor=MUTED, pad=6)
    axes.set_axisbelow(True)


def value_axis(axes: Axes, plot: Plot, unit: str, steps: int = 5) -> None:
    """Horizontal hair lines with their numbers at the left; the unit stands once, at the top number."""
    bare(axes, plot)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=3 if plot.narrow else steps, steps=[1, 2, 2.5, 5, 10]))
    axes.grid(axis="y", color=LINE, linewidth=1)
    low, high = axes.get_ylim()
    inside = [tick for tick in axes.get_yticks() if low - 1e-9 <= tick <= high + 1e-9]
    decimals = _decimals(inside)
    top = max(inside, default=0.0)

    def label(tick: float, _: int | None = None) -> str:
        return number(tick, decimals) + (f"{NBSP}{unit}" if abs(tick - top) < 1e-9 else "")

    axes.set_yticks(inside)
    axes.yaxis.set_major_formatter(FuncFormatter(label))
    axes.set_ylim(low, high)


def _decimals(ticks: Sequence[float]) -> int:
    for decimals in range(3):
        if all(abs(tick - round(tick, decimals)) < 1e-9 for tick in ticks):
            return decimals
    return 3


def time_axis(axes: Axes, plot: Plot, start: datetime, end: datetime, zone: ZoneInfo) -> None:
    """Local time along the bottom; each new day is named once, at its first tick."""
    bare(axes, plot)
    axes.set_xlim(instant(start), instant(end))
    ticks = time_ticks(start, end, zone, 5 if plot.narrow else 10)
    labels, last_day = [], None
    for tick in ticks:
        local = tick.astimezone(zone)
        by_day = _step_h(start, end, 5 if plot.narrow else 10) >= 24
        name = f"{local:%a}\n{local.day} {local:%b}" if by_day else clock(tick, zone)
        if not by_day and local.date() != last_day:
            name += f"\n{local:%a} {local.day} {local:%b}"
        last_day = local.date()
        labels.append(name)
    labels = _days_apart(axes, plot, ticks, labels)
    axes.set_xticks([instant(tick) for tick in ticks], labels, linespacing=1.3)
    _keep_inside(axes, plot, ticks, labels)


def _days_apart(axes: Axes, plot: Plot, ticks: Sequence[datetime], labels: Sequence[str]) -> list[str]:
    """The labels; where two days named beneath their hours would touch, all go without their weekdays."""
    left, _, right, _ = plot.box(axes)
    low, high = axes.get_xlim()
    named = [
        (instant(tick), text_width(name.split("\n")[1], plot.font - 1))
        for tick, name in zip(ticks, labels, strict=True)
        if ":" in name and "\n" in name
    ]
    touch = any(
        (at - before) / (high - low) * (right - left) < (wide + width) / 2 + 6
        for (before, wide), (at, width) in pairwise(named)
    )
    return [re.sub(r"\n\w+ ", "\n", name) if touch and ":" in name else name for name in labels]


def day_axis(axes: Axes, plot: Plot, days: Sequence[date], zone: ZoneInfo) -> None:
    """Local days along the bottom, each named beneath the middle of what is drawn of it; hours are not told."""
    bare(axes, plot)
    begin, end = (datetime.combine(on, time(), zone).astimezone(UTC) for on in (days[0], days[-1] + timedelta(days=1)))
    axes.set_xlim(instant(begin), instant(end))
    every = -(-len(days) // (5 if plot.narrow else 10))
    ticks = [datetime.combine(on, time(12), zone).astimezone(UTC) for on in days[::every]]
    labels = [f"{on:%a}\n{on.day} {on:%b}" for on in days[::every]]
    axes.set_xticks([instant(tick) for tick in ticks], labels, linespacing=1.3)
    _keep_inside(axes, plot, ticks, labels)


def _keep_inside(axes: Axes, plot: Plot, ticks: Sequence[datetime], labels: Sequence[str]) -> None:
    """A label that would leave the picture stands beside its tick instead of beneath it."""
    left, _, right, _ = plot.box(axes)
    low, high = axes.get_xlim()
    for tick, words, label in zip(ticks, labels, axes.get_xticklabels(), strict=True):
        place = left + (instant(tick) - low) / (high - low) * (right - left)
        half = max(text_width(line, plot.font - 1) for line in words.split("\n")) / 2
        if place + half > plot.width:
            label.set_horizontalalignment("right")
        elif place - half < 0:
            label.set_horizontalalignment("left")


def name_axis(axes: Axes, plot: Plot, names: Sequence[str], room: float, weight: int = REGULAR) -> None:
    """Names down the left side, the first on top, shortened where they are wider than `room` pixels."""
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_yticks(range(len(names)), [fit(name, room, plot.font, weight) for name in names])
    for label in axes.get_yticklabels():
        label.set(color=INK, fontsize=plot.font)


def name_room(plot: Plot, names: Sequence[str], weight: int = REGULAR) -> float:
    """Pixels for the names: what the longest needs, at most a third of the plot."""
    return min(max(text_width(name, plot.font, weight) for name in names), plot.width * 0.34)


def instant(moment: datetime) -> float:
    """The place of an instant on a time axis, in hours; true elapsed time, whatever the clocks did."""
    return moment.timestamp() / 3600


def _step_h(start: datetime, end: datetime, wanted: int) -> int:
    hours = (end - start).total_seconds() / 3600
    return next((step for step in _STEPS_H if hours / step <= wanted), _STEPS_H[-1])


def time_ticks(start: datetime, end: datetime, zone: ZoneInfo, wanted: int) -> list[datetime]:
    """Round local times within [start, end], about `wanted` of them at most."""
    step = _step_h(start, end, wanted)
    midnight = start.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    found: list[datetime] = []
    day_step = max(1, step // 24)
    day = 0
    while True:
        base = midnight.date() + timedelta(days=day)
        for hour in range(0, 24, min(step, 24)):
            tick = datetime(base.year, base.month, base.day, hour, tzinfo=zone).astimezone(UTC)
            if tick > end:
                return found
            # An hour that the clocks skip is not on the axis.
            if tick >= start and tick.astimezone(zone).hour == hour:
                found.append(tick)
        day += day_step


def steps(
    starts: Sequence[datetime], ends: Sequence[datetime], values: Sequence[float | None]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """A line that holds each value over its interval. Where a value or an interval is missing the line is broken."""
    x: list[float] = []
    y: list[float] = []
    last: datetime | None = None
    for start, end, value in zip(starts, ends, values, strict=True):
        if last is not None and start > last:
            x.append(instant(last))
            y.append(np.nan)
        x += [instant(start), instant(end)]
        y += [np.nan if value is None else value] * 2
        last = end
    return np.array(x), np.array(y)
