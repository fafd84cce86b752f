"""A stair cut open: landings at their heights, doors, zones with their equipment, open faults where they are."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from domain.kernel.charts import theme
from domain.kernel.charts.axes import name_room
from domain.kernel.charts.chart import Chart, Column, Plot
from domain.kernel.charts.lettering import drawable, fit
from domain.kernel.charts.words import listing, number
from domain.stairs.rules.registry import Equipment, Floor, Registry, Stair, Zone

COLUMNS = (
    Column("floor", "Floor"),
    Column("height_m", "Height, m", 2),
    Column("doors", "Doors"),
    Column("doorways", "Doorways"),
    Column("zone", "Zone"),
    Column("faults", "Open faults", 0),
)
STOREY_M = 3.0
ROW, MOST_HEIGHT, HEAD, FOOT = 30.0, 720.0, 40.0, 14.0


def stair_section(registry: Registry, stair: Stair, faults: Mapping[UUID | None, int]) -> Chart | None:
    """The section of one stair; None where it has no landing. `faults`: how many are open, by floor."""
    floors = registry.floors_of(stair.stair_id)
    if not floors:
        return None
    row = min(ROW, MOST_HEIGHT / len(floors))
    title = finding(stair, floors, faults)
    zones = [zone for zone in registry.zones if zone.stair_id == stair.stair_id]
    return Chart(
        name=f"section-{stair.stair_id}",
        title=title,
        subtitle=(
            "Section, not to scale across: landings by height; blue bar: door; orange triangle: open faults;"
            " at the right zones with their equipment"
        ),
        alt=f"Section of {drawable(stair.stair_name)} with {len(floors)} landings. {title}.",
        columns=COLUMNS,
        rows=tuple(_row(registry, floor, zones, faults) for floor in reversed(floors)),
        paint=lambda plot: _paint(plot, registry, stair, floors, zones, faults),
        height=int(row * len(floors) + HEAD + FOOT),
        phone_height=int(min(row, 24.0) * len(floors) + HEAD + FOOT),
    )


def finding(stair: Stair, floors: Sequence[Floor], faults: Mapping[UUID | None, int]) -> str:
    """On which landings faults are open."""
    name = drawable(stair.stair_name)
    hit = [drawable(floor.floor_level) for floor in floors if faults.get(floor.floor_id)]
    if not hit:
        return f"{name}: no fault is open on its {number(len(floors))} landings"
    total = sum(faults.get(floor.floor_id, 0) for floor in floors)
    where = listing(hit) if len(hit) <= 3 else f"{number(len(hit))} of its {number(len(floors))} landings"
    return f"{name}: {number(total)} fault{' is' if total == 1 else 's are'} open on {where}"


def _row(
    registry: Registry, floor: Floor, zones: Sequence[Zone], faults: Mapping[UUID | None, int]
) -> tuple[str, float | None, str, str, str, int]:
    return (
        floor.floor_level,
        None if floor.height_m is None else float(floor.height_m),
        ", ".join(one.door_identifier for one in registry.doors if one.floor_id == floor.floor_id),
        ", ".join(one.doorway_identifier for one in registry.doorways if one.floor_id == floor.floor_id),
        ", ".join(zone.zone_name for zone in zones if floor.floor_id in zone.floor_ids_covered),
        faults.get(floor.floor_id, 0),
    )


def _heights(floors: Sequence[Floor]) -> dict[UUID, float]:
    """Metres over the ground, of landings without a height as storeys of three; strictly rising with the floors."""
    found: dict[UUID, float] = {}
    below: float | None = None
    for floor in floors:
        own = float(floor.height_m) if floor.height_m is not None else floor.floor_number * STOREY_M
        below = own if below is None else max(own, below + 1.0)
        found[floor.floor_id] = below
    return found


def _paint(
    plot: Plot,
    registry: Registry,
    stair: Stair,
    floors: Sequence[Floor],
    zones: Sequence[Zone],
    faults: Mapping[UUID | None, int],
) -> None:
    heights = _heights(floors)
    low, high = min(heights.values()), max(heights.values())
    storey = (high - low) / max(len(floors) - 1, 1) or STOREY_M
    axes = plot.axes(0, 0, FOOT, HEAD)
    axes.axis("off")
    axes.set(xlim=(0, plot.width), ylim=(low - 0.2 * storey, high + storey))
    names = [drawable(floor.floor_level) for floor in floors]
    room = name_room(plot, names)
    left = room + 18
    right = left + (88 if plot.narrow else 150)
    axes.add_patch(
        Rectangle((left, low), right - left, high + storey - low, facecolor=theme.RAISED, edgecolor=theme.INK, lw=1.6)
    )
    every = max(1, round((plot.font + 3) * len(floors) / max(plot.height - HEAD - FOOT, 1) + 0.49))
    for place, (floor, name) in enumerate(zip(floors, names, strict=True)):
        at = heights[floor.floor_id]
        top = heights[floors[place + 1].floor_id] if place + 1 < len(floors) else at + storey
        _landing(axes, plot, registry, floor, (at, top), (left, right), name if place % every == 0 else "", room)
        count = faults.get(floor.floor_id, 0)
        if count:
            _fault(axes, plot, (left + right) / 2, (at + top) / 2, count)
        words = f"{name}, {number(at, 1)} m: {number(count)} open faults"
        plot.tip(axes, (0, right + 30), (at, top), words)
    if low <= 0 <= high:
        axes.plot([0, right + 60], [0, 0], color=theme.INK, linewidth=1.2, linestyle=(0, (6, 3)), zorder=1)
    _zones(axes, plot, registry, zones, heights, storey, right + 24)
    _whole(plot, registry, stair, left)


def _landing(
    axes: Axes,
    plot: Plot,
    registry: Registry,
    floor: Floor,
    between: tuple[float, float],
    shaft: tuple[float, float],
    name: str,
    room: float,
) -> None:
    """The slab with its name, two flights up to the next one, and the doors in the right wall."""
    (at, top), (left, right) = between, shaft
    axes.plot([left, right + 14], [at, at], color=theme.INK, linewidth=1.4, zorder=2)
    turn, middle = left + 12, (at + top) / 2
    axes.plot([right - 12, turn, right - 12], [at, middle, top], color=theme.FLEET, linewidth=1.2, zorder=2)
    doors = sum(one.floor_id == floor.floor_id for one in registry.doors)
    for index in range(min(doors, 3)):
        place = (right - 3 + 8 * index, at)
        axes.add_patch(
            Rectangle(place, 6, (top - at) * 0.66, facecolor=theme.BLUE, edgecolor=theme.SURFACE, lw=0.6, zorder=4)
        )
    if name:
        axes.text(room, at, fit(name, room, plot.font), ha="right", va="bottom", size=plot.font - 1, color=theme.INK)


def _fault(axes: Axes, plot: Plot, x: float, y: float, count: int) -> None:
    axes.plot([x], [y], "^", ms=13, color=theme.VERMILLION, mec=theme.SURFACE, zorder=6)
    axes.annotate(
        number(count),
        (x, y),
        (13, 0),
        textcoords="offset pixels",
        va="center",
        size=plot.font,
        weight=theme.BOLD,
        color=theme.VERMILLION_TEXT,
        zorder=7,
    )


def _zones(
    axes: Axes,
    plot: Plot,
    registry: Registry,
    zones: Sequence[Zone],
    heights: Mapping[UUID, float],
    storey: float,
    x: float,
) -> None:
    """A bracket for each zone over its floors, with its name and its equipment beside it."""
    for zone in sorted(zones, key=lambda one: (one.zone_name, str(one.zone_id))):
        own = sorted(heights[floor] for floor in zone.floor_ids_covered if floor in heights)
        if not own:
            continue
        low, high = own[0] + 0.12 * storey, own[-1] + 0.88 * storey
        axes.plot([x, x + 6, x + 6, x], [low, low, high, high], color=theme.MUTED, linewidth=1.3)
        equipment = _named([one for one in registry.equipment if one.zone_id == zone.zone_id])
        room = plot.width - x - 16
        middle = (low + high) / 2
        lines = [(fit(drawable(zone.zone_name), room, plot.font), theme.BOLD, theme.INK)]
        lines += [(fit(one, room, plot.font - 1), theme.REGULAR, theme.MUTED) for one in equipment]
        for place, (words, weight, color) in enumerate(lines[:4]):
            axes.annotate(
                words,
                (x + 14, middle),
                (0, (min(len(lines), 4) / 2 - place - 0.5) * (plot.font + 3)),
                textcoords="offset pixels",
                va="center",
                size=plot.font - (place > 0),
                weight=weight,
                color=color,
            )


def _whole(plot: Plot, registry: Registry, stair: Stair, left: float) -> None:
    """What serves the whole stair, above it."""
    own = [one for one in registry.equipment if one.stair_id == stair.stair_id and one.zone_id is None]
    words = listing(_named(own)) if own else ""
    plot.write(left, plot.height - 16, fit(words, plot.width - left, plot.font - 1), theme.MUTED, size=plot.font - 1)


def _named(equipment: Sequence[Equipment]) -> list[str]:
    """Each by its kind and its mark."""
    told = sorted((one.equipment_type.replace("_", " "), one.equipment_identifier) for one in equipment)
    return [drawable(f"{kind} {mark}") for kind, mark in told]
