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
from domain.kernel.charts.lettering import drawable, text_width
from domain.kernel.charts.words import percent

COLUMNS = (
    Column("zone_id", "Zone"),
    Column("probability_pct", "Probability, %", 1),
    Column("lines", "Lines", 0),
    Column("out", "Lines without supply", 0),
)
LABELLED = 5


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
    boxes = _along(axes, plot, lines)
    _devices(axes, plot, edges, lines, summary, boxes)
    _label_zones(axes, plot, edges, lines, list(zones.values())[:LABELLED], boxes, summary)
    scale_and_north(plot, axes)


def draw_lines(axes: Axes, lines: Floats, color: str, width: float, alpha: float = 1.0, zorder: float = 2) -> None:
    """Lines of one look as one path: a feeder has thousands."""
    if len(lines):
        codes = np.tile(np.array([Path.MOVETO, Path.LINETO], dtype=Path.code_type), len(lines))
        path = Path(lines.reshape(-1, 2), codes)
        look: dict[str, Any] = {"edgecolor": color, "linewidth": width, "alpha": alpha, "capstyle": "round"}
        axes.add_patch(PathPatch(path, facecolor="none", zorder=zorder, **look))


def _along(axes: Axes, plot: Plot, lines: Floats) -> list[tuple[float, float, float, float]]:
    """What the longer lines cover, in pixels, as small squares along them, two thousand at most."""
    boxes: list[tuple[float, float, float, float]] = []
    for line in lines:
        (x0, y0), (x1, y1) = (_pixels(axes, plot, *end) for end in line)
        count = int(np.hypot(x1 - x0, y1 - y0) // 10)
        for share in np.linspace(0, 1, count + 1) if count and len(boxes) < 2000 else []:
            x, y = x0 + (x1 - x0) * share, y0 + (y1 - y0) * share
            boxes.append((x - 4, y - 4, x + 4, y + 4))
    return boxes


def _devices(
    axes: Axes,
    plot: Plot,
    edges: Sequence[MapEdge],
    lines: Floats,
    summary: ReplaySummary,
    boxes: list[tuple[float, float, float, float]],
) -> None:
    """Open points as hollow squares; the devices that the report speaks of by name; `boxes` grows."""
    spoken_of = _spoken_of(summary)
    named: list[tuple[tuple[float, float], str]] = []
    for edge, line in zip(edges, lines, strict=True):
        if edge.device_id is None or not (edge.is_open or edge.device_id in spoken_of):
            continue
        x, y = line.mean(axis=0)
        fill = theme.SURFACE if edge.is_open else theme.INK
        axes.plot(x, y, "s", ms=7.5, mfc=fill, mec=theme.VERMILLION if edge.is_open else theme.INK, mew=1.8, zorder=6)
        place = _pixels(axes, plot, x, y)
        boxes.append((place[0] - 6, place[1] - 6, place[0] + 6, place[1] + 6))
        if edge.device_id in spoken_of:
            named.append((place, drawable(edge.device_id)))
    for place, words in named[:12]:
        _put(plot, place, words, boxes, theme.MUTED, theme.REGULAR, plot.font - 1)


def _spoken_of(summary: ReplaySummary) -> set[str]:
    """The device that opened, and those of the first option."""
    first = min(
        summary.options, key=lambda option: (option.rank is None, option.rank or 0, option.option_id), default=None
    )
    steps = [str(step.get("device_id")) for step in first.steps] if first is not None else []
    tie = [first.tie_device_id] if first is not None and first.tie_device_id else []
    return {summary.outage.device_id, *steps, *tie}


def _label_zones(
    axes: Axes,
    plot: Plot,
    edges: Sequence[MapEdge],
    lines: Floats,
    zones: Sequence[ZoneLine],
    boxes: list[tuple[float, float, float, float]],
    summary: ReplaySummary,
) -> None:
    for zone in zones:
        own = [index for index, edge in enumerate(edges) if edge.zone_id == zone.zone_id]
        if not own:
            continue
        longest = max(
            own, key=lambda index: (float(np.hypot(*(lines[index][1] - lines[index][0]))), edges[index].edge_id)
        )
        start, end = lines[longest]
        place = _pixels(axes, plot, *(start + (end - start) * 0.62))
        words = f"{drawable(zone.zone_id)} {percent(zone.probability * 100, 0)}"
        if zone.zone_id == summary.ranking_quality.true_zone_id:
            words += ", fault was here"
        _put(plot, place, words, boxes, theme.INK, theme.BOLD, plot.font)


def _put(
    plot: Plot,
    place: tuple[float, float],
    words: str,
    boxes: list[tuple[float, float, float, float]],
    color: str,
    weight: int,
    size: float,
) -> None:
    """Words beside a place, on the first side where they cover nothing that stands already."""
    width, height = text_width(words, size, weight), size
    x, y = place
    sides = [(x + 14, y - height / 2), (x + 10, y + 10), (x + 10, y - height - 10), (x - width - 12, y - height / 2)]
    sides += [
        (x - width - 10, y + 10),
        (x - width - 10, y - height - 10),
        (x - width / 2, y + 14),
        (x - width / 2, y - height - 14),
    ]
    sides += [(x + 26, y - height / 2), (x - width - 26, y - height / 2), (x + 24, y + 20), (x + 24, y - height - 20)]
    standing = np.array(boxes) if boxes else np.empty((0, 4))
    costs = [_cost(plot, (left - 2, low - 3, left + width + 2, low + height + 1), standing) for left, low in sides]
    left, low = sides[int(np.argmin(np.round(np.array(costs) + 0.1 * np.arange(len(sides)), 3)))]
    left = min(max(left, 0.0), max(plot.width - width, 0.0))
    boxes.append((left, low, left + width, low + height))
    ground = {"facecolor": theme.SURFACE, "edgecolor": "none", "pad": 1.2, "alpha": 0.85}
    plot.write(left, low + 1, words, color, weight=weight, size=size, bbox=ground, zorder=8)


def _cost(plot: Plot, box: tuple[float, float, float, float], standing: Floats) -> float:
    """Square pixels that the words would cover, and much for each pixel outside the picture."""
    outside = max(-box[0], 0) + max(box[2] - plot.width, 0) + max(-box[1], 0) + max(box[3] - plot.height, 0)
    wide = np.minimum(box[2], standing[:, 2]) - np.maximum(box[0], standing[:, 0])
    high = np.minimum(box[3], standing[:, 3]) - np.maximum(box[1], standing[:, 1])
    return float((np.maximum(wide, 0) * np.maximum(high, 0)).sum()) + outside * 50


def _pixels(axes: Axes, plot: Plot, x: float, y: float) -> tuple[float, float]:
    (low_x, high_x), (low_y, high_y) = axes.get_xlim(), axes.get_ylim()
    return (x - low_x) / (high_x - low_x) * plot.width, (y - low_y) / (high_y - low_y) * plot.height
