"""What a map shows, as plain data. Places are (latitude, longitude) in degrees."""

from dataclasses import dataclass


@dataclass(frozen=True)
class MapEdge:
    """A line, cable or switch between two places in degrees; `is_main` for medium voltage."""

    feeder_id: str | None
    from_place: tuple[float, float]
    to_place: tuple[float, float]
    is_open: bool = False
    is_main: bool = False
    length_m: float | None = None


@dataclass(frozen=True)
class MapSite:
    """A substation, where the map draws it."""

    name: str
    place: tuple[float, float]
