"""The network as it lies: from coordinates, north up, with a scale; the feeder that is spoken of in colour."""

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from numpy.typing import NDArray

from domain.grid.network.rules.geometry import MapEdge, MapSite
from domain.kernel.charts import theme
from domain.kernel.charts.chart import Chart, Column, Plot
from domain.kernel.charts.words import number

Floats = NDArray[np.float64]
METRES_PER_DEGREE = 111_320.0
COLUMNS = (
    Column("feeder_id", "Feeder"),
    Column("edges", "Lines and cables", 0),
    Column("length_km", "Length, km", 2),
    Column("open_ties", "Open ties", 0),
)


def network_map(
    edges: Sequence[MapEdge], sites: Sequence[MapSite], spoken_of: str | None, title: str, source: str = ""
) -> Chart:
    """The map; at least one edge with coordinates. Places are (latitude, longitude)."""
    shown = tuple(edges)
    feeders = sorted({edge.feeder_id for edge in shown if edge.feeder_id})
    rows = tuple(_row(feeder, shown) for feeder in feeders)
    aspect = _aspect(shown)
    return Chart(
        name=f"network-map-{spoken_of or 'all'}",
        title=title,
        subtitle="Lines and cables by coordinates, north up"
        + (f"; {spoken_of} in colour, other feeders grey" if spoken_of else "")
        + "; open ties as hollow squares",
        alt=f"Map of {len(feeders)} feeders drawn from coordinates. {title}.",
        columns=COLUMNS,
        rows=rows,
        paint=lambda plot: _paint(plot, shown, sites, spoken_of),
        height=int(min(max(1040 / aspect, 360), 640)),
        phone_height=int(min(max(358 / aspect, 280), 460)),
        source=source,
    )


def _row(feeder: str, edges: Sequence[MapEdge]) -> tuple[str, int, float, int]:
    own = [edge for edge in edges if edge.feeder_id == feeder]
    length = sum(edge.length_m or 0.0 for edge in own) / 1000
    return feeder, len(own), length, sum(edge.is_open for edge in own)


def _aspect(edges: Sequence[MapEdge]) -> float:
    x, y = _metres([edge.from_place for edge in edges] + [edge.to_place for edge in edges])
    return float((np.ptp(x) + 1) / (np.ptp(y) + 1))


def _metres(places: Sequence[tuple[float, float]]) -> tuple[Floats, Floats]:
    """Degrees as metres on a plane that is true at the network's middle latitude."""
    degrees = np.array(places, dtype=np.float64)
    middle = math.radians(float(degrees[:, 0].mean()))
    return degrees[:, 1] * METRES_PER_DEGREE * math.cos(middle), degrees[:, 0] * METRES_PER_DEGREE


def _paint(plot: Plot, edges: Sequence[MapEdge], sites: Sequence[MapSite], spoken_of: str | None) -> None:
    axes = plot.axes(0, 0, 0, 0)
    axes.axis("off")
    places = [edge.from_place for edge in edges] + [edge.to_place for edge in edges] + [site.place for site in sites]
    x, y = _metres(places)
    _frame(axes, plot, x, y)
    count = len(edges)
    starts, ends = (
        np.column_stack([x[:count], y[:count]]),
        np.column_stack([x[count : 2 * count], y[count : 2 * count]]),
    )
    for colour, is_main, is_spoken, width in (
        (theme.FLEET, False, False, 0.6),
        (theme.FLEET, True, False, 1.6),
        (theme.BLUE, False, True, 0.9),
        (theme.BLUE, True, True, 2.6),
    ):
        chosen = [
            index
            for index, edge in enumerate(edges)
            if edge.is_main == is_main and (spoken_of is not None and edge.feeder_id == spoken_of) == is_spoken
        ]
        _lines(axes, plot, starts[chosen], ends[chosen], colour, width)
    _ties(axes, edges, starts, ends)
    for index, site in enumerate(sites):
        axes.plot(x[2 * count + index], y[2 * count + index], "s", ms=9, color=theme.INK, zorder=6)
        axes.annotate(
            site.name,
            (x[2 * count + index], y[2 * count + index]),
            xytext=(9, 7),
            textcoords="offset points",
            size=plot.font,
            weight=theme.BOLD,
            color=theme.INK,
            bbox={"facecolor": theme.SURFACE, "edgecolor": "none", "pad": 1.5, "alpha": 0.85},
            zorder=7,
        )
    _scale(plot, axes)


def _frame(axes: Axes, plot: Plot, x: Floats, y: Floats) -> None:
    """The same metres to a pixel both ways, with room around."""
    margin = 26.0
    per_pixel = max(np.ptp(x) / (plot.width - 2 * margin), np.ptp(y) / (plot.height - 2 * margin), 1e-6)
    middle_x, middle_y = (x.min() + x.max()) / 2, (y.min() + y.max()) / 2
    axes.set_xlim(middle_x - per_pixel * plot.width / 2, middle_x + per_pixel * plot.width / 2)
    axes.set_ylim(middle_y - per_pixel * plot.height / 2, middle_y + per_pixel * plot.height / 2)


def _lines(axes: Axes, plot: Plot, starts: Floats, ends: Floats, colour: str, width: float) -> None:
    """All edges of one look as one path; what is shorter than a third of a pixel, or drawn twice, is left out."""
    if not len(starts):
        return
    per_pixel = float(np.diff(axes.get_xlim())[0]) / plot.width
    grid = 0.25 * per_pixel
    pixels = np.rint(np.column_stack([starts, ends]) / grid).astype(np.int64)
    # One direction for each segment, so that there and back are one.
    swap = (pixels[:, 0] > pixels[:, 2]) | ((pixels[:, 0] == pixels[:, 2]) & (pixels[:, 1] > pixels[:, 3]))
    pixels[swap] = pixels[swap][:, [2, 3, 0, 1]]
    kept = np.unique(pixels[np.abs(pixels[:, :2] - pixels[:, 2:]).max(axis=1) > 1], axis=0)
    vertices = (kept * grid).reshape(-1, 2)
    codes = np.tile(np.array([Path.MOVETO, Path.LINETO], dtype=Path.code_type), len(kept))
    if len(vertices):
        axes.add_patch(PathPatch(Path(vertices, codes), facecolor="none", edgecolor=colour, linewidth=width))


def _ties(axes: Axes, edges: Sequence[MapEdge], starts: Floats, ends: Floats) -> None:
    for index, edge in enumerate(edges):
        if edge.is_open:
            x, y = (starts[index] + ends[index]) / 2
            axes.plot(x, y, "s", ms=7, mfc=theme.SURFACE, mec=theme.VERMILLION, mew=1.8, zorder=5)


def _scale(plot: Plot, axes: Axes) -> None:
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
