"""A provisional outage on the ground: each line by how likely it is without supply, from coordinates, in one hue."""

from collections.abc import Mapping, Sequence

import numpy as np

from domain.grid.outages.charts.reading import shade
from domain.grid.outages.charts.zone_map import draw_lines
from domain.grid.outages.rules.summary import MapEdge
from domain.kernel.charts import theme
from domain.kernel.charts.chart import Chart, Column, Plot
from domain.kernel.charts.ground import Floats, aspect, frame, metres, scale_and_north
from domain.kernel.charts.map_names import MapNames
from domain.kernel.charts.words import chance

COLUMNS = (
    Column("device", "Zone behind device"),
    Column("dead_pct", "Without supply, probability, %", 1),
    Column("lines", "Lines", 0),
)
# Below this a line is drawn like any other of the feeder.
LEAST = 0.01


def dead_map(device_id: str, edges: Sequence[MapEdge], dead: Mapping[str, float], title: str) -> Chart | None:
    """The feeder's lines, darker where likelier without supply; None where no line has its place."""
    placed = sorted((edge for edge in edges if edge.a and edge.b), key=lambda edge: edge.edge_id)
    if not placed:
        return None
    likely = np.array([dead.get(edge.zone_id or "", 0.0) for edge in placed])
    zones = sorted({edge.zone_id for edge in placed if edge.zone_id and dead.get(edge.zone_id, 0.0) >= LEAST})
    ends = [place for edge in placed for place in (edge.a, edge.b) if place is not None]
    ratio = aspect(ends)
    return Chart(
        name="dead-map",
        title=title,
        subtitle="Lines by coordinates, north up; darker is likelier without supply; hollow squares: open points",
        alt=f"Map of {len(placed)} lines of the feeder. {title}.",
        columns=COLUMNS,
        rows=tuple(
            (zone.removeprefix("Z-"), dead[zone] * 100, sum(edge.zone_id == zone for edge in placed)) for zone in zones
        ),
        paint=lambda plot: _paint(plot, placed, likely, device_id),
        height=int(min(max(680 / ratio, 280), 400)),
        phone_height=int(min(max(358 / ratio, 260), 420)),
        is_advice=True,
    )


def _paint(plot: Plot, edges: Sequence[MapEdge], likely: Floats, device_id: str) -> None:
    axes = plot.axes(0, 0, 0, 0)
    axes.axis("off")
    x, y = metres([place for edge in edges for place in (edge.a, edge.b) if place is not None])
    frame(axes, plot, x, y, 46.0)
    lines = np.column_stack([x, y]).reshape(len(edges), 2, 2)
    draw_lines(axes, lines[likely < LEAST], theme.FLEET, 1.2, zorder=2)
    for value in sorted({float(one) for one in likely if one >= LEAST}):
        draw_lines(axes, lines[likely == value], shade(value), 2.2 + 3.6 * value, zorder=3)
    for edge, line in zip(edges, lines, strict=True):
        if edge.device_id is None or not (edge.is_open or edge.device_id == device_id):
            continue
        place, fill = line.mean(axis=0), theme.SURFACE if edge.is_open else theme.INK
        edge_color = theme.VERMILLION if edge.is_open else theme.INK
        axes.plot(*place, "s", ms=7.5, mfc=fill, mec=edge_color, mew=1.8, zorder=6)
        if edge.device_id == device_id:
            names = MapNames(plot, axes)
            names.lines(lines)
            names.name(place, f"{device_id} {chance(float(likely.max()), 0)}")
    scale_and_north(plot, axes)
