"""Where the energy of a feeder goes: delivered beside metered over time, and the waterfall between the two."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

import numpy as np
from matplotlib.axes import Axes

from domain.grid.metering.charts.events import in_words, ribbon_of
from domain.grid.metering.rules.series import EventWindow, LossInterval, balance
from domain.kernel.charts import theme
from domain.kernel.charts.axes import bare, instant, steps, time_axis, value_axis
from domain.kernel.charts.chart import Chart, Column, Plot
from domain.kernel.charts.marks import (
    EndLabel,
    draw_ribbons,
    end_labels,
    label_margin,
    paper,
    place_ribbons,
    ribbon_height,
)
from domain.kernel.charts.words import moment_text, number, percent, span, with_unit

ENERGY_COLUMNS = (
    Column("read_at", "Interval end"),
    Column("delivered_kwh", "Delivered, kWh", 1),
    Column("metered_hat_kwh", "Metered, corrected, kWh", 1),
    Column("metered_kwh", "Metered, as read, kWh", 1),
    Column("technical_loss_kwh", "Technical loss, expected, kWh", 1),
    Column("coverage_pct", "Coverage, %", 1),
)
STEP_COLUMNS = (
    Column("step", "Step"),
    Column("kwh", "Energy, kWh", 1),
    Column("share_pct", "Share of delivered, %", 2),
    Column("meaning", "Meaning"),
)


def delivered_and_metered(
    feeder: str, points: Sequence[LossInterval], events: Sequence[EventWindow], zone: ZoneInfo, source: str = ""
) -> Chart:
    """Two lines and the gap between them, in kWh an interval; `points` in time order, at least one."""
    # A correction for missing reads that is not good enough for a loss is not good enough for a line either.
    shown = tuple(p if p.loss_pct_adj is not None else replace(p, metered_hat_kwh=None) for p in points)
    start, end = shown[0].start, shown[-1].read_at
    marked = tuple(event for event in events if event.starts_at < end and event.ends_at > start)
    title = _finding(feeder, shown)
    return Chart(
        name=f"delivered-and-metered-{feeder}",
        title=title,
        subtitle=(
            f"Energy of {feeder}, kWh per {shown[-1].interval_minutes}-minute interval,"
            f" metered corrected for missing reads, {span(start, end, zone)}"
        ),
        alt=f"Two lines, delivered above metered energy, the gap shaded. {title}. {in_words(marked, zone)}".strip(),
        columns=ENERGY_COLUMNS,
        rows=tuple(tuple(getattr(point, column.key) for column in ENERGY_COLUMNS) for point in shown),
        paint=lambda plot: _paint_lines(plot, shown, marked, zone),
        height=360,
        phone_height=300,
        source=source,
    )


def _decimals(peak: float) -> int:
    """As many as a figure beside one of this size needs to be told apart, in kWh."""
    return 0 if abs(peak) >= 1000 else 1 if abs(peak) >= 10 else 2


def _finding(feeder: str, points: Sequence[LossInterval]) -> str:
    sums = balance(points)
    if sums.loss_pct is None:
        return f"The gap between {feeder}'s delivered and metered energy is not known"
    gap = sums.delivered - sums.metered_hat
    told = [with_unit(one, "kWh", _decimals(sums.delivered)) for one in (gap, sums.delivered)]
    return f"{told[0]} of {told[1]} sent out on {feeder} were not metered"


def _paint_lines(plot: Plot, points: Sequence[LossInterval], events: Sequence[EventWindow], zone: ZoneInfo) -> None:
    starts, ends = [p.start for p in points], [p.read_at for p in points]
    names = _names(plot, points)
    left, right = (50.0 if plot.narrow else 64.0), label_margin(plot, names)
    placed = place_ribbons(plot, [ribbon_of(e) for e in events], (starts[0], ends[-1]), left, right)
    axes = plot.axes(left, right, 44, ribbon_height(plot, placed))
    axes.set_xlim(instant(starts[0]), instant(ends[-1]))
    values = [v for p in points for v in (p.delivered_kwh, p.metered_hat_kwh) if v is not None]
    axes.set_ylim(min([*values, 0.0]) * 1.1, max([*values, 1.0]) * 1.08)
    value_axis(axes, plot, "kWh")
    time_axis(axes, plot, starts[0], ends[-1], zone)
    draw_ribbons(axes, plot, placed)
    both = [p.delivered_kwh is not None and p.metered_hat_kwh is not None for p in points]
    x, delivered = steps(starts, ends, [p.delivered_kwh for p in points])
    _, metered = steps(starts, ends, [p.metered_hat_kwh for p in points])
    axes.fill_between(x, metered, delivered, color=theme.VERMILLION, alpha=0.22, linewidth=0, zorder=2)
    axes.plot(x, delivered, color=theme.INK, linewidth=1.6, zorder=4)
    axes.plot(x, metered, color=theme.BLUE, linewidth=2.2, zorder=4)
    axes.axhline(0, color=theme.MUTED, linewidth=1)
    if any(both):
        _name_gap(axes, plot, points)
    end_labels(axes, plot, names)
    for point in points:
        plot.tip(axes, (instant(point.start), instant(point.read_at)), axes.get_ylim(), _tip(point, zone))


def _names(plot: Plot, points: Sequence[LossInterval]) -> list[EndLabel]:
    found = []
    for key, name, color in (
        ("delivered_kwh", "Delivered", theme.INK),
        ("metered_hat_kwh", "Metered", theme.BLUE_TEXT),
    ):
        last = next((v for v in (getattr(p, key) for p in reversed(points)) if v is not None), None)
        if last is not None:
            words = name if plot.narrow else f"{name} {with_unit(last, 'kWh', _decimals(last))}"
            found.append(EndLabel(last, words, color, theme.BOLD))
    return found


def _name_gap(axes: Axes, plot: Plot, points: Sequence[LossInterval]) -> None:
    """The sum of the gap, written beneath its widest place."""
    sums = balance(points)
    known = [p for p in points if p.delivered_kwh is not None and p.metered_hat_kwh is not None]
    widest = max(known, key=lambda p: ((p.delivered_kwh or 0.0) - (p.metered_hat_kwh or 0.0), p.read_at))
    start, end = axes.get_xlim()
    low, high = axes.get_ylim()
    x = (instant(widest.start) + instant(widest.read_at)) / 2
    gap = with_unit(sums.delivered - sums.metered_hat, "kWh", _decimals(sums.delivered))
    words = f"Gap {gap}, {percent(sums.loss_pct)} of delivered"
    lowest = float(np.min([p.metered_hat_kwh for p in known if p.metered_hat_kwh is not None]))
    y = max(lowest - (high - low) * 0.07, low + (high - low) * 0.05)
    anchor = "left" if x < start + (end - start) * 0.3 else "right" if x > start + (end - start) * 0.7 else "center"
    axes.text(
        x,
        y,
        words,
        color=theme.VERMILLION_TEXT,
        size=plot.font,
        weight=theme.BOLD,
        ha=anchor,
        va="top",
        bbox=paper(),
        zorder=5,
    )


def _tip(point: LossInterval, zone: ZoneInfo) -> str:
    return (
        f"{moment_text(point.read_at, zone)}: delivered {with_unit(point.delivered_kwh, 'kWh', 1)},"
        f" metered {with_unit(point.metered_hat_kwh, 'kWh', 1)} (as read {number(point.metered_kwh, 1)})"
    )


@dataclass(frozen=True)
class Step:
    """One step of the waterfall: signed energy in kWh; `is_total` steps stand on zero."""

    name: str
    kwh: float
    color: str
    is_total: bool
    meaning: str


def waterfall(feeder: str, points: Sequence[LossInterval], zone: ZoneInfo, source: str = "") -> Chart:
    """From delivered energy down to what was metered, over the intervals whose corrected loss is defined."""
    sums = balance(points)
    path = (
        Step("Delivered", sums.delivered, theme.INK, True, "Sent out at the feeder's head"),
        Step("Technical loss", -sums.technical, theme.FLEET, False, "Lines and transformers, by the feeder's model"),
        Step(
            "Not explained",
            -(sums.delivered - sums.technical - sums.metered_hat),
            theme.VERMILLION,
            False,
            "Beyond the technical loss: theft, faulty meters, or error of the model",
        ),
        Step(
            "Not yet read", -(sums.metered_hat - sums.metered), theme.ORANGE, False, "Reads that are missing, estimated"
        ),
        Step("Metered", sums.metered, theme.BLUE, True, "Sum of the reads that arrived"),
    )
    title = _waterfall_finding(feeder, -path[2].kwh, sums.delivered)
    share = 100.0 / sums.delivered if sums.delivered else 0.0
    return Chart(
        name=f"waterfall-{feeder}",
        title=title,
        subtitle=(
            f"Energy of {feeder}, kWh, sum of {sums.intervals} intervals with a known loss,"
            f" {span(points[0].start, points[-1].read_at, zone)}"
        ),
        alt=f"Waterfall from delivered to metered energy. {title}.",
        columns=STEP_COLUMNS,
        rows=tuple((step.name, step.kwh, step.kwh * share, step.meaning) for step in path),
        paint=lambda plot: _paint_steps(plot, path, share),
        height=46 * len(path) + 12,
        phone_height=46 * len(path) + 12,
        source=source,
    )


def _waterfall_finding(feeder: str, unexplained: float, delivered: float) -> str:
    if abs(unexplained) <= 0.005 * abs(delivered):
        return f"The loss of {feeder} is what its lines and transformers explain"
    size = with_unit(abs(unexplained), "kWh", _decimals(delivered))
    if unexplained < 0:
        return f"{feeder} lost {size} less than its technical model expects"
    return f"{size} on {feeder} are not explained by lines and transformers"


def _paint_steps(plot: Plot, path: Sequence[Step], share: float) -> None:
    axes = plot.axes(104 if plot.narrow else 130, 8, 4, 4)
    bare(axes, plot)
    axes.set_xticks([])
    axes.set_ylim(len(path) - 0.5, -0.5)
    axes.set_yticks(range(len(path)), [step.name for step in path])
    for label in axes.get_yticklabels():
        label.set(color=theme.INK, fontsize=plot.font)
    edges = [0.0]
    level = 0.0
    spans = []
    for step in path:
        begin, finish = (0.0, step.kwh) if step.is_total else (level, level + step.kwh)
        spans.append((begin, finish))
        edges += [begin, finish]
        level = finish
    low, high = min(edges), max([*edges, 1.0])
    axes.set_xlim(low * 1.05, high * (1.5 if plot.narrow else 1.22))
    axes.axvline(0, color=theme.MUTED, linewidth=1)
    for place, (step, (begin, finish)) in enumerate(zip(path, spans, strict=True)):
        axes.barh(place, finish - begin, 0.56, left=begin, color=step.color, linewidth=0)
        if place + 1 < len(path):
            axes.plot([finish, finish], [place - 0.28, place + 1.28], color=theme.MUTED, linewidth=1, zorder=0)
        words = with_unit(step.kwh, "kWh", _decimals(path[0].kwh))
        words += "" if plot.narrow else f"  {percent(step.kwh * share)}"
        axes.annotate(
            words,
            (max(begin, finish), place),
            xytext=(8, 0),
            textcoords="offset points",
            va="center",
            size=plot.font,
            weight=theme.BOLD if step.name == "Not explained" else theme.REGULAR,
            bbox=paper(),
            color=theme.VERMILLION_TEXT if step.name == "Not explained" else theme.INK,
        )
        plot.tip(axes, axes.get_xlim(), (place - 0.5, place + 0.5), f"{step.name}: {words}. {step.meaning}.")
