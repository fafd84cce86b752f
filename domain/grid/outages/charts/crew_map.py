"""Crews on the ground, how far each comes in ten and twenty minutes, and the work that the joint plan gives them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Circle

from domain.grid.network.rules.geometry import MapEdge
from domain.grid.outages.charts.zone_map import draw_lines
from domain.grid.outages.rules.crew_fit import CrewSettings
from domain.kernel.charts import theme
from domain.kernel.charts.chart import Chart, Column, Plot
from domain.kernel.charts.ground import METRES_PER_DEGREE, Floats, aspect, frame, metres, scale_and_north
from domain.kernel.charts.map_names import MapNames
from domain.kernel.charts.words import NBSP, number

COLUMNS = (
    Column("crew", "Crew"),
    Column("state", "State"),
    Column("job", "Would go to"),
    Column("near_km", "Comes in 10 min, km", 1),
    Column("far_km", "Comes in 20 min, km", 1),
)
RINGS_MIN = (10, 20)
# Rings around more places than these would hide the map; those of crews with a job come first.
MOST_RINGED = 6

Place = tuple[float, float]


@dataclass(frozen=True)
class CrewPlace:
    """A crew where it last was, or its depot; with the places of the jobs that the joint plan gives it."""

    name: str
    state: str
    is_free: bool
    place: Place
    jobs: tuple[tuple[str, Place | None], ...]


def reach_km(minutes: float, settings: CrewSettings, *, is_storm: bool) -> float:
    """How far a crew comes, as the crow flies: the road is longer, and in a storm slower."""
    speed = settings.urban_kmh / (settings.storm_factor if is_storm else 1.0)
    return speed * minutes / 60 / settings.detour_factor


def crew_map(crews: Sequence[CrewPlace], edges: Sequence[MapEdge], *, is_storm: bool) -> Chart | None:
    """The map; None without a crew."""
    if not crews:
        return None
    order = sorted(crews, key=lambda one: (not one.jobs, not one.is_free, one.name))
    settings = CrewSettings()
    reach = tuple(reach_km(minutes, settings, is_storm=is_storm) for minutes in RINGS_MIN)
    ratio = min(max(aspect(_places(order, edges, reach[0])), 0.5), 3.0)
    slow = f", {number(settings.storm_factor, 1)} times slower in storm mode" if is_storm else ""
    title = finding(order, reach)
    return Chart(
        name="crew-map",
        title=title,
        subtitle=(
            f"By coordinates, north up; rings: where a crew comes in {RINGS_MIN[0]} and {RINGS_MIN[1]} minutes at"
            f" {number(settings.urban_kmh)}{NBSP}km/h, the road {number(settings.detour_factor, 1)} times the straight"
            f" line{slow}; hollow: not free; diamonds: work"
        ),
        alt=f"Map of {len(order)} crews with rings of travel time. {title}.",
        columns=COLUMNS,
        rows=tuple((one.name, one.state, ", ".join(name for name, _ in one.jobs), *reach) for one in order),
        paint=lambda plot: _paint(plot, order, edges, reach),
        height=int(min(max(760 / ratio, 320), 460)),
        phone_height=int(min(max(358 / ratio, 280), 420)),
        is_advice=True,
    )


def finding(crews: Sequence[CrewPlace], reach: Sequence[float]) -> str:
    """How many of the planned jobs have a free crew within the outer ring."""
    jobs = [place for one in crews for _, place in one.jobs if place is not None]
    free = [one.place for one in crews if one.is_free]
    if not jobs:
        return f"{number(len(free))} of {number(len(crews))} crews {'is' if len(free) == 1 else 'are'} free"
    near = sum(any(_apart_km(place, at) <= reach[-1] for at in free) for place in jobs)
    told = f"{number(near)} of {number(len(jobs))} planned jobs {'has' if len(jobs) == 1 else 'have'} a free crew"
    return f"{told} within {RINGS_MIN[-1]}{NBSP}minutes"


def _apart_km(a: Place, b: Place) -> float:
    x, y = metres([a, b])
    return float(np.hypot(x[0] - x[1], y[0] - y[1])) / 1000


def _places(crews: Sequence[CrewPlace], edges: Sequence[MapEdge], near_km: float) -> list[Place]:
    """All that must be on the map: lines by both ends, crews with their jobs, the first crew's inner ring."""
    own = [place for one in crews for place in (one.place, *(at for _, at in one.jobs if at is not None))]
    return [place for edge in edges for place in (edge.from_place, edge.to_place)] + [
        *own,
        *_north_and_south(crews[0], near_km),
    ]


def _north_and_south(crew: CrewPlace, km: float) -> list[Place]:
    """The ends of a ring, so that the picture has room for it."""
    degrees = km * 1000 / METRES_PER_DEGREE
    return [(crew.place[0] + degrees, crew.place[1]), (crew.place[0] - degrees, crew.place[1])]


def _paint(plot: Plot, crews: Sequence[CrewPlace], edges: Sequence[MapEdge], reach: Sequence[float]) -> None:
    axes = plot.axes(0, 0, 0, 0)
    axes.axis("off")
    x, y = metres(_places(crews, edges, reach[0]))
    frame(axes, plot, x, y, 30.0)
    ground = np.column_stack([x, y])
    lines = ground[: 2 * len(edges)].reshape(len(edges), 2, 2)
    draw_lines(axes, lines[[edge.is_main for edge in edges]], theme.FLEET, 1.2, zorder=1)
    names, at = MapNames(plot, axes), 2 * len(edges)
    named: list[tuple[Floats, str, str]] = []
    ringed: set[Place] = set()
    for one in crews:
        here = ground[at]
        if one.place not in ringed and len(ringed) < MOST_RINGED:
            ringed.add(one.place)
            _rings(names, here, reach, is_planned=bool(one.jobs))
        at += 1
        for name, place in one.jobs:
            if place is not None:
                _job(names, here, ground[at])
                named.append((ground[at], name, theme.VERMILLION_TEXT))
                at += 1
        fill = theme.BLUE if one.is_free else theme.SURFACE
        axes.plot(*here, "o", ms=10, mfc=fill, mec=theme.BLUE, mew=2, zorder=7)
        names.mark(here)
        named.append((here, one.name, theme.INK))
    for there, name, color in named:
        names.name(there, name, color, size=plot.font - 1)
    scale_and_north(plot, axes)


def _rings(names: MapNames, here: Floats, reach: Sequence[float], *, is_planned: bool) -> None:
    color = theme.BLUE if is_planned else theme.MUTED
    for minutes, km in zip(RINGS_MIN, reach, strict=True):
        names.axes.add_patch(
            Circle(
                (float(here[0]), float(here[1])), km * 1000, fill=False, edgecolor=color, linewidth=1.1, linestyle="--"
            )
        )
        place = _in_sight(names.axes, here, km * 1000)
        if place is not None:
            names.at(place, f"{minutes}{NBSP}min")


def _in_sight(axes: Axes, here: Floats, radius: float) -> Floats | None:
    """A place on a ring within the picture, above the crew if there is one; None where all of it lies outside."""
    (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
    edge = 0.06 * (high - low)
    for degrees in (90, 270, 60, 120, 300, 240, 30, 150, 330, 210, 0, 180):
        angle = np.radians(degrees)
        place = here + radius * np.array([np.cos(angle), np.sin(angle)])
        if left + edge < place[0] < right - edge and low + edge < place[1] < high - edge:
            found: Floats = place
            return found
    return None


def _job(names: MapNames, here: Floats, there: Floats) -> None:
    names.axes.plot(
        [here[0], there[0]], [here[1], there[1]], color=theme.BLUE, linewidth=1.4, linestyle=(0, (4, 3)), zorder=5
    )
    names.axes.plot(*there, "D", ms=8, color=theme.VERMILLION, zorder=6)
    names.mark(there)
