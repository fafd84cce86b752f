"""Door force against pressure: each door as measured, beside the line that the pressure alone would make."""

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes

from domain.kernel.charts import theme
from domain.kernel.charts.axes import value_axis
from domain.kernel.charts.chart import Chart, Column, Plot
from domain.kernel.charts.lettering import drawable, text_width
from domain.kernel.charts.marks import paper
from domain.kernel.charts.words import NBSP, number
from domain.stairs.rules.physics.door import Leaf, pressure_force_n

COLUMNS = (
    Column("door", "Door"),
    Column("pressure_pa", "Pressure, Pa", 1),
    Column("force_n", "Force, N", 1),
    Column("closer_n", "Without pressure, N", 1),
    Column("expected_n", "Expected, N", 1),
)
MOST_NAMED = 6


@dataclass(frozen=True)
class DoorPoint:
    """One door with the stair pressurised.

    Attributes:
        pressure_pa: across it, with all doors closed.
        force_n: at the handle; closer_n: without pressure, None where that was not measured.
    """

    door_identifier: str
    leaf: Leaf
    pressure_pa: float
    force_n: float
    closer_n: float | None

    @property
    def expected_n(self) -> float | None:
        """Closer and pressure together."""
        return None if self.closer_n is None else self.closer_n + pressure_force_n(self.leaf, self.pressure_pa)


def door_forces(stair: str, points: Sequence[DoorPoint], limit_n: float | None) -> Chart | None:
    """The chart of one stair; None where no door has both."""
    ordered = sorted(points, key=lambda one: (one.door_identifier, one.pressure_pa))
    if not ordered:
        return None
    title = finding(stair, ordered, limit_n)
    return Chart(
        name="door-force-vs-pressure",
        title=title,
        subtitle=f"Opening force at the handle, N, against pressure across the door, Pa, {drawable(stair)}; line:"
        " what the pressure makes by itself; dashed: with the middle closer",
        alt=f"{len(ordered)} doors, force against pressure. {title}.",
        columns=COLUMNS,
        rows=tuple(
            (one.door_identifier, one.pressure_pa, one.force_n, one.closer_n, one.expected_n) for one in ordered
        ),
        paint=lambda plot: _paint(plot, ordered, limit_n),
        height=330,
        phone_height=300,
    )


def finding(stair: str, points: Sequence[DoorPoint], limit_n: float | None) -> str:
    """How many doors are too heavy, and how many no closer explains."""
    name = drawable(stair)
    heavy = [one for one in points if limit_n is not None and one.force_n > limit_n]
    odd = [one for one in points if one.force_n < pressure_force_n(one.leaf, one.pressure_pa)]
    told = (
        f"{number(len(heavy))} of {number(len(points))} doors of {name} need more than {number(limit_n)}{NBSP}N"
        if heavy
        else f"All {number(len(points))} doors of {name} open with at most"
        f" {number(max(one.force_n for one in points))}{NBSP}N"
    )
    return told + (f"; {number(len(odd))} read less than the pressure alone makes" if odd else "")


def _paint(plot: Plot, points: Sequence[DoorPoint], limit_n: float | None) -> None:
    axes = plot.axes(48, 20, 44, 14)
    right = max(one.pressure_pa for one in points) * 1.15 + 5
    leaf = _usual(points)
    top = max([one.force_n for one in points] + [pressure_force_n(leaf, right), limit_n or 0.0]) * 1.12
    axes.set_xlim(0, right)
    axes.set_ylim(0, top)
    value_axis(axes, plot, "N")
    ticks = [tick for tick in axes.get_xticks() if 0 <= tick <= right][:: 2 if plot.narrow else 1]
    last = len(ticks) - 1
    axes.set_xticks(ticks, [number(tick) + (f"{NBSP}Pa" if n == last else "") for n, tick in enumerate(ticks)])
    axes.plot([0, right], [0, pressure_force_n(leaf, right)], color=theme.MUTED, linewidth=1.5)
    closers = sorted(one.closer_n for one in points if one.closer_n is not None)
    if closers:
        middle = closers[len(closers) // 2]
        ends = [middle, middle + pressure_force_n(leaf, right)]
        axes.plot([0, right], ends, color=theme.MUTED, linewidth=1.5, linestyle=(0, (5, 3)))
    if limit_n is not None:
        axes.axhline(limit_n, color=theme.INK, linewidth=1.3)
        _above(plot, axes, limit_n, f"limit {number(limit_n)}{NBSP}N")
    _marks(plot, axes, points, limit_n)


def _usual(points: Sequence[DoorPoint]) -> Leaf:
    """The leaf of most doors, whose line is drawn."""
    leaves = sorted({one.leaf for one in points}, key=lambda leaf: leaf.newtons_per_pascal)
    return max(leaves, key=lambda leaf: sum(one.leaf == leaf for one in points))


def _above(plot: Plot, axes: Axes, value: float, words: str) -> None:
    axes.annotate(
        words,
        (0, value),
        xytext=(4, 4),
        textcoords="offset points",
        size=plot.font - 1,
        color=theme.INK,
        bbox=paper(),
    )


def _marks(plot: Plot, axes: Axes, points: Sequence[DoorPoint], limit_n: float | None) -> None:
    """The heaviest that fail are named; all say what they are under a pointer."""
    failing = sorted(
        (one for one in points if limit_n is not None and one.force_n > limit_n),
        key=lambda one: (-one.force_n, one.door_identifier),
    )
    taken: list[float] = []
    low, high = axes.get_ylim()
    _, bottom, _, top = plot.box(axes)
    for one in points:
        color = theme.VERMILLION if one in failing else theme.BLUE
        axes.plot([one.pressure_pa], [one.force_n], "o", ms=6.5, mfc=color, mec=theme.SURFACE, mew=0.8, zorder=4)
        around = ((one.pressure_pa - 1, one.pressure_pa + 1), (one.force_n - 3, one.force_n + 3))
        plot.tip(
            axes,
            *around,
            f"{drawable(one.door_identifier)}: {number(one.force_n, 1)} N at {number(one.pressure_pa, 1)} Pa",
        )
    for one in failing[:MOST_NAMED]:
        y = (one.force_n - low) / (high - low) * (top - bottom)
        if any(abs(y - other) < plot.font * 1.2 for other in taken):
            continue
        taken.append(y)
        _name(plot, axes, one)


def _name(plot: Plot, axes: Axes, one: DoorPoint) -> None:
    left, _, right, _ = plot.box(axes)
    words = f"{drawable(one.door_identifier)} {number(one.force_n, 1)}"
    place = left + one.pressure_pa / axes.get_xlim()[1] * (right - left)
    room = text_width(words, plot.font - 1, theme.BOLD) + 12
    is_right = place + room < plot.width
    if not is_right and place - room < 0:
        words = number(one.force_n, 1)
    axes.annotate(
        words,
        (one.pressure_pa, one.force_n),
        xytext=(9 if is_right else -9, 0),
        textcoords="offset points",
        ha="left" if is_right else "right",
        va="center",
        size=plot.font - 1,
        weight=theme.BOLD,
        color=theme.VERMILLION_TEXT,
        bbox=paper(),
    )
