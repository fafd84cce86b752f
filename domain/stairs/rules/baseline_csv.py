"""Commissioned values from a CSV file: pressures, velocities or door forces of one building; all of it or nothing.

Numbers are read from their decimal text and never rounded: one with more decimals than is stored is an error, not
another number. Units: Pa, m/s, N.
"""

import csv
import io
import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from domain.kernel.errors import Invalid
from domain.stairs.rules.decimal_text import plain_number
from domain.stairs.rules.grid_layout import COLUMNS, POINTS, ROWS, mean_velocity
from domain.stairs.rules.registry import Registry
from domain.stairs.rules.vocabulary import DOOR_CONFIGURATIONS, MEASUREMENT_POSITIONS

Kind = Literal["pressure", "velocity", "door_force"]
GRID = tuple(f"p{number}" for number in range(1, POINTS + 1))
HEADERS: dict[str, tuple[str, ...]] = {
    "pressure": ("stair_id", "floor_id", "door_configuration", "pressure_pa", "commissioned_date"),
    "velocity": ("stair_id", "doorway_id", "door_scenario", "velocity_ms", *GRID, "commissioned_date"),
    "door_force": (
        "stair_id",
        "door_id",
        "pressurization_active",
        "force_newtons",
        "measurement_position",
        "commissioned_date",
    ),
}
# What makes a row the row of one point; two of it in a file contradict each other.
KEYS = {
    "pressure": ("floor_id", "door_configuration"),
    "velocity": ("doorway_id", "door_scenario"),
    "door_force": ("door_id", "pressurization_active"),
}
MOST_ROWS, MOST_ERRORS, LONGEST_SCENARIO = 20_000, 200, 50
_NUMBER = re.compile(r"[+-]?\d{1,9}(\.\d{1,9})?")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True)
class RowError:
    """One wrong cell. `row` counts as a text editor counts lines: the header is 1."""

    row: int
    field: str
    message: str

    def told(self) -> dict[str, Any]:
        """As an error body tells it."""
        return {"row": self.row, "field": self.field, "message": self.message}


@dataclass(frozen=True)
class Known:
    """Which points a building has: id of the floor, doorway or door, to its stair."""

    stairs: frozenset[uuid.UUID]
    points: Mapping[uuid.UUID, uuid.UUID]


def known_points(registry: Registry, kind: str) -> Known:
    """The points of a building at which values of a kind are measured."""
    points = {
        "pressure": {one.floor_id: one.stair_id for one in registry.floors},
        "velocity": {one.doorway_id: one.stair_id for one in registry.doorways},
        "door_force": {one.door_id: one.stair_id for one in registry.doors},
    }
    return Known(frozenset(one.stair_id for one in registry.stairs), points[kind])


class _Cell(ValueError):
    """Why a cell is not taken."""


def parse_baselines(kind: Kind, data: bytes, known: Known, today: date) -> list[dict[str, Any]]:
    """The rows of a file as they would be stored, in the file's order; numbers as decimal text.

    Raises:
        Invalid: NOT_TEXT, BAD_HEADER, NO_ROWS, TOO_MANY_ROWS, or BAD_ROWS with an error for each wrong cell.
    """
    lines = _lines(data)
    _check_header(kind, lines)
    rows: list[dict[str, Any]] = []
    errors: list[RowError] = []
    seen: dict[tuple[Any, ...], int] = {}
    for number, cells in lines[1:]:
        made, wrong = _row(kind, number, cells, known, today)
        key = tuple(made.get(name) for name in KEYS[kind])
        if not wrong and key in seen:
            wrong = [RowError(number, KEYS[kind][0], f"is the same point as line {seen[key]}")]
        if not wrong:
            seen[key] = number
        errors += wrong
        rows.append(made)
    if errors:
        shown = [one.told() for one in errors[:MOST_ERRORS]]
        count = len({one.row for one in errors})
        raise Invalid(
            f"{count} of {len(rows)} rows are wrong; none was imported.",
            hint="Correct the lines that `errors` names and send the whole file again.",
            code="BAD_ROWS",
            errors=shown,
        )
    return rows


def _lines(data: bytes) -> list[tuple[int, list[str]]]:
    """The lines that are not empty, each with its number."""
    try:
        words = data.decode("utf-8-sig")
        if "\0" in words:
            raise ValueError("NUL")
        reader = csv.reader(io.StringIO(words, newline=""), strict=True)
        found = [(reader.line_num, cells) for cells in reader if cells]
    except (ValueError, csv.Error) as cause:
        raise Invalid(
            "The file is not CSV text in UTF-8; nothing was imported.",
            hint="Save it as CSV with the encoding UTF-8.",
            code="NOT_TEXT",
        ) from cause
    return found


def _check_header(kind: str, lines: list[tuple[int, list[str]]]) -> None:
    wanted = ",".join(HEADERS[kind])
    if not lines or lines[0] != (lines[0][0], list(HEADERS[kind])):
        raise Invalid(
            "The file does not begin with the header of its kind; nothing was imported.",
            hint=f"The first line is exactly: {wanted}",
            code="BAD_HEADER",
        )
    if len(lines) == 1:
        raise Invalid("The file has a header and no rows; nothing was imported.", code="NO_ROWS")
    if len(lines) - 1 > MOST_ROWS:
        raise Invalid(
            f"The file has more than {MOST_ROWS} rows; nothing was imported.",
            hint="Send it in parts.",
            code="TOO_MANY_ROWS",
        )


def _row(kind: str, number: int, cells: list[str], known: Known, today: date) -> tuple[dict[str, Any], list[RowError]]:
    header = HEADERS[kind]
    if len(cells) != len(header):
        return {}, [RowError(number, "row", f"has {len(cells)} cells instead of {len(header)}")]
    given = {name: cell.strip() for name, cell in zip(header, cells, strict=True)}
    made: dict[str, Any] = {}
    errors: list[RowError] = []
    for name, read in _readers(kind, today):
        try:
            made[name] = read(given[name])
        except _Cell as wrong:
            errors.append(RowError(number, name, str(wrong)))
    if not errors:
        errors = [RowError(number, name, message) for name, message in _place(kind, made, known)]
    if kind == "velocity" and not errors:
        try:
            made |= _grid(given)
        except _Cell as wrong:
            errors = [RowError(number, "p1..p9", str(wrong))]
    return made, errors


def _readers(kind: str, today: date) -> Iterator[tuple[str, Callable[[str], Any]]]:
    """How each cell of a kind is read, in the order of the header."""
    yield "stair_id", _id
    if kind == "pressure":
        yield "floor_id", _id
        yield "door_configuration", lambda cell: _word(cell, DOOR_CONFIGURATIONS)
        yield "pressure_pa", lambda cell: _number(cell, 2, Decimal(10), Decimal(100), "Pa")
    elif kind == "velocity":
        yield "doorway_id", _id
        yield "door_scenario", _scenario
        yield "velocity_ms", lambda cell: _number(cell, 3, Decimal("0.5"), Decimal(5), "m/s")
    else:
        yield "door_id", _id
        yield "pressurization_active", lambda cell: _word(cell.lower(), ("true", "false")) == "true"
        yield "force_newtons", lambda cell: _number(cell, 2, Decimal(0), Decimal(200), "N")
        yield "measurement_position", lambda cell: _word(cell, MEASUREMENT_POSITIONS) if cell else None
    yield "commissioned_date", lambda cell: _day(cell, today)


def _id(cell: str) -> str:
    try:
        found = uuid.UUID(cell)
    except ValueError:
        raise _Cell("is not an id") from None
    if str(found) != cell.lower():
        raise _Cell("is not an id as 8-4-4-4-12 hexadecimal digits")
    return str(found)


def _word(cell: str, allowed: tuple[str, ...]) -> str:
    if cell not in allowed:
        raise _Cell(f"is none of: {', '.join(allowed)}")
    return cell


def _scenario(cell: str) -> str:
    if not 0 < len(cell) <= LONGEST_SCENARIO:
        raise _Cell(f"needs 1 to {LONGEST_SCENARIO} characters")
    return cell


def _number(cell: str, decimals: int, lowest: Decimal, highest: Decimal, unit: str) -> str:
    if not _NUMBER.fullmatch(cell) or not cell.isascii():
        raise _Cell("is not a decimal number")
    value = Decimal(cell)
    if value != round(value, decimals):
        raise _Cell(f"has more than {decimals} decimals")
    if not lowest <= value <= highest:
        raise _Cell(f"is not from {lowest} to {highest} {unit}")
    return plain_number(value)


def _day(cell: str, today: date) -> str:
    try:
        if not _DAY.fullmatch(cell) or not cell.isascii():
            raise ValueError("not ISO")
        found = date.fromisoformat(cell)
    except ValueError:
        raise _Cell("is not a date as 2024-01-15") from None
    if found > today:
        raise _Cell("is in the future")
    return found.isoformat()


def _place(kind: str, made: dict[str, Any], known: Known) -> Iterator[tuple[str, str]]:
    """Whether the building has the stair and the point, and the one belongs to the other."""
    stair_id, name = uuid.UUID(made["stair_id"]), KEYS[kind][0]
    if stair_id not in known.stairs:
        yield "stair_id", "is no stair of this building"
        return
    of_stair = known.points.get(uuid.UUID(made[name]))
    if of_stair is None:
        yield name, f"is no {name.removesuffix('_id')} of this building"
    elif of_stair != stair_id:
        yield name, "belongs to another stair"


def _grid(given: dict[str, str]) -> dict[str, Any]:
    """The nine points and their mean, where they are given: all of them or none."""
    cells = [given[name] for name in GRID]
    if not any(cells):
        return {"measurement_points": None, "average_velocity_ms": None}
    if not all(cells):
        raise _Cell("needs all nine points or none")
    values = [Decimal(_number(cell, 3, Decimal(-50), Decimal(50), "m/s")) for cell in cells]
    places = [(fx, fy) for fy in ROWS for fx in COLUMNS]
    points = [
        {"point": number, "x": str(fx), "y": str(fy), "velocity_ms": plain_number(value)}
        for number, ((fx, fy), value) in enumerate(zip(places, values, strict=True), start=1)
    ]
    return {"measurement_points": points, "average_velocity_ms": plain_number(mean_velocity(values))}
