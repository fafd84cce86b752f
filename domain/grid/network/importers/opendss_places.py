"""Coordinates of OpenDSS models: a plane of the modeller's own, rarely degrees.

They are put on the globe around 0 N 0 E, scaled so that straight lines between buses are as long as the lines say.
Places are then right relative to each other (maps, distances, travel), and nowhere on earth: the report says so.
"""

from statistics import median

from domain.grid.network.rules.model import Finding

METRES_PER_DEGREE = 111_319.49
FARTHEST = 1e12  # beyond it a coordinate is a slip, and the bus counts as one without a place


def place_on_globe(
    plane: dict[str, tuple[float, float]], lines: list[tuple[str, str, float | None]]
) -> tuple[dict[str, tuple[float, float]], list[Finding]]:
    """Latitude and longitude of each bus in `plane` (x, y), and what was assumed; `lines` are (bus, bus, metres)."""
    plane = {bus: at for bus, at in plane.items() if max(map(abs, at)) < FARTHEST}
    if not plane:
        return {}, []
    scale = _metres_per_unit(plane, lines)
    xs, ys = [x for x, _ in plane.values()], [y for _, y in plane.values()]
    middle_x, middle_y = (min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2
    degrees = scale / METRES_PER_DEGREE
    # A plane wider than the globe would leave it: such a scale is meaningless, and the drawing alone is kept.
    widest = max(max(xs) - min(xs), max(ys) - min(ys))
    degrees = min(degrees, 10.0 / widest) if widest else 0.0
    places = {
        bus: (round((y - middle_y) * degrees, 7), round((x - middle_x) * degrees, 7)) for bus, (x, y) in plane.items()
    }
    text = f"plane coordinates were put around 0 N 0 E, 1 unit = {scale:.4g} m by the lines' lengths: only relative"
    return places, [Finding("info", "COORDINATES_RELATIVE", len(places), text)]


def _metres_per_unit(plane: dict[str, tuple[float, float]], lines: list[tuple[str, str, float | None]]) -> float:
    """Median of length over distance; 1 where no line has both."""
    ratios = []
    for first, second, length_m in lines:
        if length_m and first in plane and second in plane:
            (x1, y1), (x2, y2) = plane[first], plane[second]
            distance = ((x1 - x2) ** 2 + (y1 - y2) ** 2) ** 0.5
            if distance > 0:
                ratios.append(length_m / distance)
    return median(ratios) if ratios else 1.0
