"""Places on the ground as a chart shows them: metres instead of degrees, north up, a scale bar of a round length."""

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from domain.kernel.charts import theme
from domain.kernel.charts.chart import Plot
from domain.kernel.charts.lettering import text_width
from domain.kernel.charts.theme import REGULAR
from domain.kernel.charts.words import number

Floats = NDArray[np.float64]
METRES_PER_DEGREE = 111_320.0


def metres(places: Sequence[tuple[float, float]]) -> tuple[Floats, Floats]:
    """East and north of each (latitude, longitude), on a plane that is true at their middle latitude."""
    degrees = np.array(places, dtype=np.float64)
    middle = math.radians(float(degrees[:, 0].mean()))
    return degrees[:, 1] * METRES_PER_DEGREE * math.cos(middle), degrees[:, 0] * METRES_PER_DEGREE


def aspect(places: Sequence[tuple[float, float]]) -> float:
    """Width over height of the ground that the places span."""
    x, y = metres(places)
    return float((np.ptp(x) + 1) / (np.ptp(y) + 1))


def frame(axes: Axes, plot: Plot, x: Floats, y: Floats, margin: float = 26.0) -> None:
    """The same metres to a pixel both ways, with room around. The axes are the plot's whole area."""
    per_pixel = max(np.ptp(x) / (plot.width - 2 * margin), np.ptp(y) / (plot.height - 2 * margin), 1e-6)
    middle_x, middle_y = (x.min() + x.max()) / 2, (y.min() + y.max()) / 2
    axes.set_xlim(middle_x - per_pixel * plot.width / 2, middle_x + per_pixel * plot.width / 2)
    axes.set_ylim(middle_y - per_pixel * plot.height / 2, middle_y + per_pixel * plot.height / 2)


def scale_and_north(plot: Plot, axes: Axes) -> None:
    """A bar of a round length at the lower left, and an arrow to the north at the upper right."""
    per_pixel = float(np.diff(axes.get_xlim())[0]) / plot.width
    wanted = per_pixel * min(160.0, plot.width / 3)
    step = 10 ** math.floor(math.log10(wanted))
    length = max(step * factor for factor in (1, 2, 5) if step * factor <= wanted)
    left, low = axes.get_xlim()[0], axes.get_ylim()[0]
    x, y = left + 10 * per_pixel, low + 14 * per_pixel
    axes.plot([x, x + length], [y, y], color=theme.INK, linewidth=2, solid_capstyle="butt")
    words = f"{number(length / 1000, 0 if length >= 1000 else 1)} km" if length >= 100 else f"{number(length)} m"
    plot.write(10, 20, words, theme.INK, size=plot.font - 1)
    plot.write(plot.width - 22, plot.height - 16, "N", theme.INK, size=plot.font, weight=theme.BOLD)
    right, top = axes.get_xlim()[1], axes.get_ylim()[1]
    tip, foot = (right - 18 * per_pixel, top - 20 * per_pixel), (right - 18 * per_pixel, top - 46 * per_pixel)
    axes.annotate(
        "",
        tip,
        foot,
        arrowprops={"arrowstyle": "-|>", "color": theme.INK, "shrinkA": 0, "shrinkB": 0, "linewidth": 1.5},
    )


def hangs_over(axes: Axes, plot: Plot, place: tuple[float, float], words: str, weight: int = REGULAR) -> bool:
    """Whether words that begin right of a place would leave the picture, and so must end left of it."""
    across = float(axes.transData.transform(place)[0]) - plot.margin
    return across > plot.width / 2 and across + 12 + text_width(words, plot.font, weight) > plot.width
