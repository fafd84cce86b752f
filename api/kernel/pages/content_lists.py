"""Lists within what is signed, as tables to read; the lines of `difference` hold every member, these do not."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from api.page_words import on, told
from domain.kernel.charts.words import number

MOST_LISTS = 6
MOST_MEMBERS = 24
MOST_ROWS = 50
MOST_COLUMNS = 10
LONGEST_CELL = 240
LONG = 48
# Of a list that is longer, its first members and their number are told; every one stands in the lines.
LONGEST_LIST, FIRST = 80, 4
NAMES = re.compile(r"(^|_)(id|name|identifier|code|label|point|stair)$")
# Of a row itself or of bytes: a reader is told nothing by them.
OPAQUE = re.compile(r"[0-9a-f]{64}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# Words of a closed list as a content holds them: `lowest_middle_highest`, `all_closed,evac_doors_open`.
CODED = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*(,[a-z][a-z0-9]*(_[a-z0-9]+)*)*")
READ_AS = {"true": "yes", "false": "no"}
# Members and coded words by the name that a reader knows; a gate brings those of its own contents.
Known = Mapping[str, str]
ON_A_MAP = {"latitude", "longitude"}
WRITTEN = {"kwh": "kWh", "kw": "kW", "pct": "%", "pa": "Pa", "m2": "m²", "km": "km", "s": "s", "n": "N"}


@dataclass(frozen=True)
class ContentColumn:
    """One member that the rows share."""

    heading: str
    is_number: bool
    is_long: bool


@dataclass(frozen=True)
class ContentList:
    """One list. Grain: a row for each of its first members; `total` counts all."""

    name: str
    columns: tuple[ContentColumn, ...]
    rows: tuple[tuple[str | datetime, ...], ...]
    total: int


def lists_of(content: Any, known: Known = READ_AS) -> list[ContentList]:
    """The lists of alike things that stand at the top of a content, each as a table."""
    if not isinstance(content, dict):
        return []
    found = [
        _list(str(name), value, {**READ_AS, **known}) for name, value in sorted(content.items()) if _are_rows(value)
    ]
    return [one for one in found if len(one.columns) > 1][:MOST_LISTS]


def members_of(content: Any, known: Known = READ_AS) -> list[tuple[str, str | datetime]]:
    """What a content says in single values, at its top or one below, as names and words; ids and hashes stay out."""
    if not isinstance(content, dict):
        return []
    found = [
        (inner, one)
        for member, value in content.items()
        for inner, one in (value.items() if isinstance(value, dict) else [(member, value)])
    ]
    told_of = [
        (name, value) for name, value in found if isinstance(value, str | bool | int | float) and _tells([value])
    ]
    return [(_heading(name, known), written(name, value, known)) for name, value in told_of][:MOST_MEMBERS]


def written(name: str, value: Any, known: Known = READ_AS) -> str | datetime:
    """One value for a reader: an instant as one, coded words as words, a name whole."""
    return _cell(value if NAMES.search(name) else _read(value, {**READ_AS, **known}))


def _are_rows(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, dict) for one in value)


def _list(name: str, items: Sequence[dict[str, Any]], known: Known) -> ContentList:
    first = items[:MOST_ROWS]
    members = {member: [one.get(member) for one in first] for member in dict.fromkeys(m for one in first for m in one)}
    told_of = {member: values for member, values in members.items() if member not in ON_A_MAP and _tells(values)}
    late = {member: place for place, member in enumerate(known, start=1)}
    order = sorted(told_of, key=lambda member: (*_place(member, told_of[member]), late.get(member, 0)))[:MOST_COLUMNS]
    columns = tuple(
        ContentColumn(_heading(one, known), _is_number(told_of[one]), _is_long(told_of[one])) for one in order
    )
    cells = [_cells(told_of[one], known, is_name=NAMES.search(one) is not None) for one in order]
    rows = tuple(zip(*cells, strict=True))
    return ContentList(_heading(name, known), columns, rows, len(items))


def _tells(values: Sequence[Any]) -> bool:
    """Whether a member says anything to a reader in one cell."""
    said = [one for one in values if one not in (None, "", [], {})]
    return bool(said) and not any(_is_deep(one) or OPAQUE.fullmatch(str(one)) for one in said)


def _is_deep(value: Any) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and any(isinstance(one, dict | list) for one in value))


def _is_number(values: Sequence[Any]) -> bool:
    return all(one is None or (isinstance(one, int | float) and not isinstance(one, bool)) for one in values)


def _is_long(values: Sequence[Any]) -> bool:
    return any(isinstance(one, list) or (isinstance(one, str) and len(one) > LONG) for one in values)


def _place(member: str, values: Sequence[Any]) -> tuple[int, bool]:
    """Names first, of them the one that tells the rows apart; long words last."""
    if _is_long(values):
        return 3, False
    return (0 if NAMES.search(member) else 1 if _is_number(values) else 2), len(set(map(str, values))) < len(values)


def _heading(member: str, known: Known) -> str:
    words = [WRITTEN.get(one, one) for one in known.get(member, member.removesuffix("_id").replace("_", " ")).split()]
    return " ".join([words[0].capitalize() if words[0] not in WRITTEN.values() else words[0], *words[1:]])


def _cells(values: Sequence[Any], known: Known, *, is_name: bool) -> list[str | datetime]:
    """Numbers of one column with as many decimals as the finest of them has; words as people read them, names whole."""
    if not any(isinstance(one, float) for one in values) or not _is_number(values):
        return [_cell(one if is_name else _read(one, known)) for one in values]
    decimals = min(max(len(f"{one:.6g}".partition(".")[2]) for one in values if one is not None), 4)
    return ["" if one is None else number(one, decimals) for one in values]


def _read(value: Any, known: Known) -> Any:
    """Coded words as words; anything else as it is."""
    if not (isinstance(value, str) and CODED.fullmatch(value)):
        return value
    return ", ".join(known.get(one, one.replace("_", " ")) for one in value.split(","))


def _cell(value: Any) -> str | datetime:
    if value is None:
        return ""
    if isinstance(value, str) and re.match(r"\d{4}-\d\d-\d\d", value):
        return _moment(value)
    if isinstance(value, list) and any(isinstance(one, str) and one.endswith(".") for one in value):
        value = " ".join(map(str, value))
    text = told(value)
    if isinstance(value, list) and len(text) > LONGEST_LIST and len(value) > FIRST:
        return f"{told(value[:FIRST])} … {number(len(value))} in all"
    return text if len(text) <= LONGEST_CELL else f"{text[:LONGEST_CELL]} …"


def _moment(value: str) -> str | datetime:
    """An instant or a date that a content holds as text; other text stays."""
    try:
        return on(date.fromisoformat(value)) if len(value) == 10 else _instant(value)
    except ValueError:
        return value[:LONGEST_CELL]


def _instant(value: str) -> str | datetime:
    at = datetime.fromisoformat(value)
    return at if at.tzinfo else value
