"""The network as it lies: from coordinates, north up, with a scale; the feeder that is spoken of in colour."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from domain.grid.network.rules.geometry import MapEdge, MapSite
from domain.kernel.charts import theme
from domain.kernel.charts.chart import Chart, Column, Plot
from domain.kernel.charts.ground import Floats, aspect, frame, hangs_over, metres, scale_and_north

COLUMNS = (
    Column("feeder_id", "Feeder"),
    Column("edges", "Lines and cables", 0),
    Column("length_km", "Length, km", 2),
    Column("open_ties", "Open ties", 0),
)

# Of one look on one map.
MOST_LINES = 4_000


def network_map(
    edges: Sequence[MapEdge], sites: Sequence[MapSite], spoken_of: str | None, title: str, source: str = ""
) -> Chart:
    """The map; at least one edge with coordinates. Places are (latitude, longitude)."""
    shown = tuple(edges)
    feeders = sorted({edge.feeder_id for edge in shown if edge.feeder_id})
    rows = tuple(_row(feeder, shown) for feeder in feeders)
    width_to_height = aspect([edge.from_place for edge in shown] + [edge.to_place for edge in shown])
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
        height=int(min(max(1040 / width_to_height, 360), 640)),
        phone_height=int(min(max(358 / width_to_height, 280), 460)),
        source=source,
    )


def _row(feeder: str, edges: Sequence[MapEdge]) -> tuple[str, int, float, int]:
    own = [edge for edge in edges if edge.feeder_id == feeder]
    length = sum(edge.length_m or 0.0 for edge in own) / 1000
    return feeder, len(own), length, sum(edge.is_open for edge in own)


def _paint(plot: Plot, edges: Sequence[MapEdge], sites: Sequence[MapSite], spoken_of: str | None) -> None:
    axes = plot.axes(0, 0, 0, 0)
    axes.axis("off")
    places = [edge.from_place for edge in edges] + [edge.to_place for edge in edges] + [site.place for site in sites]
    x, y = metres(places)
    frame(axes, plot, x, y)
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
        place = float(x[2 * count + index]), float(y[2 * count + index])
        is_left = hangs_over(axes, plot, place, site.name, theme.BOLD)
        axes.plot(*place, "s", ms=9, color=theme.INK, zorder=6)
        axes.annotate(
            site.name,
            place,
            xytext=(-9 if is_left else 9, 7),
            textcoords="offset points",
            ha="right" if is_left else "left",
            size=plot.font,
            weight=theme.BOLD,
            color=theme.INK,
            bbox={"facecolor": theme.SURFACE, "edgecolor": "none", "pad": 1.5, "alpha": 0.85},
            zorder=7,
        )
    scale_and_north(plot, axes)


def _lines(axes: Axes, plot: Plot, starts: Floats, ends: Floats, colour: str, width: float) -> None:
    """All edges of one look as one path, on whole pixels where they are thin, else on halves.

    What is shorter than that, or drawn twice, is left out, and of very many lines the shortest: nobody sees them, and
    the page would weigh what they weigh.
    """
    if not len(starts):
        return
    per_pixel = float(np.diff(axes.get_xlim())[0]) / plot.width
    grid = (1.0 if width < 1 else 0.5) * per_pixel
    origin = np.array([axes.get_xlim()[0], axes.get_ylim()[0]])
    pixels = np.rint((np.column_stack([starts, ends]) - np.tile(origin, 2)) / grid).astype(np.int64)
    # One direction for each segment, so that there and back are one.
    swap = (pixels[:, 0] > pixels[:, 2]) | ((pixels[:, 0] == pixels[:, 2]) & (pixels[:, 1] > pixels[:, 3]))
    pixels[swap] = pixels[swap][:, [2, 3, 0, 1]]
    kept = np.unique(pixels[np.abs(pixels[:, :2] - pixels[:, 2:]).max(axis=1) > 0], axis=0)
    if len(kept) > MOST_LINES:
        length = np.hypot(*(kept[:, :2] - kept[:, 2:]).T)
        kept = kept[np.sort(np.argsort(-length, kind="stable")[:MOST_LINES])]
    vertices = kept.reshape(-1, 2) * grid + origin
    codes = np.tile(np.array([Path.MOVETO, Path.LINETO], dtype=Path.code_type), len(kept))
    if len(vertices):
        axes.add_patch(PathPatch(Path(vertices, codes), facecolor="none", edgecolor=colour, linewidth=width))


def _ties(axes: Axes, edges: Sequence[MapEdge], starts: Floats, ends: Floats) -> None:
    for index, edge in enumerate(edges):
        if edge.is_open:
            x, y = (starts[index] + ends[index]) / 2
            axes.plot(x, y, "s", ms=7, mfc=theme.SURFACE, mec=theme.VERMILLION, mew=1.8, zorder=5)
