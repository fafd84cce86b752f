"""Where the fault could lie, on the ground: the outage's neighbourhood from coordinates, ranked zones in one hue."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from domain.grid.outages.charts.one_line import one_line
from domain.grid.outages.charts.reading import shade
from domain.grid.outages.charts.zones import finding
from domain.grid.outages.rules.summary import MapEdge, ReplaySummary, ZoneLine
from domain.kernel.charts import theme
from domain.kernel.charts.chart import Chart, Column, Plot
from domain.kernel.charts.ground import Floats, aspect, frame, metres, scale_and_north
from domain.kernel.charts.map_names import MapNames
from domain.kernel.charts.words import percent

COLUMNS = (
    Column("zone_id", "Zone"),
    Column("probability_pct", "Probability, %", 1),
    Column("lines", "Lines", 0),
    Column("out", "Lines without supply", 0),
)
LABELLED, MOST_DEVICES = 5, 12


def network_figure(summary: ReplaySummary) -> Chart | None:
    """The map where every line of a ranked zone has its place, else the one-line diagram; None without lines."""
    if not summary.map:
        return None
    ranked = {zone.zone_id for zone in summary.zones}
    placed = [edge for edge in summary.map if edge.a is not None and edge.b is not None]
    lost = [edge for edge in summary.map if (edge.a is None or edge.b is None) and edge.zone_id in ranked]
    if lost or not placed:
        return one_line(summary)
    return _zone_map(summary, tuple(sorted(placed, key=lambda edge: edge.edge_id)))


def _zone_map(summary: ReplaySummary, edges: tuple[MapEdge, ...]) -> Chart:
    zones = {zone.zone_id: zone for zone in sorted(summary.zones, key=lambda zone: (zone.rank, zone.zone_id))}
    ends = [place for edge in edges for place in (edge.a, edge.b) if place is not None]
    unplaced = len(summary.map) - len(edges)
    width_to_height = aspect(ends)
    title = finding(summary)
    told = f"; {unplaced} lines without coordinates are not drawn" if unplaced else ""
    return Chart(
        name="zone-map",
        title=title,
        subtitle=(
            "Lines by coordinates, north up; ranked zones by probability, darker is likelier; shaded: without supply;"
            f" hollow squares: open points{told}"
        ),
        alt=f"Map of {len(edges)} lines around the outage. {title}.",
        columns=COLUMNS,
        rows=tuple(
            (
                zone.zone_id,
                zone.probability * 100,
                sum(edge.zone_id == zone.zone_id for edge in edges),
                sum(edge.zone_id == zone.zone_id and edge.is_out for edge in edges),
            )
            for zone in zones.values()
        ),
        paint=lambda plot: _paint(plot, edges, zones, summary),
        height=int(min(max(680 / width_to_height, 280), 380)),
        phone_height=int(min(max(358 / width_to_height, 260), 420)),
        is_advice=True,
    )


def _paint(plot: Plot, edges: Sequence[MapEdge], zones: dict[str, ZoneLine], summary: ReplaySummary) -> None:
    axes = plot.axes(0, 0, 0, 0)
    axes.axis("off")
    x, y = metres([place for edge in edges for place in (edge.a, edge.b) if place is not None])
    frame(axes, plot, x, y, 46.0)
    lines = np.column_stack([x, y]).reshape(len(edges), 2, 2)
    draw_lines(axes, lines[[edge.is_out for edge in edges]], theme.VERMILLION, 11, alpha=0.16, zorder=1)
    draw_lines(axes, lines[[edge.zone_id not in zones for edge in edges]], theme.FLEET, 1.2, zorder=2)
    for zone in reversed(zones.values()):
        own = lines[[edge.zone_id == zone.zone_id for edge in edges]]
        draw_lines(axes, own, shade(zone.probability), 2.2 + 3.6 * zone.probability, zorder=3)
    names = MapNames(plot, axes)
    names.lines(lines)
    _devices(names, edges, lines, summary)
    _label_zones(names, edges, lines, list(zones.values())[:LABELLED], summary)
    scale_and_north(plot, axes)


def draw_lines(axes: Axes, lines: Floats, color: str, width: float, alpha: float = 1.0, zorder: float = 2) -> None:
    """Lines of one look as one path: a feeder has thousands."""
    if len(lines):
        codes = np.tile(np.array([Path.MOVETO, Path.LINETO], dtype=Path.code_type), len(lines))
        path = Path(lines.reshape(-1, 2), codes)
        look: dict[str, Any] = {"edgecolor": color, "linewidth": width, "alpha": alpha, "capstyle": "round"}
        axes.add_patch(PathPatch(path, facecolor="none", zorder=zorder, **look))


def _devices(names: MapNames, edges: Sequence[MapEdge], lines: Floats, summary: ReplaySummary) -> None:
    """Open points as hollow squares; the devices that the report speaks of by name."""
    spoken_of = _spoken_of(summary)
    named: list[tuple[Floats, str]] = []
    for edge, line in zip(edges, lines, strict=True):
        if edge.device_id is None or not (edge.is_open or edge.device_id in spoken_of):
            continue
        place = line.mean(axis=0)
        fill, color = (theme.SURFACE, theme.VERMILLION) if edge.is_open else (theme.INK, theme.INK)
        names.axes.plot(*place, "s", ms=7.5, mfc=fill, mec=color, mew=1.8, zorder=6)
        names.mark(place)
        if edge.device_id in spoken_of:
            named.append((place, edge.device_id))
    for place, device_id in named[:MOST_DEVICES]:
        names.name(place, device_id, theme.MUTED, theme.REGULAR, names.plot.font - 1)


def _spoken_of(summary: ReplaySummary) -> set[str]:
    """The device that opened, and those of the first option."""
    first = min(
        summary.options, key=lambda option: (option.rank is None, option.rank or 0, option.option_id), default=None
    )
    steps = [str(step.get("device_id")) for step in first.steps] if first is not None else []
    tie = [first.tie_device_id] if first is not None and first.tie_device_id else []
    return {summary.outage.device_id, *steps, *tie}


def _label_zones(
    names: MapNames, edges: Sequence[MapEdge], lines: Floats, zones: Sequence[ZoneLine], summary: ReplaySummary
) -> None:
    for zone in zones:
        own = [index for index, edge in enumerate(edges) if edge.zone_id == zone.zone_id]
        if not own:
            continue
        longest = max(
            own, key=lambda index: (float(np.hypot(*(lines[index][1] - lines[index][0]))), edges[index].edge_id)
        )
        start, end = lines[longest]
        words = f"{zone.zone_id} {percent(zone.probability * 100, 0)}"
        if zone.zone_id == summary.ranking_quality.true_zone_id:
            words += ", fault was here"
        names.name(start + (end - start) * 0.62, words)
