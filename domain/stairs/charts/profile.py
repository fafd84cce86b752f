"""Pressure by floor, as the floors stand in the building: measured against baseline, limits and design setpoint."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from matplotlib.axes import Axes

from domain.kernel.charts import theme
from domain.kernel.charts.axes import bare, name_axis, name_room
from domain.kernel.charts.chart import Cell, Chart, Column, Plot
from domain.kernel.charts.lettering import drawable, text_width
from domain.kernel.charts.marks import paper
from domain.kernel.charts.words import NBSP, listing, number

Verdict = Literal["compliant", "non_compliant", "indeterminate"]
CONFIGURATIONS = {"all_closed": "All doors closed", "evac_doors_open": "Evacuation doors open"}
COLUMNS = (
    Column("configuration", "Configuration"),
    Column("floor", "Floor"),
    Column("measured_pa", "Measured, Pa", 1),
    Column("baseline_pa", "Baseline, Pa", 1),
    Column("verdict", "Verdict"),
)
ROW, MOST_HEIGHT, HEAD, FOOT = 24.0, 640.0, 46.0, 26.0
MARKS = {"compliant": theme.BLUE, "non_compliant": theme.VERMILLION, "indeterminate": theme.ORANGE}


@dataclass(frozen=True)
class FloorPoint:
    """The pressure of one floor in one configuration; None where it was not measured or has no baseline."""

    floor_level: str
    floor_number: int
    configuration: str
    measured_pa: float | None
    baseline_pa: float | None
    verdict: Verdict | None


@dataclass(frozen=True)
class Limits:
    """The limits in force and the design setpoint, Pa; None where there is none."""

    minimum_pa: float | None
    maximum_pa: float | None
    setpoint_pa: float | None = None


def pressure_by_floor(stair: str, points: Sequence[FloorPoint], limits: Limits) -> Chart | None:
    """The chart of one stair, a panel for each configuration that has points; None where there are none."""
    order = sorted(points, key=lambda one: (one.configuration, -one.floor_number, one.floor_level))
    if not order:
        return None
    panels = [name for name in CONFIGURATIONS if any(one.configuration == name for one in order)]
    panels += sorted({one.configuration for one in order} - set(panels))
    floors = _floors(order)
    row = min(ROW, MOST_HEIGHT / len(floors))
    title = finding(stair, order, limits)
    return Chart(
        name="pressure-by-floor",
        title=title,
        subtitle=f"Pressure difference across the stair's doors, Pa, {drawable(stair)}; solid: measured, hollow:"
        " baseline, orange: not proven",
        alt=f"Pressure by floor for {len(floors)} floors. {title}.",
        columns=COLUMNS,
        rows=tuple(_row(one) for one in order),
        paint=lambda plot: _paint(plot, order, panels, floors, limits),
        height=int(row * len(floors) + HEAD + FOOT),
        phone_height=int((min(20.0, row) * len(floors) + HEAD + FOOT) * len(panels)),
    )


def finding(stair: str, points: Sequence[FloorPoint], limits: Limits) -> str:
    """Which floors fail, and by how much the worst."""
    measured = [one for one in points if one.measured_pa is not None]
    failed = [one for one in measured if one.verdict == "non_compliant"]
    name = drawable(stair)
    if not measured:
        return f"No pressure was measured in {name}"
    if not failed:
        low = min(one.measured_pa or 0.0 for one in measured)
        high = max(one.measured_pa or 0.0 for one in measured)
        open_ends = sum(one.verdict == "indeterminate" for one in measured)
        rest = f"; {number(open_ends)} not proven" if open_ends else ""
        return f"{name} holds {_pa(low)} to {_pa(high)} at all {number(len(measured))} measured points{rest}"
    worst = max(failed, key=lambda one: (_beyond(one, limits), one.floor_level))
    levels = list(dict.fromkeys(drawable(one.floor_level) for one in failed))
    where = listing(levels[:3]) if len(levels) <= 3 else f"{number(len(levels))} floors"
    side = "below" if limits.minimum_pa is not None and (worst.measured_pa or 0) < limits.minimum_pa else "above"
    return f"{name} stands outside its limits on {where}: worst {_pa(worst.measured_pa or 0.0)}, {side} the limit"


def _beyond(point: FloorPoint, limits: Limits) -> float:
    value = point.measured_pa or 0.0
    below = 0.0 if limits.minimum_pa is None else limits.minimum_pa - value
    above = 0.0 if limits.maximum_pa is None else value - limits.maximum_pa
    return max(below, above)


def _pa(value: float) -> str:
    return f"{number(value, 1).removesuffix('.0')}{NBSP}Pa"


def _row(one: FloorPoint) -> tuple[Cell, ...]:
    configuration = CONFIGURATIONS.get(one.configuration, one.configuration)
    return configuration, one.floor_level, one.measured_pa, one.baseline_pa, (one.verdict or "").replace("_", "-")


def _floors(points: Sequence[FloorPoint]) -> list[tuple[int, str]]:
    """Highest first."""
    return sorted({(one.floor_number, one.floor_level) for one in points}, key=lambda pair: (-pair[0], pair[1]))


def _paint(
    plot: Plot,
    points: Sequence[FloorPoint],
    panels: Sequence[str],
    floors: Sequence[tuple[int, str]],
    limits: Limits,
) -> None:
    names = [drawable(level) for _, level in floors]
    room = name_room(plot, names)
    edge = 10.0
    count = len(panels)
    most = _most(points, limits)
    for place, panel in enumerate(panels):
        if plot.narrow:
            each = plot.height / count
            axes = plot.axes(room + 12, edge, FOOT + each * (count - 1 - place), HEAD + each * place)
            named = True
        else:
            gap = 34.0
            width = (plot.width - room - 12 - edge - gap * (count - 1)) / count
            left = room + 12 + place * (width + gap)
            axes = plot.axes(left, plot.width - left - width, FOOT, HEAD)
            named = place == 0
        _panel(plot, axes, [one for one in points if one.configuration == panel], floors, limits, most)
        _name_floors(plot, axes, names if named else [""] * len(names), room)
        left, _, _, top = plot.box(axes)
        plot.write(left, top + 28, CONFIGURATIONS.get(panel, panel), weight=theme.BOLD)


def _name_floors(plot: Plot, axes: Axes, names: Sequence[str], room: float) -> None:
    """Every floor's name where there is room, else every second, third, and so on."""
    _, low, _, high = plot.box(axes)
    every = max(1, -(-len(names) * (plot.font + 1) // max(high - low, 1)))
    name_axis(axes, plot, [name if n % int(every) == 0 else "" for n, name in enumerate(names)], room)


def _most(points: Sequence[FloorPoint], limits: Limits) -> float:
    values = [value for one in points for value in (one.measured_pa, one.baseline_pa) if value is not None]
    known = [value for value in (limits.minimum_pa, limits.maximum_pa, limits.setpoint_pa) if value is not None]
    return max([*values, *known, 10.0]) * 1.12


def _panel(
    plot: Plot,
    axes: Axes,
    points: Sequence[FloorPoint],
    floors: Sequence[tuple[int, str]],
    limits: Limits,
    most: float,
) -> None:
    bare(axes, plot)
    place_of = {floor: place for place, floor in enumerate(floors)}
    axes.set_ylim(len(floors) - 0.5, -0.5)
    axes.set_xlim(min([0.0, *(one.measured_pa for one in points if one.measured_pa is not None)]), most)
    axes.grid(axis="y", color=theme.LINE, linewidth=1)
    steps = [tick for tick in axes.get_xticks() if axes.get_xlim()[0] <= tick <= most]
    steps = steps[:: 2 if plot.narrow and len(steps) > 5 else 1]
    last = len(steps) - 1
    axes.set_xticks(steps, [number(tick) + (f"{NBSP}Pa" if n == last else "") for n, tick in enumerate(steps)])
    _limit_lines(plot, axes, limits)
    for one in points:
        y = place_of[(one.floor_number, one.floor_level)]
        if one.baseline_pa is not None:
            axes.plot([one.baseline_pa], [y], "o", ms=8, mfc="none", mec=theme.MUTED, mew=1.3, zorder=3)
        if one.measured_pa is None:
            continue
        color = MARKS[one.verdict or "compliant"]
        axes.plot([one.measured_pa], [y], "o", ms=6, mfc=color, mec=theme.SURFACE, mew=0.8, zorder=4)
        if one.verdict == "non_compliant":
            _label(plot, axes, one.measured_pa, one.baseline_pa, y)
        baseline = "" if one.baseline_pa is None else f", baseline {_pa(one.baseline_pa)}"
        verdict = (one.verdict or "measured").replace("_", "-")
        words = f"{drawable(one.floor_level)}: {_pa(one.measured_pa)}{baseline}, {verdict}"
        plot.tip(axes, axes.get_xlim(), (y - 0.5, y + 0.5), words)


def _limit_lines(plot: Plot, axes: Axes, limits: Limits) -> None:
    left, _, right, top = plot.box(axes)
    low, high = axes.get_xlim()
    for value, words, color, style in (
        (limits.minimum_pa, "min", theme.INK, "-"),
        (limits.maximum_pa, "max", theme.INK, "-"),
        (limits.setpoint_pa, "design" if not plot.narrow else "des.", theme.GREEN_TEXT, (0, (2, 2))),
    ):
        if value is None:
            continue
        axes.axvline(value, color=color, linewidth=1.3, linestyle=style, zorder=2)
        told = f"{words} {number(value, 1).removesuffix('.0')}"
        half = text_width(told, plot.font - 1) / 2
        x = left + (value - low) / (high - low) * (right - left)
        x = max(min(x, plot.width - half), half)
        plot.write(x, top + 6, told, color, size=plot.font - 1, ha="center")


def _label(plot: Plot, axes: Axes, value: float, baseline: float | None, y: float) -> None:
    """The failing value beside its mark, on the side that has room and not the baseline's mark."""
    low, high = axes.get_xlim()
    left, _, right, _ = plot.box(axes)
    words = number(value, 1)
    a_pixel = (high - low) / (right - left)
    needed = (text_width(words, plot.font, theme.BOLD) + 14) * a_pixel
    covered = baseline is not None and value <= baseline <= value + needed
    is_right = value + needed <= high and not (covered and value - needed >= low)
    axes.annotate(
        words,
        (value, y),
        xytext=(9 if is_right else -9, 0),
        textcoords="offset points",
        ha="left" if is_right else "right",
        va="center",
        size=plot.font,
        weight=theme.BOLD,
        color=theme.VERMILLION_TEXT,
        bbox=paper(),
        zorder=5,
    )
