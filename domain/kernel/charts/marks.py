"""Marks that charts share: names at the end of lines, ribbons for events, values beside bars."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from domain.kernel.charts.axes import instant
from domain.kernel.charts.chart import Plot
from domain.kernel.charts.lettering import text_width
from domain.kernel.charts.theme import BOLD, MUTED, REGULAR, SURFACE


@dataclass(frozen=True)
class EndLabel:
    """A name for a line, at the height where the line ends."""

    y: float
    words: str
    color: str
    weight: int = REGULAR


@dataclass(frozen=True)
class Ribbon:
    """A named stretch of time."""

    start: datetime
    end: datetime
    words: str
    color: str
    text_color: str


def end_labels(axes: Axes, plot: Plot, labels: Sequence[EndLabel]) -> None:
    """Names right of the axes, each as near to its line as the others leave room for."""
    _, bottom, right, top = plot.box(axes)
    low, high = axes.get_ylim()
    per_unit = (top - bottom) / (high - low)
    ordered = sorted(labels, key=lambda label: (label.y, label.words))
    wanted = [(label.y - low) * per_unit + bottom for label in ordered]
    for label, place in zip(ordered, spread(wanted, plot.font * 1.35, bottom, top), strict=True):
        plot.write(right + 8, place, label.words, label.color, weight=label.weight, va="center")


def label_margin(plot: Plot, labels: Sequence[EndLabel]) -> float:
    """Pixels that the names need right of the axes."""
    return max((text_width(label.words, plot.font, label.weight) for label in labels), default=0.0) + 12


def spread(wanted: Sequence[float], room: float, low: float, high: float) -> list[float]:
    """The nearest places in order, at least `room` apart and within [low, high] where that can be."""
    places: list[float] = []
    for place in wanted:
        places.append(max(place, places[-1] + room) if places else max(place, low))
    limit = high
    for index in range(len(places) - 1, -1, -1):
        places[index] = min(places[index], limit)
        limit = places[index] - room
    return places


@dataclass(frozen=True)
class PlacedRibbon:
    """A ribbon with the place of its name: pixels from the plot's left edge, and the row above the axes."""

    ribbon: Ribbon
    x: float
    row: int


def place_ribbons(
    plot: Plot, events: Sequence[Ribbon], window: tuple[datetime, datetime], left: float, right: float
) -> list[PlacedRibbon]:
    """Give each name a place over its ribbon, in as few rows as keep the names apart.

    Args:
        plot: the plot, for its width and letter size.
        events: in time order.
        window: what the time axis will show; ribbons outside it are left out.
        left: the margin left of the axes.
        right: the margin right of the axes.
    """
    start, end = window
    width = plot.width - left - right
    rows: list[float] = []
    placed: list[PlacedRibbon] = []
    for event in events:
        begin = max(event.start, start)
        if begin >= min(event.end, end):
            continue
        words = text_width(event.words, plot.font, BOLD)
        x = left + (begin - start) / (end - start) * width
        x = max(min(x, plot.width - words - 4), 0.0)
        row = next((row for row, until in enumerate(rows) if x > until + 10), len(rows))
        rows[row : row + 1] = [x + words]
        placed.append(PlacedRibbon(event, x, row))
    return placed


def ribbon_height(plot: Plot, placed: Sequence[PlacedRibbon]) -> float:
    """Pixels to leave above the axes for the names."""
    return plot.font * 1.4 * (1 + max(item.row for item in placed)) + 10 if placed else 10.0


def draw_ribbons(axes: Axes, plot: Plot, placed: Sequence[PlacedRibbon]) -> None:
    """Shade each event over the axes' full height and write its name above."""
    _, _, _, top = plot.box(axes)
    low, high = axes.get_xlim()
    for item in placed:
        event = item.ribbon
        left, right = max(instant(event.start), low), min(instant(event.end), high)
        axes.axvspan(left, right, color=event.color, alpha=0.13, linewidth=0, zorder=0.5)
        for edge in (left, right):
            if low < edge < high:
                axes.axvline(edge, color=event.color, linewidth=1, alpha=0.6, zorder=0.6)
        plot.write(item.x, top + 7 + item.row * plot.font * 1.4, event.words, event.text_color, weight=BOLD)


def key(plot: Plot, entries: Sequence[tuple[str, str]]) -> None:
    """Names with their colours along the top of the area, in as many rows as they need."""
    x, y = 0.0, plot.height - 14
    for name, color in entries:
        width = 18 + text_width(name, plot.font - 1) + 15
        if x and x + width - 15 > plot.width:
            x, y = 0.0, y - 20
        plot.sheet.add_patch(Rectangle((x, y - 2), 12, 12, facecolor=color, linewidth=0))
        plot.write(x + 18, y, name, MUTED, size=plot.font - 1)
        x += width


def paper(color: str = SURFACE) -> dict[str, object]:
    """A background for words that stand over lines."""
    return {"facecolor": color, "edgecolor": "none", "pad": 1.5}
