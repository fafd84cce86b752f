"""Names on a map: each beside its place where it covers no other name, with a thin line where it stands apart."""

import math
from dataclasses import dataclass, field

import numpy as np
from matplotlib.axes import Axes

from domain.kernel.charts import theme
from domain.kernel.charts.chart import Plot
from domain.kernel.charts.ground import Floats
from domain.kernel.charts.lettering import drawable, text_width

Box = tuple[float, float, float, float]
GROUND = {"facecolor": theme.SURFACE, "edgecolor": "none", "pad": 1.2, "alpha": 0.85}
# How far from its place a name may stand, in pixels, and from where on a line leads to it.
DISTANCES = (12.0, 26.0, 44.0, 66.0)
LEADS_FROM = 20.0
DIRECTIONS = 12
MOST_SQUARES = 2_000
# What it costs to cover a square pixel of another name, beside one of a line or a mark; and to stand a pixel farther.
OF_A_NAME, OF_A_PIXEL = 20.0, 1.5


@dataclass
class MapNames:
    """The names on one map, and what stands there already, in pixels of the plot's area.

    Attributes:
        marks: what a name should not cover: squares along the lines, symbols.
        names: what it must not cover while there is any other place: the names that stand.
    """

    plot: Plot
    axes: Axes
    marks: list[Box] = field(default_factory=list)
    names: list[Box] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Leave the scale bar and the north arrow alone."""
        right, top = self.plot.width, self.plot.height
        self.names += [(0.0, 0.0, right / 3, 34.0), (right - 30, top - 50, right, top)]

    def lines(self, lines: Floats) -> None:
        """Keep names off the longer lines; `lines` is (count, 2 ends, 2), in the data of the axes."""
        for start, end in lines:
            (x0, y0), (x1, y1) = self.pixels(start), self.pixels(end)
            count = int(math.hypot(x1 - x0, y1 - y0) // 10)
            for share in np.linspace(0, 1, count + 1) if count and len(self.marks) < MOST_SQUARES else ():
                self._square(x0 + (x1 - x0) * share, y0 + (y1 - y0) * share, 4)

    def mark(self, place: Floats) -> None:
        """Keep names off a symbol."""
        self._square(*self.pixels(place), 7)

    def name(
        self, place: Floats, words: str, color: str = theme.INK, weight: int = theme.BOLD, size: float | None = None
    ) -> None:
        """Write a name beside its place, as near as what stands there leaves room for."""
        words, size = drawable(words), size or self.plot.font
        x, y = self.pixels(place)
        width, height = text_width(words, size, weight), size
        at = [self._within(x, y, distance, turn, width, height) for distance in DISTANCES for turn in range(DIRECTIONS)]
        costs = [self._cost((left, low, left + width, low + height), x, y) for left, low in at]
        left, low = at[int(np.argmin(np.round(costs, 3)))]
        box = (left, low, left + width, low + height)
        near = (min(max(x, box[0]), box[2]), min(max(y, box[1]), box[3]))
        if math.hypot(near[0] - x, near[1] - y) > LEADS_FROM:
            self.plot.sheet.plot([x, near[0]], [y, near[1]], color=theme.MUTED, linewidth=0.8, zorder=7)
        self.names.append(box)
        self.plot.write(left, low + 1, words, color, weight=weight, size=size, bbox=GROUND, zorder=8)

    def at(self, place: Floats, words: str, color: str = theme.MUTED) -> None:
        """Write words upon a place of a line, in its way; other names keep off them."""
        x, y = self.pixels(place)
        size = self.plot.font - 1
        half = text_width(words, size, theme.REGULAR) / 2
        self.names.append((x - half, y - size / 2, x + half, y + size / 2))
        self.plot.write(x, y, words, color, size=size, ha="center", va="center", bbox=GROUND | {"alpha": 1}, zorder=8)

    def pixels(self, place: Floats) -> tuple[float, float]:
        """Where a place of the axes lies in the plot's area."""
        (low_x, high_x), (low_y, high_y) = self.axes.get_xlim(), self.axes.get_ylim()
        x, y = float(place[0]), float(place[1])
        return (x - low_x) / (high_x - low_x) * self.plot.width, (y - low_y) / (high_y - low_y) * self.plot.height

    def _square(self, x: float, y: float, half: float) -> None:
        self.marks.append((x - half, y - half, x + half, y + half))

    def _within(
        self, x: float, y: float, distance: float, turn: int, width: float, height: float
    ) -> tuple[float, float]:
        """The lower left corner of a name whose edge is so far away in a direction; kept within the picture."""
        angle = 2 * math.pi * turn / DIRECTIONS
        middle_x = x + (distance + width / 2) * math.cos(angle)
        middle_y = y + (distance + height / 2) * math.sin(angle)
        left = min(max(middle_x - width / 2, 2.0), max(self.plot.width - width - 2, 0.0))
        return left, min(max(middle_y - height / 2, 2.0), max(self.plot.height - height - 2, 0.0))

    def _cost(self, box: Box, x: float, y: float) -> float:
        away = math.hypot(max(box[0] - x, x - box[2], 0), max(box[1] - y, y - box[3], 0))
        around = (box[0] - 3, box[1] - 3, box[2] + 3, box[3] + 3)
        return _covered(around, self.marks) + OF_A_NAME * _covered(around, self.names) + OF_A_PIXEL * away


def _covered(box: Box, standing: list[Box]) -> float:
    """Square pixels of what stands that the box would cover."""
    if not standing:
        return 0.0
    each = np.array(standing)
    wide = np.minimum(box[2], each[:, 2]) - np.maximum(box[0], each[:, 0])
    high = np.minimum(box[3], each[:, 3]) - np.maximum(box[1], each[:, 1])
    return float((np.maximum(wide, 0) * np.maximum(high, 0)).sum())
